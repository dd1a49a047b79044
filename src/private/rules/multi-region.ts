import { Stack } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { MAX_SHARDS } from './limits';
import { errorRule, known, warningRule, wholeNumber } from './rule';
import type { EngineVersion } from '../../engine-version';
import type { NodeType } from '../../node-type';
import type { SnapshotSource } from '../../snapshot-source';
import { shown } from '../errors';
import { hasSearch } from '../parameter-groups';

const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-memorydb-multiregioncluster.html';
const PREREQUISITES = 'MemoryDB Developer Guide, "MemoryDB Multi-Region: Prerequisites and limitations"';

const MAX_REGIONS = 5;

/** Where the guide says that multi-Region clusters are. */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-central-1', 'eu-west-1', 'eu-west-2'],
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
];

/** What all members of a multi-Region cluster have in common. */
export interface MultiRegionInput {
  readonly nodeType: NodeType;
  readonly engineVersion: EngineVersion;
}

const NODES = errorRule<MultiRegionInput>(lit`MultiRegionNodeType`, PREREQUISITES, ({ nodeType }) =>
  (nodeType.dataTiering || (known(nodeType.name) && /^db\.((t4g|r6g|r6gd)\..*|r7g\.large)$/.test(nodeType.name))
    ? `'nodeType' must be db.r7g.xlarge or larger in a multi-Region cluster, got ${shown(nodeType.name)}; choose for example NodeType.R7G_XLARGE`
    : undefined));

const ENGINE = errorRule<MultiRegionInput>(lit`MultiRegionEngine`, PREREQUISITES, ({ engineVersion }) =>
  (engineVersion.supportsMultiRegion
    ? undefined
    : `'engineVersion' must be Valkey 7.3 or later in a multi-Region cluster, got ${engineVersion.toString()}; raise it or leave it out`));

/** Rules for a multi-Region cluster and each of its members. */
export const MULTI_REGION_RULES = [NODES, ENGINE];

/** What only the multi-Region cluster itself has. */
export interface MultiRegionClusterInput extends MultiRegionInput {
  readonly suffix: string;
  readonly numShards?: number;
}

const SUFFIX = errorRule<MultiRegionClusterInput>(lit`InvalidSuffix`, CLOUDFORMATION, ({ suffix }) =>
  (known(suffix) && !/^[a-z][a-z0-9-]*$/.test(suffix)
    ? `'suffix' must have lower-case letters, digits and hyphens and start with a letter, got ${shown(suffix)}; choose one such as 'orders'`
    : undefined));

const SHARDS = errorRule<MultiRegionClusterInput>(lit`InvalidMultiRegionNumShards`, 'MemoryDB Developer Guide, "Quotas"', ({ numShards }) =>
  wholeNumber('numShards', numShards, 1, MAX_SHARDS));

const HYPHENS = warningRule<MultiRegionClusterInput>('multiRegionSuffix', CLOUDFORMATION, ({ suffix }) =>
  (known(suffix) && /-(-|$)/.test(suffix)
    ? `'suffix' is ${shown(suffix)}, and the service takes no other name that ends with a hyphen or has two in a row: leave them out, or see that it takes this one`
    : undefined));

export const MULTI_REGION_CLUSTER_RULES = [SUFFIX, HYPHENS, SHARDS, ...MULTI_REGION_RULES];

/** Where the members of a multi-Region cluster are, as far as it is known. */
export interface MemberRegionsInput {
  readonly regions: readonly string[];
}

const FIVE_REGIONS = errorRule<MemberRegionsInput>(lit`TooManyRegions`, PREREQUISITES, ({ regions }) => {
  const distinct = [...new Set(regions.filter((region) => known(region)))];
  return distinct.length > MAX_REGIONS
    ? `members of a multi-Region cluster must be in at most ${MAX_REGIONS} Regions, got ${distinct.length}: ${distinct.join(', ')}; ` +
      "leave out 'multiRegionCluster' in some"
    : undefined;
});

export const MEMBER_REGIONS_RULES = [FIVE_REGIONS];

/** A new member of a multi-Region cluster and those that are there already. */
export interface NeighbourInput {
  readonly member: memorydb.IClusterRef;
  readonly others: readonly memorydb.IClusterRef[];
}

const ONE_EACH = warningRule<NeighbourInput>('multiRegionNeighbour', PREREQUISITES, ({ member, others }) => {
  const { region } = member.env;
  const neighbour = others.find((other) => Stack.of(other) === Stack.of(member) || (known(region) && other.env.region === region));
  return neighbour
    ? `'multiRegionCluster' has a member in this Region already, ${neighbour.node.path}, and the guide knows one for each Region only: define the ` +
      'cluster in another Region, or see that the service takes two'
    : undefined;
});

export const NEIGHBOUR_RULES = [ONE_EACH];

const REGION = warningRule<string>('multiRegionRegion', PREREQUISITES, (region) =>
  (known(region) && !REGIONS.includes(region)
    ? `${region} is not among the Regions that are known to have multi-Region clusters: see that it has by now, or deploy to another Region`
    : undefined));

/** Rules for the Region of a multi-Region cluster and of each of its members. */
export const MULTI_REGION_REGION_RULES = [REGION];

/** What must be equal in the multi-Region cluster and in a member, by property. */
export interface SharedInput {
  /** Path of the multi-Region cluster. */
  readonly path: string;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly given: Readonly<Record<string, unknown>>;
}

const EQUAL = errorRule<SharedInput>(lit`MultiRegionMismatch`, PREREQUISITES, ({ path, expected, given }) => {
  const differs = (name: string) => given[name] !== undefined && known(expected[name], given[name]) && given[name] !== expected[name];
  const property = Object.keys(expected).find(differs);
  return property === undefined
    ? undefined
    : `'${property}' must be that of the multi-Region cluster ${path}, ${shown(expected[property])}, got ${shown(given[property])}; ` +
      'change it there for all members';
});

export const SHARED_RULES = [EQUAL];

/** A cluster that is to be a member. */
export interface MemberInput {
  readonly vectorSearch?: boolean;
  readonly parameterGroup?: memorydb.IParameterGroupRef;
  readonly restoreFrom?: SnapshotSource;
}

const NO_SEARCH = errorRule<MemberInput>(lit`MultiRegionVectorSearch`, PREREQUISITES, ({ vectorSearch, parameterGroup }) =>
  (vectorSearch || (parameterGroup && hasSearch(parameterGroup))
    ? "'multiRegionCluster' must not be given to a cluster with vector search, which members cannot have; " +
      'turn that off or define a cluster of its own for it'
    : undefined));

const OWN_PARAMETERS = warningRule<MemberInput>('multiRegionParameters', PREREQUISITES, ({ parameterGroup }) =>
  (parameterGroup
    ? "'parameterGroup' is given to a member of a multi-Region cluster, whose members all have the same parameters, and the guide does not say whether one " +
      'can have a group of its own: leave it out, or see that the service takes it'
    : undefined));

const RESTORED = warningRule<MemberInput>('multiRegionRestore', PREREQUISITES, ({ restoreFrom }) =>
  (restoreFrom
    ? "'restoreFrom' is given to a member of a multi-Region cluster, and the guide does not say whether one can start with a snapshot: leave it out, or see " +
      'that the service takes it'
    : undefined));

export const MEMBER_RULES = [NO_SEARCH, OWN_PARAMETERS, RESTORED];
