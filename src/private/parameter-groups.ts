import { CfnParameterGroup } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { PARAMETER_GROUP_SYMBOL, isMarked } from './symbols';
import type { ParameterGroup } from '../parameter-group';

/** Groups that exist in every account: MemoryDB Developer Guide, "Engine specific parameters". */
const BUILT_IN = /^default\.memorydb-([a-z]+\d+)(\..+)?$/;

/** Name of the built-in group of a family that has vector search on. */
export function searchGroupName(family: string): string {
  return `default.${family.replace('_', '-')}.search`;
}

/** Whether a group is a built-in one with vector search. */
export function hasSearch(group: memorydb.IParameterGroupRef): boolean {
  return BUILT_IN.exec(group.parameterGroupRef.parameterGroupName)?.[2]?.startsWith('.search') === true;
}

/** Whether a group is a built-in one. */
export function isBuiltIn(group: memorydb.IParameterGroupRef): boolean {
  return BUILT_IN.test(group.parameterGroupRef.parameterGroupName);
}

/** Whether a group is defined in this app, as a construct of this library or an L1. */
export function isDefined(group: memorydb.IParameterGroupRef): boolean {
  return isParameterGroup(group) || CfnParameterGroup.isCfnParameterGroup(group);
}

/** Family of a group; undefined for an imported one that is not built in. */
export function familyOf(group: memorydb.IParameterGroupRef): string | undefined {
  if (isParameterGroup(group) || CfnParameterGroup.isCfnParameterGroup(group)) {
    return group.family;
  }
  const builtIn = BUILT_IN.exec(group.parameterGroupRef.parameterGroupName);
  return builtIn ? `memorydb_${builtIn[1]}` : undefined;
}

/** A parameter that a group sets; undefined for one that is not defined in this app. */
export function parameterOf(group: memorydb.IParameterGroupRef, name: string): string | undefined {
  return isParameterGroup(group) || CfnParameterGroup.isCfnParameterGroup(group) ? group.parameters?.[name] : undefined;
}

function isParameterGroup(group: memorydb.IParameterGroupRef): group is ParameterGroup {
  return isMarked(group, PARAMETER_GROUP_SYMBOL);
}
