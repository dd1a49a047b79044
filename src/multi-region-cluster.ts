import { RemovalPolicy, Resource } from 'aws-cdk-lib';
import type { IResource, ResourceProps } from 'aws-cdk-lib';
import { CfnMultiRegionCluster } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { EngineVersion } from './engine-version';
import type { NodeType } from './node-type';
import { accountOf, globalArnOf, nameOf } from './private/arns';
import { MEMBER_REGIONS_RULES, MULTI_REGION_CLUSTER_RULES, MULTI_REGION_REGION_RULES } from './private/rules/multi-region';
import { REMOVAL_RULES } from './private/rules/removal';
import { check, demand, findings } from './private/rules/rule';
import { demandMade } from './private/rules/value-classes';
import { MULTI_REGION_CLUSTER_SYMBOL, isMarked, mark } from './private/symbols';

/**
 * How the members of a multi-Region cluster are scaled, in CloudFormation's spelling.
 */
export enum UpdateStrategy {
  /** All members or none: if one fails, all go back. */
  COORDINATED = 'COORDINATED',
  /** Each member by itself; only for more shards or larger nodes. */
  UNCOORDINATED = 'UNCOORDINATED',
}

/**
 * Clusters in several Regions that all take writes of the same data.
 */
export interface IMultiRegionCluster extends IResource, memorydb.IMultiRegionClusterRef {
  /**
   * Name of the multi-Region cluster: a prefix that the service chooses by Region, a hyphen and the suffix.
   *
   * @attribute
   */
  readonly multiRegionClusterName: string;

  /**
   * ARN of the multi-Region cluster, which has no Region.
   *
   * @attribute
   */
  readonly multiRegionClusterArn: string;
}

/**
 * Properties of a `MultiRegionCluster`.
 */
export interface MultiRegionClusterProps {
  /** Compute and memory of each node of all members: `db.r7g.xlarge` or larger. */
  readonly nodeType: NodeType;

  /**
   * The end of the name: lower-case letters, digits and hyphens, a letter first. The service puts a prefix before it.
   *
   * Changing it replaces the multi-Region cluster, and thereby all its members, which then are empty.
   */
  readonly suffix: string;

  /**
   * Engine and version of all members: Valkey 7.3 or later.
   *
   * Changing it replaces the multi-Region cluster, which fails while the suffix stays: raise it with the `UpdateMultiRegionCluster` API.
   *
   * @default EngineVersion.VALKEY_7_3
   */
  readonly engineVersion?: EngineVersion;

  /**
   * Number of shards of each member, 1 to 500.
   *
   * @default 1
   */
  readonly numShards?: number;

  /**
   * How the members are scaled when `nodeType` or `numShards` changes.
   *
   * @default - coordinated, chosen by the service
   */
  readonly updateStrategy?: UpdateStrategy;

  /**
   * Whether connections to all members are encrypted. Changing it replaces the multi-Region cluster.
   *
   * @default true
   */
  readonly tlsEnabled?: boolean;

  /**
   * Name of the engine parameters of all members. CloudFormation cannot define a multi-Region parameter group.
   *
   * Changing it replaces the multi-Region cluster, which fails while the suffix stays: use the `UpdateMultiRegionCluster` API.
   *
   * @default - `default.memorydb-valkey7.multiregion`, chosen by the service
   */
  readonly multiRegionParameterGroupName?: string;

  /**
   * A description.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the multi-Region cluster when it leaves the stack. One that has members cannot be deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class MultiRegionClusterBase extends Resource implements IMultiRegionCluster {
  public abstract readonly multiRegionClusterName: string;
  public abstract readonly multiRegionClusterArn: string;

  public get multiRegionClusterRef(): memorydb.MultiRegionClusterReference {
    return { multiRegionClusterName: this.multiRegionClusterName, multiRegionClusterArn: this.multiRegionClusterArn };
  }
}

class ImportedMultiRegionCluster extends MultiRegionClusterBase {
  public readonly multiRegionClusterName: string;
  public readonly multiRegionClusterArn: string;

  constructor(scope: Construct, id: string, known: { name?: string; arn?: string }, props?: ResourceProps) {
    super(scope, id, props);
    this.multiRegionClusterName = known.name ?? nameOf(known.arn!);
    this.multiRegionClusterArn = known.arn ?? globalArnOf(this, 'multiregioncluster', this.multiRegionClusterName);
  }
}

/**
 * Defines a multi-Region cluster. Its members are `Cluster`s with `multiRegionCluster`, up to one for each of five Regions.
 *
 * The service chooses a part of the name, so nobody knows it before the first deployment. CDK hands it to members of the same app, whatever
 * their stacks and Regions are, and deploys them after, and deletes them before the multi-Region cluster. To another app it is told with
 * `MultiRegionCluster.fromMultiRegionClusterName`.
 *
 * Members have no vector search, no data tiering, no keys that expire, and no commands that read, modify and write a value. The last write wins.
 *
 * @see https://docs.aws.amazon.com/memorydb/latest/devguide/multi-region.html
 * @resource AWS::MemoryDB::MultiRegionCluster
 * @stateful
 */
export class MultiRegionCluster extends MultiRegionClusterBase {
  /**
   * Whether a value is a `MultiRegionCluster` of this library, other than an imported one.
   */
  public static isMultiRegionCluster(x: any): x is MultiRegionCluster {
    return isMarked(x, MULTI_REGION_CLUSTER_SYMBOL);
  }

  /**
   * An existing multi-Region cluster, by its full name, for example `virxk-orders`.
   */
  public static fromMultiRegionClusterName(scope: Construct, id: string, multiRegionClusterName: string): IMultiRegionCluster {
    return new ImportedMultiRegionCluster(scope, id, { name: multiRegionClusterName });
  }

  /**
   * An existing multi-Region cluster, by its ARN.
   */
  public static fromMultiRegionClusterArn(scope: Construct, id: string, multiRegionClusterArn: string): IMultiRegionCluster {
    return new ImportedMultiRegionCluster(scope, id, { arn: multiRegionClusterArn }, { account: accountOf(multiRegionClusterArn) });
  }

  public readonly multiRegionClusterName: string;
  public readonly multiRegionClusterArn: string;

  /** Compute and memory of each node of all members. */
  public readonly nodeType: NodeType;

  /** Engine and version of all members. */
  public readonly engineVersion: EngineVersion;

  /** Number of shards of each member. */
  public readonly numShards: number;

  /** Whether connections to all members are encrypted. */
  public readonly tlsEnabled: boolean;

  private readonly resource: CfnMultiRegionCluster;
  private readonly memberClusters: memorydb.IClusterRef[] = [];

  /**
   * @throws when the suffix is not allowed, the nodes are too small, the engine is too old, the number of shards is out of range, or the
   * removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: MultiRegionClusterProps) {
    super(scope, id);
    mark(this, MULTI_REGION_CLUSTER_SYMBOL);
    this.nodeType = props.nodeType;
    this.engineVersion = props.engineVersion ?? EngineVersion.VALKEY_7_3;
    this.numShards = props.numShards ?? 1;
    this.tlsEnabled = props.tlsEnabled ?? true;
    demandMade({ nodeType: this.nodeType, engineVersion: this.engineVersion }, this);
    check(MULTI_REGION_CLUSTER_RULES, { ...props, engineVersion: this.engineVersion }, this);
    check(MULTI_REGION_REGION_RULES, this.env.region, this);

    this.resource = new CfnMultiRegionCluster(this, 'Resource', {
      multiRegionClusterNameSuffix: props.suffix,
      description: props.description,
      nodeType: this.nodeType.name,
      engine: this.engineVersion.engine,
      engineVersion: this.engineVersion.version,
      multiRegionParameterGroupName: props.multiRegionParameterGroupName,
      numShards: this.numShards,
      tlsEnabled: this.tlsEnabled,
      updateStrategy: props.updateStrategy,
    });
    this.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);
    this.multiRegionClusterName = this.resource.ref;
    this.multiRegionClusterArn = this.resource.attrArn;
    this.node.addValidation({ validate: () => findings(MEMBER_REGIONS_RULES, { regions: this.memberClusters.map(({ env }) => env.region) }) });
  }

  /**
   * The members that are defined in this app, in the order they were defined.
   */
  public get members(): memorydb.IClusterRef[] {
    return [...this.memberClusters];
  }

  /**
   * Applies a removal policy to the multi-Region cluster.
   *
   * @throws when it is `SNAPSHOT`: its members can have snapshots
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    demand(REMOVAL_RULES, { what: 'a multi-Region cluster', removalPolicy: policy }, this);
    this.resource.applyRemovalPolicy(policy);
  }

  /**
   * Takes note of a member.
   *
   * @internal
   */
  public _addMember(cluster: memorydb.IClusterRef): void {
    this.memberClusters.push(cluster);
  }
}
