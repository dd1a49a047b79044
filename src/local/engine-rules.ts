import { Evaluator } from './intrinsics';
import { describe, LocatedResource } from './template';
import { KNOWN_FAMILIES, PARAMETERS } from '../private/parameters';

/** Groups that exist in every account. */
const BUILT_IN_GROUP = /^default\.memorydb-([a-z]+\d+)/;

/**
 * The family of parameter groups that goes with a cluster's engine.
 *
 * @returns undefined where the template leaves the engine or its version to the service
 */
function familyOfEngine({ stack, resource }: LocatedResource, evaluator: Evaluator): string | undefined {
  const engine = evaluator.text(resource.Properties?.Engine, stack).toLowerCase();
  const version = evaluator.text(resource.Properties?.EngineVersion, stack);
  if (version === '' || evaluator.isPlaceholder(`${engine} ${version}`)) {
    return undefined;
  }
  const major = version.split('.')[0];
  // Valkey begins with 7.2.
  const name = engine === '' && major === '6' ? 'redis' : engine;
  return name === '' ? undefined : `memorydb_${name}${major}`;
}

/** The family of a group that exists in every account, by its name. */
export function familyOfBuiltInGroup(name: string): string | undefined {
  const family = BUILT_IN_GROUP.exec(name)?.[1];
  return family && `memorydb_${family}`;
}

/**
 * Check that a group has the parameters of the cluster's engine.
 *
 * @throws when it is of another family
 */
export function checkFamily(groupName: string, family: string | undefined, cluster: LocatedResource, evaluator: Evaluator): void {
  const wanted = familyOfEngine(cluster, evaluator);
  if (family !== undefined && wanted !== undefined && family !== wanted && !evaluator.isPlaceholder(family)) {
    throw new Error(
      `ParameterGroupName of cluster ${describe(cluster)} must name a group of the family "${wanted}" for its engine, ` +
      `got ${JSON.stringify(groupName)} of the family ${JSON.stringify(family)}`,
    );
  }
}

/**
 * Check the users of a cluster against its engine.
 *
 * @throws when one signs in with IAM where the engine cannot do that
 */
export function checkIamUsers(
  users: readonly { readonly iam: boolean; readonly origin: string }[],
  cluster: LocatedResource,
  evaluator: Evaluator,
): void {
  const user = users.find(({ iam }) => iam);
  if (user !== undefined && familyOfEngine(cluster, evaluator) === 'memorydb_redis6') {
    throw new Error(
      `user ${user.origin} signs in with IAM, which cluster ${describe(cluster)} with EngineVersion 6 cannot do: ` +
      'use version 7.0 or later, or a user with a password',
    );
  }
}

/**
 * Check a parameter of a group; of families that are not known here nothing is checked.
 *
 * @throws when the service has no such parameter in this family, or not with this value
 */
export function checkParameter(name: string, value: string, family: string, group: LocatedResource, evaluator: Evaluator): void {
  if (!KNOWN_FAMILIES.includes(family) || evaluator.isPlaceholder(`${name} ${value}`)) {
    return;
  }
  const rule = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
  if (rule === undefined || rule.families?.includes(family) === false) {
    throw new Error(`Parameters of ${describe(group)} has ${JSON.stringify(name)}, which is no parameter of the family "${family}": leave it out`);
  }
  const { allowed } = rule;
  if ('words' in allowed ? !allowed.test(value) : !allowed.includes(value)) {
    const words = 'words' in allowed ? allowed.words : `one of ${allowed.join(', ')}`;
    throw new Error(`parameter "${name}" of ${describe(group)} must be ${words}, got ${JSON.stringify(value)}`);
  }
}
