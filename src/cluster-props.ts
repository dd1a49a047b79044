import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { aws_memorydb as memorydb, aws_sns as sns } from 'aws-cdk-lib/interfaces';
import type { EngineVersion } from './engine-version';
import type { NodeType } from './node-type';
import type { SnapshotSource } from './snapshot-source';
import type { DailyWindow, WeeklyWindow } from './window';

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
   * Engine parameters. The group must be of the engine version's family, and one with search when there is to be `vectorSearch`.
   *
   * @default - an own group that lets nothing be evicted, or the built-in one of the family with `vectorSearch`
   */
  readonly parameterGroup?: memorydb.IParameterGroupRef;

  /**
   * Whether the cluster can be searched by vectors and other fields (`FT.SEARCH`). It is decided for good when the cluster is created.
   *
   * Needs Redis OSS 7.1, Valkey 7.2 or later, exactly one shard and nodes without data tiering. The built-in parameter group with search is used,
   * whose values cannot be changed.
   *
   * @default false
   */
  readonly vectorSearch?: boolean;

  /**
   * A subnet group to use in place of an own one. Changing it replaces the cluster; the subnets in it can be changed.
   *
   * @default - an own group with `vpcSubnets`
   */
  readonly subnetGroup?: memorydb.ISubnetGroupRef;

  /**
   * Which subnets of the VPC to use: in at least two Availability Zones if a shard is to have replicas.
   *
   * Not every zone has MemoryDB. Those that have it are known by their ids only, which are not known at synthesis: see the Developer Guide,
   * "Subnets and subnet groups".
   *
   * @default - private subnets with egress, else isolated, else public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the nodes, of the VPC that the subnets are in.
   *
   * Groups can be exchanged, but a cluster never gets rid of its last one.
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
   * It must be a symmetric key. The service uses it by a grant that it makes with the permissions of whoever deploys (`kms:CreateGrant` and
   * `kms:DescribeKey`, as far as is known), so the key's policy is not changed: the default policy of a `Key` leaves permissions to IAM. If the key is disabled or
   * deleted, or the grant revoked, so is the data.
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
   * The data to start with. Changing it later replaces the cluster, so leave it as it is, or remove it only together with a new `clusterName`.
   *
   * @default - no data
   */
  readonly restoreFrom?: SnapshotSource;

  /**
   * Name of a snapshot to take before the cluster is deleted: 1 to 40 lower-case letters, digits and hyphens.
   *
   * A name can be used once: if a snapshot of that name exists, the deletion fails and the cluster stays. Change the name (in a deployment of its
   * own) before you delete a cluster that was restored from it or defined again after it. A cluster that is retained leaves no snapshot.
   *
   * @default - no final snapshot, unless the removal policy is `SNAPSHOT`; then a name generated from the stack's name and the construct's path
   */
  readonly finalSnapshotName?: string;

  /**
   * Topic that gets the events of the cluster, such as failovers and failed snapshots: of the same account, and not encrypted.
   *
   * Removing it from a cluster changes nothing: set `notificationsEnabled` to false.
   *
   * The guide does not say what a topic policy of your own has to allow; one of CDK's, as `enforceSSL` makes it, takes the place of the default one,
   * which allows the topic's account to publish. See that events arrive.
   *
   * @default - no notifications
   */
  readonly notificationTopic?: sns.ITopicRef;

  /**
   * Whether the events of the cluster are sent to `notificationTopic`.
   *
   * @default true
   */
  readonly notificationsEnabled?: boolean;

  /**
   * Whether the service may apply minor engine versions by itself. The service takes it at creation only: a later change does nothing, and nobody
   * says so. Patches are applied in any case.
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
   * Which IP addresses clients are told; those that `networkType` has.
   *
   * @default - IPv6 with `NetworkType.IPV6`, else IPv4, chosen by the service
   */
  readonly ipDiscovery?: IpDiscovery;

  /**
   * A multi-Region cluster to be a member of, with the same nodes, shards, engine, encryption and engine parameters as the others. Changing it
   * replaces the cluster.
   *
   * In the template, a member leaves the number of shards, the engine and the engine parameters to the multi-Region cluster, unless they are
   * given here. Scale the members by the properties of the multi-Region cluster, and change `nodeType` here along with it.
   *
   * @default - a cluster of one Region
   */
  readonly multiRegionCluster?: memorydb.IMultiRegionClusterRef;

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
   * `SNAPSHOT` deletes the cluster after a final snapshot: see `finalSnapshotName`. A list or group of your own that a retained cluster uses has to
   * be retained, too, since the service does not delete what is in use.
   *
   * `RETAIN_ON_UPDATE_OR_DELETE` retains all of it as `RETAIN` does, but for what a deployment that fails has created, whose names would be in the
   * way of the next one.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
