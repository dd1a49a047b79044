import { checkFamily, checkIamUsers, checkParameter, familyOfBuiltInGroup } from './engine-rules';
import { Evaluator } from './intrinsics';
import { withShared } from './members';
import { isServiceParameter } from './parameters';
import { makePassword, Passwords } from './secrets';
import { checkAuthentication, checkClusterNames, checkName, checkPassword, checkUserNames } from './service-rules';
import { describe, LocatedResource, nearest, resourcesOfType, Stack } from './template';

/** A user as the template wants it. */
export interface UserPlan {
  readonly name: string;
  /** `Stack/LogicalId` */
  readonly origin: string;
  readonly accessString: string;
  /** Whether it signs in with IAM at the service. */
  readonly iam: boolean;
  /** One or two; the first is handed out. */
  readonly passwords: readonly string[];
}

/** A cluster as the template wants it. */
export interface ClusterPlan {
  readonly located: LocatedResource;
  readonly name: string;
  readonly region: string;
  readonly shards: number;
  readonly replicas: number;
  readonly tls: boolean;
  /** Whether everybody may do everything, without signing in. */
  readonly openAccess: boolean;
  readonly users: readonly UserPlan[];
  readonly parameters: Readonly<Record<string, string>>;
  /** What could not be done as the template says. */
  readonly notices: readonly string[];
}

const OPEN_ACCESS = 'open-access';

/**
 * Read what is needed to start the clusters of some stacks.
 *
 * @param stacks the stacks whose clusters are wanted
 * @param all every stack in reach: users, lists and parameter groups may stand in another one
 * @throws when something without which a cluster cannot start is in no stack
 */
export function planClusters(stacks: readonly Stack[], all: readonly Stack[], evaluator: Evaluator): ClusterPlan[] {
  const passwords = new Passwords(evaluator);
  const clusters = resourcesOfType(stacks, 'AWS::MemoryDB::Cluster')
    .filter((located) => evaluator.exists(located))
    .map((located) => ({ ...located, resource: withShared(located, all, evaluator) }));
  const plans = clusters.map((located) => planCluster(located, all, evaluator, passwords));
  checkClusterNames(plans, evaluator);
  return plans;
}

function planCluster(located: LocatedResource, all: readonly Stack[], evaluator: Evaluator, passwords: Passwords): ClusterPlan {
  const { stack, resource } = located;
  const read = (property: string) => evaluator.evaluate(resource.Properties?.[property], stack);
  const name = String(read('ClusterName') ?? located.logicalId.toLowerCase());
  checkName('ClusterName', name, located, evaluator);
  const aclName = String(read('ACLName') ?? '');
  const openAccess = aclName === OPEN_ACCESS;
  const tls = String(read('TLSEnabled') ?? true) !== 'false';
  if (!tls && !openAccess) {
    throw new Error(
      `cluster "${name}" (${describe(located)}) has TLSEnabled false with ACL ${JSON.stringify(aclName)}, ` +
      `the service refuses that: turn TLS on or use the ACL "${OPEN_ACCESS}"`,
    );
  }
  const group = planParameters(located, all, evaluator);
  const users = openAccess ? [] : planUsers(located, aclName, all, evaluator, passwords);
  checkIamUsers(users, located, evaluator);
  return {
    located,
    name,
    region: stack.region,
    shards: readCount(located, 'NumShards', read('NumShards') ?? 1, 1, 500),
    replicas: readCount(located, 'NumReplicasPerShard', read('NumReplicasPerShard') ?? 1, 0, 5),
    tls,
    openAccess,
    users,
    ...group,
  };
}

function planUsers(cluster: LocatedResource, aclName: string, all: readonly Stack[], evaluator: Evaluator, passwords: Passwords): UserPlan[] {
  const acl = findByName('AWS::MemoryDB::ACL', 'ACLName', aclName, cluster, all, evaluator);
  if (acl === undefined) {
    throw new Error(
      `the ACL ${JSON.stringify(aclName)} of cluster ${describe(cluster)} is in no stack that was read, ` +
      `so its users are not known: synthesize the stack that defines it into the same cloud assembly, or use "${OPEN_ACCESS}"`,
    );
  }
  const names = (evaluator.evaluate(acl.resource.Properties?.UserNames, acl.stack) ?? []) as unknown[];
  checkUserNames(names.map(String), acl);
  return names.map(String).map((name) => {
    const user = findByName('AWS::MemoryDB::User', 'UserName', name, acl, all, evaluator);
    if (user === undefined) {
      throw new Error(
        `user ${JSON.stringify(name)} of ACL "${aclName}" (${describe(acl)}) is in no stack that was read, ` +
        'so what it may do is not known: synthesize the stack that defines it into the same cloud assembly',
      );
    }
    return planUser(name, user, evaluator, passwords);
  });
}

function planUser(name: string, user: LocatedResource, evaluator: Evaluator, passwords: Passwords): UserPlan {
  const { AccessString, AuthenticationMode } = user.resource.Properties ?? {};
  checkName('UserName', name, user, evaluator);
  const entries = checkAuthentication(evaluator.evaluate(AuthenticationMode, user.stack), user);
  return {
    name,
    origin: describe(user),
    accessString: evaluator.text(AccessString, user.stack),
    iam: entries.length === 0,
    // An IAM user has no password at the service; here one stands in for its token.
    passwords: entries.length === 0 ? [makePassword()] : entries.map((entry) => checkPassword(passwords.of(entry, user.stack), user)),
  };
}

function planParameters(
  cluster: LocatedResource,
  all: readonly Stack[],
  evaluator: Evaluator,
): { readonly parameters: Readonly<Record<string, string>>; readonly notices: readonly string[] } {
  const name = evaluator.text(cluster.resource.Properties?.ParameterGroupName, cluster.stack);
  if (name === '' || name.startsWith('default.')) {
    checkFamily(name, familyOfBuiltInGroup(name), cluster, evaluator);
    // The groups for vector search differ from the others in this.
    return { parameters: name.endsWith('.search') ? { 'search-enabled': 'yes' } : {}, notices: [] };
  }
  const group = findByName('AWS::MemoryDB::ParameterGroup', 'ParameterGroupName', name, cluster, all, evaluator);
  if (group === undefined) {
    return { parameters: {}, notices: [`parameter group "${name}" of cluster ${describe(cluster)} is in no stack that was read, defaults are used`] };
  }
  const values = evaluator.evaluate(group.resource.Properties?.Parameters ?? {}, group.stack) as Readonly<Record<string, unknown>>;
  const family = evaluator.text(group.resource.Properties?.Family, group.stack);
  checkFamily(name, family, cluster, evaluator);
  Object.entries(values).forEach(([parameter, value]) => checkParameter(parameter, String(value), family, group, evaluator));
  const known = Object.entries(values).filter(([parameter]) => isServiceParameter(parameter));
  return {
    parameters: Object.fromEntries(known.map(([parameter, value]) => [parameter, String(value)])),
    notices: Object.keys(values).filter((parameter) => !isServiceParameter(parameter))
      .map((parameter) => `parameter ${JSON.stringify(parameter)} of ${describe(group)} is left out, the service has no such parameter`),
  };
}

function findByName(
  type: string,
  property: string,
  name: string,
  from: LocatedResource,
  all: readonly Stack[],
  evaluator: Evaluator,
): LocatedResource | undefined {
  const found = resourcesOfType(all, type)
    .filter((located) => evaluator.exists(located))
    .filter(({ stack, resource }) => evaluator.text(resource.Properties?.[property], stack).toLowerCase() === name.toLowerCase());
  return nearest(from.stack, found);
}

function readCount(located: LocatedResource, property: string, value: unknown, least: number, most: number): number {
  const count = value === '' ? NaN : Number(value);
  if (!Number.isInteger(count) || count < least || count > most) {
    throw new Error(`${property} of cluster ${describe(located)} must be a whole number between ${least} and ${most}, got ${JSON.stringify(value)}`);
  }
  return count;
}
