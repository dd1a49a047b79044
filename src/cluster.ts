import { Duration, RemovalPolicy, Token, Validations } from 'aws-cdk-lib';
import type { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct, IConstruct } from 'constructs';
import { Acl } from './acl';
import type { AllClustersMetricOptions } from './cluster-metrics';
import { ClusterBase, DEFAULT_PORT, ImportedCluster } from './cluster-ref';
import type { ClusterAttributes, ICluster } from './cluster-ref';
import { Endpoint } from './endpoint';
import { EngineVersion } from './engine-version';
import type { NodeType } from './node-type';
import { ParameterGroup } from './parameter-group';
import { allClustersMetric } from './private/all-clusters-metric';
import { invalid, shown } from './private/errors';
import { generatedName, physicalName, validateName } from './private/names';
import { isOpenAccess } from './private/open-access';
import { CLUSTER_SYMBOL, USER_SYMBOL, isMarked, mark } from './private/symbols';
import { validateInteger } from './private/validations';
import { SubnetGroup } from './subnet-group';
import { AuthenticationType } from './user';
import type { IUser } from './user';
import type { DailyWindow, WeeklyWindow } from './window';

/** Limits of the service: MemoryDB Developer Guide, "Quotas" and "Automatic snapshots". */
const MAX_SHARDS = 500;
const MAX_REPLICAS_PER_SHARD = 5;
const MAX_RETENTION_DAYS = 35;
const MAX_PORT = 65535;

/**
 * Which IP addresses the nodes of a cluster have, in the service's spelling.
 */
export enum NetworkType {
  /** IPv4 addresses only. */
  IPV4 = 'ipv4',
  /** IPv6 addresses only; needs subnets with nothing else. */
  IPV6 = 'ipv6',
  /** Both; needs subnets with both. */
  DUAL_STACK = 'dual_stack',
}

/**
 * Which IP addresses a cluster tells its clients, in the service's spelling.
 */
export enum IpDiscovery {
  /** IPv4 addresses. */
  IPV4 = 'ipv4',
  /** IPv6 addresses. */
  IPV6 = 'ipv6',
}

/**
 * Properties of a `Cluster`.
 */
export interface ClusterProps {
  /**
   * The VPC of the cluster.
   *
   * [disable-awslint:prefer-ref-interface] subnets can only be selected on an `IVpc`
   */
  readonly vpc: ec2.IVpc;

  /** Compute and memory of each node. */
  readonly nodeType: NodeType;

  /**
   * Engine and version. It can be raised later, from Redis OSS to Valkey, too, but never lowered.
   *
   * @default EngineVersion.VALKEY_7_3
   */
  readonly engineVersion?: EngineVersion;

  /**
   * Number of shards, 1 to 500: each has a part of the keys.
   *
   * @default 1
   */
  readonly numShards?: number;

  /**
   * Number of replicas of each shard, 0 to 5. Without any, a shard is down while its node is replaced.
   *
   * @default 1
   */
  readonly numReplicasPerShard?: number;

  /**
   * Users of the cluster, who are put on an access control list of its own; more can be added with `addUser`.
   *
   * @default - none: nobody can sign in
   */
  readonly users?: memorydb.IUserRef[];

  /**
   * An access control list to use in place of an own one.
   *
   * @default - an own list with `users`
   */
  readonly acl?: memorydb.IACLRef;

  /**
   * Engine parameters. The group must be of the engine version's family.
   *
   * @default - an own group that lets nothing be evicted
   */
  readonly parameterGroup?: memorydb.IParameterGroupRef;

  /**
   * A subnet group to use in place of an own one. Changing it replaces the cluster.
   *
   * @default - an own group with `vpcSubnets`
   */
  readonly subnetGroup?: memorydb.ISubnetGroupRef;

  /**
   * Which subnets of the VPC to use.
   *
   * @default - private subnets with egress, else isolated, else public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the nodes.
   *
   * [disable-awslint:prefer-ref-interface] rules can only be added to an `ISecurityGroup`
   *
   * @default - an own group that lets nothing in or out
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Port on which the nodes listen, 1 to 65535. Changing it replaces the cluster.
   *
   * @default 6379
   */
  readonly port?: number;

  /**
   * Whether connections are encrypted. Only a cluster with `Acl.openAccess()` can do without. Changing it replaces the cluster.
   *
   * @default true
   */
  readonly tlsEnabled?: boolean;

  /**
   * Key that encrypts the data at rest, transaction log and snapshots included. Changing it replaces the cluster.
   *
   * If the key is disabled or deleted, so is the data.
   *
   * @default - a key of the service
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * How long automatic snapshots are kept: whole days, at most 35; `Duration.days(0)` turns them off.
   *
   * @default Duration.days(7)
   */
  readonly snapshotRetention?: Duration;

  /**
   * When the daily snapshot is taken.
   *
   * @default - chosen by the service
   */
  readonly snapshotWindow?: DailyWindow;

  /**
   * When the service may maintain the cluster.
   *
   * @default - chosen by the service
   */
  readonly maintenanceWindow?: WeeklyWindow;

  /**
   * Name of a snapshot to take before the cluster is deleted: 1 to 40 lower-case letters, digits and hyphens.
   *
   * A name can be used once: if a snapshot of that name exists, the deletion fails.
   *
   * @default - no final snapshot, unless the removal policy is `SNAPSHOT`
   */
  readonly finalSnapshotName?: string;

  /**
   * Whether the service may apply minor engine versions by itself. The service takes it at creation only.
   *
   * @default true
   */
  readonly autoMinorVersionUpgrade?: boolean;

  /**
   * Which IP addresses the nodes have. Changing it replaces the cluster.
   *
   * @default - IPv4, chosen by the service
   */
  readonly networkType?: NetworkType;

  /**
   * Which IP addresses clients are told.
   *
   * @default - IPv4, chosen by the service
   */
  readonly ipDiscovery?: IpDiscovery;

  /**
   * Name of the cluster: 1 to 40 lower-case letters, digits and hyphens. Changing it replaces the cluster, which then is empty.
   *
   * @default - generated from the stack's name and the construct's path
   */
  readonly clusterName?: string;

  /**
   * A description.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the cluster, and to the groups and the list made for it, when it leaves the stack.
   *
   * `SNAPSHOT` deletes the cluster after a final snapshot.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Defines a MemoryDB cluster: encrypted, durable and closed unless told otherwise.
 *
 * @resource AWS::MemoryDB::Cluster
 * @stateful
 */
export class Cluster extends ClusterBase {
  /**
   * Whether a value is a `Cluster` of this library, other than an imported one.
   */
  public static isCluster(x: any): x is Cluster {
    return isMarked(x, CLUSTER_SYMBOL);
  }

  /**
   * An existing cluster, by its name. Nothing can be connected to it: see `fromClusterAttributes`.
   */
  public static fromClusterName(scope: Construct, id: string, clusterName: string): ICluster {
    return new ImportedCluster(scope, id, { clusterName });
  }

  /**
   * An existing cluster, by its ARN. Nothing can be connected to it: see `fromClusterAttributes`.
   */
  public static fromClusterArn(scope: Construct, id: string, clusterArn: string): ICluster {
    return new ImportedCluster(scope, id, { clusterArn });
  }

  /**
   * An existing cluster, with all that is known of it.
   */
  public static fromClusterAttributes(scope: Construct, id: string, attrs: ClusterAttributes): ICluster {
    return new ImportedCluster(scope, id, attrs);
  }

  /**
   * A metric of all clusters of the account and Region together.
   *
   * @param metricName name the service gives it, for example `CPUUtilization`
   * @throws when the statistic is none that CloudWatch can compute over all of them, such as a percentile
   */
  public static metricAll(metricName: string, options: AllClustersMetricOptions = {}): MathExpression {
    return allClustersMetric(metricName, options);
  }

  public readonly clusterName: string;
  public readonly clusterArn: string;
  public readonly clusterEndpoint: Endpoint;
  public readonly connections: ec2.Connections;
  public readonly tlsEnabled: boolean;

  /** Engine and version. */
  public readonly engineVersion: EngineVersion;

  /** The access control list. */
  public readonly acl: memorydb.IACLRef;

  /** The engine parameters. */
  public readonly parameterGroup: memorydb.IParameterGroupRef;

  /** The subnets of the nodes. */
  public readonly subnetGroup: memorydb.ISubnetGroupRef;

  private readonly resource: CfnCluster;
  private readonly finalSnapshotName?: string;

  /** What was made for this cluster alone and is of no use without it. */
  private readonly ownParts: IConstruct[] = [];

  /**
   * @throws when a value is out of its range or contradicts another one
   */
  constructor(scope: Construct, id: string, props: ClusterProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.clusterName) });
    mark(this, CLUSTER_SYMBOL);
    this.validate(props);

    const port = props.port ?? DEFAULT_PORT;
    this.finalSnapshotName = props.finalSnapshotName;
    this.engineVersion = props.engineVersion ?? EngineVersion.VALKEY_7_3;
    this.tlsEnabled = props.tlsEnabled ?? true;
    this.acl = props.acl ?? this.own(new Acl(this, 'Acl', { users: props.users }));
    this.parameterGroup = props.parameterGroup ?? this.own(new ParameterGroup(this, 'ParameterGroup', { engineVersion: this.engineVersion }));
    this.subnetGroup = props.subnetGroup ?? this.own(new SubnetGroup(this, 'SubnetGroup', { vpc: props.vpc, vpcSubnets: props.vpcSubnets }));
    const securityGroups = props.securityGroups ?? [this.own(this.createSecurityGroup(props.vpc))];
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(port) });

    this.resource = new CfnCluster(this, 'Resource', {
      clusterName: this.physicalName,
      description: props.description,

      nodeType: props.nodeType.name,
      dataTiering: props.nodeType.dataTiering ? 'true' : undefined,
      engine: this.engineVersion.engine,
      engineVersion: this.engineVersion.version,
      autoMinorVersionUpgrade: props.autoMinorVersionUpgrade ?? true,
      parameterGroupName: this.parameterGroup.parameterGroupRef.parameterGroupName,
      numShards: props.numShards ?? 1,
      numReplicasPerShard: props.numReplicasPerShard ?? 1,

      subnetGroupName: this.subnetGroup.subnetGroupRef.subnetGroupName,
      securityGroupIds: securityGroups.map((group) => group.securityGroupId),
      port,
      networkType: props.networkType,
      ipDiscovery: props.ipDiscovery,

      aclName: this.acl.aclRef.aclName,
      tlsEnabled: this.tlsEnabled,
      kmsKeyId: props.encryptionKey?.keyRef.keyArn,

      snapshotRetentionLimit: (props.snapshotRetention ?? Duration.days(7)).toDays(),
      snapshotWindow: props.snapshotWindow?.toString(),
      maintenanceWindow: props.maintenanceWindow?.toString(),
    });
    this.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);

    this.clusterName = this.getResourceNameAttribute(this.resource.ref);
    this.clusterArn = this.getResourceArnAttribute(this.resource.attrArn, {
      service: 'memorydb',
      resource: 'cluster',
      resourceName: this.physicalName,
    });
    this.clusterEndpoint = new Endpoint(this.resource.attrClusterEndpointAddress, port);

    this.warn(props);
    this.node.addValidation({ validate: () => this.validateUsers() });
  }

  /**
   * Lets a user sign in to the cluster.
   *
   * @throws when the access control list is an imported one, which cannot be changed here
   */
  public addUser(user: memorydb.IUserRef): void {
    if (!Acl.isAcl(this.acl)) {
      throw invalid(
        lit`ImportedAcl`,
        `users can only be added to an 'acl' that is an Acl of this library, got ${this.acl.node.path}; add ${user.node.path} where that list is defined`,
        this,
      );
    }
    this.acl.addUser(user);
  }

  /**
   * Applies a removal policy to the cluster and to the groups and the list made for it.
   *
   * `SNAPSHOT` deletes the cluster after a final snapshot: CloudFormation has no snapshot policy for MemoryDB.
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    const keepsSnapshot = policy === RemovalPolicy.SNAPSHOT;
    this.resource.finalSnapshotName = this.finalSnapshotName ?? (keepsSnapshot ? generatedName(this, 'FinalSnapshot') : undefined);
    const effective = keepsSnapshot ? RemovalPolicy.DESTROY : policy;
    this.resource.applyRemovalPolicy(effective);
    for (const part of this.ownParts) {
      (part as ec2.SecurityGroup).applyRemovalPolicy(effective);
    }
  }

  private own<T extends IConstruct>(part: T): T {
    this.ownParts.push(part);
    return part;
  }

  private createSecurityGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Nodes of the MemoryDB cluster ${this.physicalName}`,
      allowAllOutbound: false,
    });
  }

  private validate(props: ClusterProps): void {
    validateName(this, 'clusterName', props.clusterName);
    validateName(this, 'finalSnapshotName', props.finalSnapshotName);
    validateInteger(this, 'numShards', props.numShards, 1, MAX_SHARDS);
    validateInteger(this, 'numReplicasPerShard', props.numReplicasPerShard, 0, MAX_REPLICAS_PER_SHARD);
    validateInteger(this, 'port', props.port, 1, MAX_PORT);
    this.validateRetention(props.snapshotRetention);
    this.validateChoices(props);
    this.validateTls(props);
    this.validateFamily(props);
  }

  private validateRetention(retention?: Duration): void {
    if (retention === undefined) {
      return;
    }
    if (retention.isUnresolved()) {
      if (retention.unitLabel() !== 'days') {
        throw invalid(
          lit`UnresolvedSnapshotRetention`,
          `'snapshotRetention' must be given as Duration.days() when it is a token, which cannot be converted, got a token of ${retention.unitLabel()}`,
          this,
        );
      }
      return;
    }
    const days = retention.toDays({ integral: false });
    if (!Number.isInteger(days) || days > MAX_RETENTION_DAYS) {
      throw invalid(
        lit`InvalidSnapshotRetention`,
        `'snapshotRetention' must be whole days from 0 to ${MAX_RETENTION_DAYS}, got ${retention.toHumanString()}; ` +
          'snapshots that are to be kept longer must be taken by hand',
        this,
      );
    }
  }

  private validateChoices(props: ClusterProps): void {
    if (props.acl !== undefined && props.users !== undefined) {
      throw invalid(lit`AclAndUsers`, "'users' must not be given together with 'acl', which has users of its own; add them to that list", this);
    }
    if (props.subnetGroup !== undefined && props.vpcSubnets !== undefined) {
      throw invalid(
        lit`SubnetGroupAndSubnets`,
        "'vpcSubnets' must not be given together with 'subnetGroup', which has subnets of its own; remove one of them",
        this,
      );
    }
    if (props.securityGroups?.length === 0) {
      throw invalid(
        lit`NoSecurityGroups`,
        "'securityGroups' must have at least one group, got none; leave it out to have a closed one made",
        this,
      );
    }
  }

  private validateTls(props: ClusterProps): void {
    const aclName = props.acl?.aclRef.aclName;
    const mayBeOpen = props.acl !== undefined && !Acl.isAcl(props.acl) && (isOpenAccess(props.acl) || Token.isUnresolved(aclName));
    if (props.tlsEnabled === false && !mayBeOpen) {
      throw invalid(
        lit`TlsRequired`,
        `'tlsEnabled' must be true with ${aclName === undefined ? 'an own access control list' : `the 'acl' ${props.acl!.node.path}`}, got false; ` +
          'the service signs users in over TLS only, so leave it out (or use Acl.openAccess(), which lets everybody in)',
        this,
      );
    }
  }

  private validateFamily(props: ClusterProps): void {
    const { parameterGroup, engineVersion = EngineVersion.VALKEY_7_3 } = props;
    if (!ParameterGroup.isParameterGroup(parameterGroup) || Token.isUnresolved(parameterGroup.family)) {
      return;
    }
    const family = engineVersion.parameterGroupFamily;
    if (!Token.isUnresolved(family) && parameterGroup.family !== family) {
      throw invalid(
        lit`ParameterGroupFamilyMismatch`,
        `'parameterGroup' must be of family ${family} for ${engineVersion.toString()}, got ${parameterGroup.node.path} of family ` +
          `${shown(parameterGroup.family)}; define the group with the engine version of the cluster`,
        this,
      );
    }
  }

  /** Users can be added to the list at any time, so it is checked when all are there. */
  private validateUsers(): string[] {
    if (!Acl.isAcl(this.acl) || this.engineVersion.supportsIamUsers) {
      return [];
    }
    return this.acl.users.filter(isIamUser).map(
      (user) =>
        `'users' must sign in with passwords on ${this.engineVersion.toString()}, but ${user.node.path} is an IAM user; ` +
        'use an engine version of 7.0 or later, or a PasswordUser',
    );
  }

  private warn(props: ClusterProps): void {
    if (isOpenAccess(this.acl)) {
      Validations.of(this).addWarning(
        'cdk-memorydb:openAccess',
        "'acl' is open-access: everybody who can reach the cluster may do everything, without a password; give it an Acl with users, or acknowledge this",
      );
    }
    if (props.snapshotWindow && props.maintenanceWindow && props.snapshotWindow.overlaps(props.maintenanceWindow)) {
      Validations.of(this).addWarning(
        'cdk-memorydb:overlappingWindows',
        `'snapshotWindow' (${props.snapshotWindow.toString()}) overlaps 'maintenanceWindow' (${props.maintenanceWindow.toString()}): ` +
          'maintenance and snapshots wait for each other; choose times apart',
      );
    }
  }
}

function isIamUser(user: memorydb.IUserRef): boolean {
  return isMarked(user, USER_SYMBOL) && (user as IUser).authenticationType === AuthenticationType.IAM;
}
