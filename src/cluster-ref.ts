import type { IResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { ClientConnection } from './client-connection';
import type { ClientConnectionOptions } from './client-connection';
import { ClusterGrants } from './cluster-grants';
import type { IClusterMetrics } from './cluster-metrics';
import { Endpoint } from './endpoint';
import { arnOf, nameOf } from './private/arns';
import { ClusterMetricsBase } from './private/cluster-metrics-base';
import { invalid } from './private/errors';
import type { IUser } from './user';

/** The service's default: MemoryDB Developer Guide, "Creating a cluster". */
export const DEFAULT_PORT = 6379;

/**
 * A MemoryDB cluster.
 */
export interface ICluster extends IResource, ec2.IConnectable, memorydb.IClusterRef, IClusterMetrics {
  /**
   * Name of the cluster.
   *
   * @attribute
   */
  readonly clusterName: string;

  /**
   * ARN of the cluster.
   *
   * @attribute
   */
  readonly clusterArn: string;

  /**
   * Where clients find the cluster: the one address that leads to all nodes.
   *
   * @attribute
   */
  readonly clusterEndpoint: Endpoint;

  /** Whether connections are encrypted. */
  readonly tlsEnabled: boolean;

  /** Permissions on the cluster. */
  readonly grants: ClusterGrants;

  /**
   * What code needs to use the cluster as a user.
   *
   * @param user the user to sign in as; leave it out for a cluster that lets everybody in
   */
  connectionFor(user?: IUser, options?: ClientConnectionOptions): ClientConnection;
}

/**
 * What is known of an existing cluster.
 */
export interface ClusterAttributes {
  /**
   * Name of the cluster.
   *
   * @default - taken from `clusterArn`
   */
  readonly clusterName?: string;

  /**
   * ARN of the cluster; it wins over `clusterName`.
   *
   * @default - made of `clusterName` and the stack's account and Region
   */
  readonly clusterArn?: string;

  /**
   * Host name of the cluster endpoint.
   *
   * @default - unknown: nothing can be connected to the cluster
   */
  readonly clusterEndpointAddress?: string;

  /**
   * Port of the cluster.
   *
   * @default 6379
   */
  readonly port?: number;

  /**
   * Security groups of the cluster.
   *
   * [disable-awslint:prefer-ref-interface] rules can only be added to an `ISecurityGroup`
   *
   * @default - none: the network is not changed when something is connected to the cluster
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether connections are encrypted.
   *
   * @default true
   */
  readonly tlsEnabled?: boolean;
}

/**
 * Base of all clusters, defined and imported.
 *
 * @internal
 */
export abstract class ClusterBase extends ClusterMetricsBase implements ICluster {
  public abstract readonly clusterName: string;
  public abstract readonly clusterArn: string;
  public abstract readonly clusterEndpoint: Endpoint;
  public abstract readonly connections: ec2.Connections;
  public abstract readonly tlsEnabled: boolean;

  public readonly grants: ClusterGrants = ClusterGrants.fromCluster(this);

  public get clusterRef(): memorydb.ClusterReference {
    return { clusterName: this.clusterName, clusterArn: this.clusterArn };
  }

  public connectionFor(user?: IUser, options: ClientConnectionOptions = {}): ClientConnection {
    return new ClientConnection(this, user, options);
  }
}

/**
 * A cluster that is defined elsewhere.
 *
 * @internal
 */
export class ImportedCluster extends ClusterBase {
  public readonly clusterName: string;
  public readonly clusterArn: string;
  public readonly connections: ec2.Connections;
  public readonly tlsEnabled: boolean;
  private readonly endpoint?: Endpoint;

  constructor(scope: Construct, id: string, attrs: ClusterAttributes) {
    super(scope, id, { environmentFromArn: attrs.clusterArn });
    if (attrs.clusterArn === undefined && attrs.clusterName === undefined) {
      throw invalid(lit`UnknownCluster`, "'clusterName' or 'clusterArn' must be given to import a cluster, got neither", this);
    }
    this.clusterName = attrs.clusterArn === undefined ? attrs.clusterName! : nameOf(attrs.clusterArn);
    this.clusterArn = attrs.clusterArn ?? arnOf(this, 'cluster', this.clusterName);
    this.tlsEnabled = attrs.tlsEnabled ?? true;
    const port = attrs.port ?? DEFAULT_PORT;
    this.connections = new ec2.Connections({ securityGroups: attrs.securityGroups, defaultPort: ec2.Port.tcp(port) });
    if (attrs.clusterEndpointAddress !== undefined) {
      this.endpoint = new Endpoint(attrs.clusterEndpointAddress, port);
    }
  }

  public get clusterEndpoint(): Endpoint {
    if (this.endpoint === undefined) {
      throw invalid(
        lit`UnknownClusterEndpoint`,
        "'clusterEndpointAddress' must be known to connect to an imported cluster, but it is not; import it with Cluster.fromClusterAttributes()",
        this,
      );
    }
    return this.endpoint;
  }
}
