import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct, IConstruct } from 'constructs';
import { Acl } from './acl';
import type { AllClustersMetricOptions } from './cluster-metrics';
import { IpDiscovery, NetworkType } from './cluster-props';
import type { ClusterProps } from './cluster-props';
import { ClusterBase, DEFAULT_PORT, ImportedCluster } from './cluster-ref';
import type { ClusterAttributes, ICluster } from './cluster-ref';
import { Endpoint } from './endpoint';
import { EngineVersion } from './engine-version';
import { ParameterGroup } from './parameter-group';
import { allClustersMetric } from './private/all-clusters-metric';
import { connectedTo } from './private/connections';
import { definedName, pathOfDefined } from './private/defined-snapshots';
import { invalid } from './private/errors';
import { followRemovalPolicy } from './private/final-snapshots';
import { locationOf } from './private/locations';
import { join } from './private/members';
import { physicalName, validateName } from './private/names';
import { isOpenAccess } from './private/open-access';
import { isBuiltIn, searchGroupName } from './private/parameter-groups';
import { CLUSTER_USER_RULES } from './private/rules/cluster-access';
import { NODE_PARAMETER_RULES } from './private/rules/cluster-engine';
import { PLACEMENT_RULES } from './private/rules/cluster-network';
import { ENVIRONMENT_RULES } from './private/rules/environments';
import type { UsedPart } from './private/rules/environments';
import { TOPIC_KEY_RULES } from './private/rules/notifications';
import { REGION_RULES } from './private/rules/regions';
import { DELETION_POLICY_RULES } from './private/rules/removal';
import { FINAL_SNAPSHOT_RULES, RESTORE_RULES } from './private/rules/restore';
import { check, findings } from './private/rules/rule';
import { CLUSTER_RULES } from './private/rules/table';
import { demandMade } from './private/rules/value-classes';
import { CLUSTER_SYMBOL, isMarked, mark } from './private/symbols';
import { vpcIdOf } from './private/vpcs';
import type { SnapshotSource, SnapshotSourceConfig } from './snapshot-source';
import { SubnetGroup } from './subnet-group';

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

  /** The engine parameters; undefined for a member of a multi-Region cluster, which decides on them. */
  public readonly parameterGroup?: memorydb.IParameterGroupRef;

  /** The subnets of the nodes. */
  public readonly subnetGroup: memorydb.ISubnetGroupRef;

  private readonly resource: CfnCluster;

  /** What was made for this cluster alone and is of no use without it. */
  private readonly ownParts: IConstruct[] = [];

  /**
   * @throws when a value is out of its range or contradicts another one
   */
  constructor(scope: Construct, id: string, props: ClusterProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.clusterName) });
    mark(this, CLUSTER_SYMBOL);

    const { multiRegionCluster, numReplicasPerShard = 1, port = DEFAULT_PORT } = props;
    const shared = join(this, props);
    const numShards = props.numShards ?? shared.numShards ?? 1;
    this.engineVersion = props.engineVersion ?? shared.engineVersion ?? EngineVersion.VALKEY_7_3;
    this.tlsEnabled = props.tlsEnabled ?? shared.tlsEnabled ?? true;
    validateName(this, 'clusterName', props.clusterName);
    validateName(this, 'finalSnapshotName', props.finalSnapshotName);
    demandMade({ nodeType: props.nodeType, engineVersion: this.engineVersion }, this);
    check(CLUSTER_RULES, {
      ...props, scope: this, engineVersion: this.engineVersion, tlsEnabled: this.tlsEnabled, numShards, numReplicasPerShard,
    }, this);
    check(ENVIRONMENT_RULES, { what: 'cluster', env: this.env, parts: usedParts(props) }, this);
    check(REGION_RULES, { region: this.env.region, dataTiering: props.nodeType.dataTiering }, this);

    this.acl = props.acl ?? this.own(new Acl(this, 'Acl', { users: props.users }));
    this.parameterGroup = props.parameterGroup ?? this.defaultParameterGroup(props);
    this.subnetGroup = props.subnetGroup ?? this.own(new SubnetGroup(this, 'SubnetGroup', { vpc: props.vpc, vpcSubnets: props.vpcSubnets }));
    const securityGroups = props.securityGroups ?? [this.own(this.createSecurityGroup(props.vpc))];
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(port) });
    this.checkPlacement(props, numReplicasPerShard);
    const restored = this.restoredFrom(props);

    // Whether the service takes what is equal in all members from a member, too, is not documented, so it is written only when it is given.
    const written = multiRegionCluster ? props : { engineVersion: this.engineVersion, numShards };
    this.resource = new CfnCluster(this, 'Resource', {
      clusterName: this.physicalName,
      description: props.description,

      nodeType: props.nodeType.name,
      dataTiering: props.nodeType.dataTiering ? 'true' : undefined,
      multiRegionClusterName: multiRegionCluster?.multiRegionClusterRef.multiRegionClusterName,
      engine: written.engineVersion?.engine,
      engineVersion: written.engineVersion?.version,
      autoMinorVersionUpgrade: props.autoMinorVersionUpgrade ?? true,
      parameterGroupName: this.parameterGroup?.parameterGroupRef.parameterGroupName,
      numShards: written.numShards,
      numReplicasPerShard,

      subnetGroupName: this.subnetGroup.subnetGroupRef.subnetGroupName,
      securityGroupIds: securityGroups.map((group) => group.securityGroupId),
      port,
      networkType: props.networkType,
      // The service's own default, IPv4, is not what nodes with IPv6 alone have.
      ipDiscovery: props.ipDiscovery ?? (props.networkType === NetworkType.IPV6 ? IpDiscovery.IPV6 : undefined),

      aclName: this.acl.aclRef.aclName,
      tlsEnabled: this.tlsEnabled,
      kmsKeyId: props.encryptionKey?.keyRef.keyArn,

      snapshotRetentionLimit: (props.snapshotRetention ?? Duration.days(7)).toDays(),
      snapshotWindow: props.snapshotWindow?.toString(),
      snapshotName: restored?.snapshotName,
      snapshotArns: restored?.snapshotArns,
      finalSnapshotName: props.finalSnapshotName,
      maintenanceWindow: props.maintenanceWindow?.toString(),

      snsTopicArn: props.notificationTopic?.topicRef.topicArn,
      snsTopicStatus: props.notificationTopic && (props.notificationsEnabled ?? true ? 'ACTIVE' : 'INACTIVE'),
    });
    if (restored?.dependency) {
      this.resource.node.addDependency(restored.dependency);
    }
    this.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);

    this.clusterName = this.getResourceNameAttribute(this.resource.ref);
    this.clusterArn = this.getResourceArnAttribute(this.resource.attrArn, {
      service: 'memorydb',
      resource: 'cluster',
      resourceName: this.physicalName,
    });
    this.clusterEndpoint = new Endpoint(this.resource.attrClusterEndpointAddress, port);

    this.node.addValidation({ validate: () => this.findAtTheEnd(props, nameIn(props.restoreFrom, restored)) });
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
        `users can only be added to an 'acl' that is an Acl of this library, got ${this.acl.node.path}; ` +
          (isOpenAccess(this.acl) ? `give the cluster an Acl with ${user.node.path}` : `add ${user.node.path} where that list is defined`),
        this,
      );
    }
    this.acl.addUser(user);
  }

  /**
   * Applies a removal policy to the cluster and to the groups and the list made for it.
   *
   * `SNAPSHOT` deletes the cluster after a final snapshot: CloudFormation has no snapshot policy for MemoryDB. Another policy later takes that back,
   * but never a final snapshot that was named in another way.
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    const keepsSnapshot = policy === RemovalPolicy.SNAPSHOT;
    followRemovalPolicy(this, this.resource, keepsSnapshot);
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

  private defaultParameterGroup({ multiRegionCluster, vectorSearch }: ClusterProps): memorydb.IParameterGroupRef | undefined {
    if (multiRegionCluster) {
      return undefined;
    }
    // A group that is made along with the cluster has no search when the cluster is created, and search is not turned on later.
    return vectorSearch
      ? ParameterGroup.fromParameterGroupName(this, 'ParameterGroup', searchGroupName(this.engineVersion.parameterGroupFamily))
      : this.own(new ParameterGroup(this, 'ParameterGroup', { engineVersion: this.engineVersion }));
  }

  private checkPlacement({ vpc }: ClusterProps, numReplicasPerShard: number): void {
    const location = locationOf(this.subnetGroup);
    const securityGroups = this.connections.securityGroups.flatMap((group) => {
      const vpcId = vpcIdOf(group);
      return vpcId === undefined ? [] : { path: group.node.path, vpcId };
    });
    check(PLACEMENT_RULES, { numReplicasPerShard, vpcId: location?.vpcId ?? vpc.vpcId, zones: location?.zones ?? [], securityGroups }, this);
  }

  private restoredFrom({ restoreFrom, finalSnapshotName }: ClusterProps): SnapshotSourceConfig | undefined {
    const source = restoreFrom?.bind(this);
    check(RESTORE_RULES, { snapshotName: nameIn(restoreFrom, source), finalSnapshotName }, this);
    return source;
  }

  /** Users, parameters, the key of a topic and a removal policy can come at any time, so they are checked when all are there. */
  private findAtTheEnd({ nodeType, notificationTopic }: ClusterProps, snapshotName?: string): string[] {
    const listed = Acl.isAcl(this.acl) ? this.acl.users : [];
    const connected = [...connectedTo(this)].filter((user) => user !== undefined);
    const users = [...new Set([...listed, ...connected])];
    const { finalSnapshotName } = this.resource;
    return [
      ...findings(CLUSTER_USER_RULES, { engineVersion: this.engineVersion, users }),
      ...(this.parameterGroup ? findings(NODE_PARAMETER_RULES, { nodeType, parameterGroup: this.parameterGroup }) : []),
      ...findings(TOPIC_KEY_RULES, { notificationTopic }),
      ...findings(RESTORE_RULES, { snapshotName, finalSnapshotName }),
      ...findings(FINAL_SNAPSHOT_RULES, { finalSnapshotName, namesake: pathOfDefined(this, finalSnapshotName) }),
      ...findings(DELETION_POLICY_RULES, this.resource.cfnOptions),
    ];
  }
}

/** Name of the snapshot that a cluster is restored from, as far as it is known. */
function nameIn(source: SnapshotSource | undefined, config: SnapshotSourceConfig | undefined): string | undefined {
  return source?._snapshot ? definedName(source._snapshot) : config?.snapshotName;
}

/** What a cluster refers to by name; the lists and groups that exist in every account are at hand everywhere. */
function usedParts({ acl, parameterGroup, subnetGroup, restoreFrom, encryptionKey, notificationTopic, vpc }: ClusterProps): UsedPart[] {
  return [
    { property: 'acl', part: acl && !isOpenAccess(acl) ? acl : undefined },
    { property: 'parameterGroup', part: parameterGroup && !isBuiltIn(parameterGroup) ? parameterGroup : undefined },
    { property: 'subnetGroup', part: subnetGroup },
    { property: 'restoreFrom', part: restoreFrom?._snapshot },
    { property: 'encryptionKey', part: encryptionKey, isShared: true },
    // The account of a topic has a rule of its own, and subnets of a VPC can be shared between accounts.
    { property: 'notificationTopic', part: notificationTopic, isShared: true },
    { property: 'vpc', part: vpc, isShared: true },
  ];
}
