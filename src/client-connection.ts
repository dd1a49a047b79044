import { CfnOutput } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { Construct } from 'constructs';
import type { ICluster } from './cluster-ref';
import { CONNECTION_FIELDS, DEFAULT_PREFIX, PREFIX_PATTERN, outputName, variableName } from './contract';
import type { AuthMode, ConnectionField } from './contract';
import { checkUserAtTheEnd, noteConnection } from './private/connections';
import { invalid, shown } from './private/errors';
import { allowFrom } from './private/network';
import { CONNECTION_RULES } from './private/rules/connections';
import { SECRET_USE_RULES } from './private/rules/grants';
import { demand } from './private/rules/rule';
import { outermostStack } from './private/stacks';
import { AuthenticationType } from './user';
import type { IUser } from './user';

/**
 * Options of a `ClientConnection`.
 */
export interface ClientConnectionOptions {
  /**
   * Start of the names of all values, which tells several connections of one function apart: letters, digits and underscores, a letter first.
   *
   * @default MEMORYDB
   */
  readonly prefix?: string;
}

/**
 * Everything that code needs to use a cluster as a user: where it is, how to sign in, the permission and the network path.
 *
 * The values have the names that `connect()` of `cdk-memorydb/client` reads.
 */
export class ClientConnection {
  /**
   * The values of the connection as environment variables. None of them is a secret.
   */
  public readonly environment: { [name: string]: string };

  private readonly cluster: ICluster;
  private readonly user?: IUser;
  private readonly values: Partial<Record<ConnectionField, string>>;
  private readonly prefix: string;

  /**
   * @param cluster the cluster to connect to
   * @param user the user to sign in as; nobody for a cluster that lets everybody in
   * @throws when the prefix is not allowed, the cluster is an import without endpoint, or a user is given for a cluster without TLS; at synthesis
   * when the user is not on the list of the cluster
   */
  constructor(cluster: ICluster, user?: IUser, options: ClientConnectionOptions = {}) {
    this.cluster = cluster;
    this.user = user;
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    if (!PREFIX_PATTERN.test(this.prefix)) {
      throw invalid(
        lit`InvalidPrefix`,
        `'prefix' must be letters, digits and underscores with a letter first, such as 'ORDERS_DB', got ${shown(this.prefix)}`,
        cluster,
      );
    }
    demand(CONNECTION_RULES, { cluster, user }, cluster);
    checkUserAtTheEnd(cluster, user);
    const { clusterEndpoint } = cluster;
    this.values = {
      HOST: clusterEndpoint.hostname,
      PORT: clusterEndpoint.portAsString(),
      TLS: String(cluster.tlsEnabled),
      USERNAME: user?.userName,
      AUTH: this.authMode(),
      CLUSTER_NAME: cluster.clusterName,
      REGION: cluster.env.region,
      SECRET_ARN: user?.secret?.secretArn,
    };
    this.environment = Object.fromEntries(this.entries().map(([field, value]) => [variableName(field, this.prefix), value]));
  }

  /**
   * Wires a Lambda function to the cluster: environment variables, permission to sign in and the way through the security groups.
   *
   * The function's stack comes to depend on those of the cluster and the user, which therefore must not need anything of it. Functions of several
   * stacks that share a security group share its rules, too: their stacks come to depend on that of the function which is wired first.
   *
   * [disable-awslint:ref-via-interface] only a function that is defined here can be given environment variables
   *
   * @throws when the function is in no VPC, or has another connection with the same prefix
   */
  public addToFunction(fn: lambda.Function): void {
    if (!fn.isBoundToVpc) {
      throw invalid(
        lit`FunctionWithoutVpc`,
        `the function ${fn.node.path} must be in a VPC to reach the cluster, but it is in none; give the function the property 'vpc'`,
        fn,
      );
    }
    noteConnection(fn, this.prefix, this.environment);
    this.grantIfNeeded(fn);
    Object.entries(this.environment).forEach(([name, value]) => fn.addEnvironment(name, value));
    allowFrom(fn, this.cluster);
  }

  /**
   * Wires a container to the cluster: environment variables, and permission to sign in for the task's role.
   *
   * Security groups belong to the service that runs the task: `service.connections.allowToDefaultPort(cluster)`.
   *
   * [disable-awslint:ref-via-interface] only a task that is defined here can be given environment variables
   *
   * @throws when the container is of another task, or has another connection with the same prefix
   */
  public addToContainer(taskDefinition: ecs.TaskDefinition, container: ecs.ContainerDefinition): void {
    if (container.taskDefinition !== taskDefinition) {
      throw invalid(
        lit`ContainerOfAnotherTask`,
        `'container' must be of the task definition ${taskDefinition.node.path}, whose role gets the permission, but ${container.node.path} is of ` +
          `${container.taskDefinition.node.path}; give the two that belong together`,
        container,
      );
    }
    noteConnection(container, this.prefix, this.environment);
    this.grantIfNeeded(taskDefinition.taskRole);
    Object.entries(this.environment).forEach(([name, value]) => container.addEnvironment(name, value));
  }

  /**
   * Defines stack outputs with the values, which `connectionFromOutputs()` of `cdk-memorydb/client` reads back from the document that
   * `cdk deploy --outputs-file` writes.
   *
   * That document has no outputs of nested stacks: for a construct in one, it is the stack around it that gets them.
   *
   * @param scope any construct of the stack that is to have the outputs
   * @throws when the stack has the outputs of another connection with the same prefix
   */
  public addOutputs(scope: Construct): void {
    const stack = outermostStack(scope);
    if (this.user !== undefined) {
      demand(SECRET_USE_RULES, { user: this.user, account: stack.account }, stack);
    }
    if (noteConnection(stack, this.prefix, this.environment)) {
      this.entries().forEach(([field, value]) => new CfnOutput(stack, outputName(field, this.prefix), { value }));
    }
  }

  /**
   * Lets a principal sign in: see `ClusterGrants.connect`.
   *
   * [disable-awslint:no-grants] not a construct, but the one-call wiring of cluster and user
   *
   * @throws when the connection has no user, or one whose secret is not known
   */
  public grant(grantee: iam.IGrantable): iam.Grant {
    if (this.user === undefined) {
      throw invalid(
        lit`ConnectionWithoutUser`,
        "'user' must be given to the connection before it can be granted to anybody; a cluster that lets everybody in needs no permission",
        this.cluster,
      );
    }
    return this.cluster.grants.connect(grantee, this.user);
  }

  private authMode(): AuthMode {
    if (this.user === undefined) {
      return 'none';
    }
    if (this.user.authenticationType === AuthenticationType.IAM) {
      return 'iam';
    }
    return this.user.secret ? 'secret' : 'password';
  }

  /** The values there are, in the order of the contract. */
  private entries(): Array<[ConnectionField, string]> {
    return CONNECTION_FIELDS.flatMap((field) => {
      const value = this.values[field];
      return value === undefined ? [] : [[field, value] satisfies [ConnectionField, string]];
    });
  }

  /** There is nothing to grant where everybody is let in, nor for a password that is kept elsewhere. */
  private grantIfNeeded(grantee: iam.IGrantable): void {
    if (['iam', 'secret'].includes(this.authMode())) {
      this.grant(grantee);
    }
  }
}
