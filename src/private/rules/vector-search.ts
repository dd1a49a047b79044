import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule, known } from './rule';
import { hasSearch, isBuiltIn, isDefined, searchGroupName } from '../parameter-groups';

const SOURCE = 'MemoryDB Developer Guide, "Vector search features and limits"';

const SHARDS = errorRule<ClusterInput>(lit`VectorSearchShards`, SOURCE, (input) =>
  (searches(input) && known(input.numShards) && input.numShards !== 1
    ? `'numShards' must be 1 in a cluster with vector search, got ${input.numShards}; choose a larger 'nodeType' for more room, more replicas for more reads, ` +
      'or turn vector search off'
    : undefined));

const ENGINE = errorRule<ClusterInput>(lit`VectorSearchEngine`, SOURCE, (input) =>
  (searches(input) && !input.engineVersion.supportsVectorSearch
    ? `'engineVersion' must be Redis OSS 7.1, Valkey 7.2 or later for vector search, got ${input.engineVersion.toString()}; raise it or turn vector search off`
    : undefined));

const NODES = errorRule<ClusterInput>(lit`VectorSearchNodeType`, SOURCE, (input) =>
  (searches(input) && input.nodeType.dataTiering
    ? `'nodeType' must be one without data tiering for vector search, got ${input.nodeType.name}; choose an r7g, r6g or t4g node or turn vector search off`
    : undefined));

const GROUP = errorRule<ClusterInput>(lit`VectorSearchParameterGroup`, SOURCE, ({ vectorSearch, parameterGroup, engineVersion }) => {
  if (!vectorSearch || parameterGroup === undefined || hasSearch(parameterGroup) || !(isDefined(parameterGroup) || isBuiltIn(parameterGroup))) {
    return undefined;
  }
  return `'parameterGroup' must have 'search-enabled' before the cluster is created, got ${parameterGroup.node.path}: ` +
    (isBuiltIn(parameterGroup)
      ? 'that built-in group does not have it'
      : 'CloudFormation creates a group without its parameters, and search is never turned on later') +
    `; leave it out to use ${searchGroupName(engineVersion.parameterGroupFamily)}, or import a group that has it already by its name`;
});

const FAMILY = errorRule<ClusterInput>(lit`UnknownVectorSearchFamily`, THIS_LIBRARY, ({ vectorSearch, parameterGroup, engineVersion }) =>
  (vectorSearch && parameterGroup === undefined && !known(engineVersion.parameterGroupFamily)
    ? "'parameterGroup' must be given with 'vectorSearch' when the family of 'engineVersion' is a token; import the built-in group by its name"
    : undefined));

export const VECTOR_SEARCH_RULES = [SHARDS, ENGINE, NODES, GROUP, FAMILY];

function searches({ vectorSearch, parameterGroup }: ClusterInput): boolean {
  return vectorSearch === true || (parameterGroup !== undefined && hasSearch(parameterGroup));
}
