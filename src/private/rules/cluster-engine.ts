import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { ClusterInput } from './cluster-input';
import { errorRule, known } from './rule';
import type { NodeType } from '../../node-type';
import { shown } from '../errors';
import { familyOf, parameterOf } from '../parameter-groups';

const TIERED_EVICTION = ['noeviction', 'volatile-lru', 'allkeys-lru'];

const FAMILY = errorRule<ClusterInput>(lit`ParameterGroupFamilyMismatch`, 'MemoryDB Developer Guide, "Engine specific parameters"', (input) => {
  const { parameterGroup, engineVersion } = input;
  const given = parameterGroup && familyOf(parameterGroup);
  const family = engineVersion.parameterGroupFamily;
  return given === undefined || !known(given, family) || given === family
    ? undefined
    : `'parameterGroup' must be of family ${family} for ${engineVersion.toString()}, got ${parameterGroup!.node.path} of family ` +
      `${shown(given)}; define the group with the engine version of the cluster`;
});

export const ENGINE_VERSION_RULES = [FAMILY];

/** Nodes and the parameters they run with. */
export interface NodeParametersInput {
  readonly nodeType: NodeType;
  readonly parameterGroup: memorydb.IParameterGroupRef;
}

const EVICTION = errorRule<NodeParametersInput>(lit`EvictionOfTieredData`, 'MemoryDB Developer Guide, "Data tiering"', ({ nodeType, parameterGroup }) => {
  const policy = parameterOf(parameterGroup, 'maxmemory-policy');
  return !nodeType.dataTiering || policy === undefined || !known(policy) || TIERED_EVICTION.includes(policy)
    ? undefined
    : `'maxmemory-policy' must be one of ${TIERED_EVICTION.join(', ')} on ${nodeType.name}, whose data is tiered, but ${parameterGroup.node.path} has ` +
      `${shown(policy)}; change it there or choose another node type`;
});

/** What can only be known when all parameters are there. */
export const NODE_PARAMETER_RULES = [EVICTION];
