import { CfnACL } from 'aws-cdk-lib/aws-memorydb';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule, known, warningRule } from './rule';
import type { EngineVersion } from '../../engine-version';
import { AuthenticationType } from '../../user';
import type { IUser } from '../../user';
import { accessStringOf } from '../access-strings';
import { definitionOf } from '../listed-users';
import { isOpenAccess } from '../open-access';
import { ACL_SYMBOL, USER_SYMBOL, isMarked } from '../symbols';

const SOURCE = 'MemoryDB Developer Guide, "Authenticating users with ACLs"';

const ONE_LIST = errorRule<ClusterInput>(lit`AclAndUsers`, THIS_LIBRARY, ({ acl, users }) =>
  (acl !== undefined && users !== undefined
    ? "'users' must not be given together with 'acl', which has users of its own; add them to that list"
    : undefined));

const TLS = errorRule<ClusterInput>(lit`TlsRequired`, SOURCE, ({ acl, tlsEnabled }) => {
  const isDefinedHere = isMarked(acl, ACL_SYMBOL) || CfnACL.isCfnACL(acl);
  const mayBeOpen = acl !== undefined && !isDefinedHere && (isOpenAccess(acl) || !known(acl.aclRef.aclName));
  return tlsEnabled === false && !mayBeOpen
    ? `'tlsEnabled' must be true with ${acl === undefined ? 'an own access control list' : `the 'acl' ${acl.node.path}`}, got false; ` +
      'the service signs users in over TLS only, so leave it out (or use Acl.openAccess(), which lets everybody in)'
    : undefined;
});

const OPEN = warningRule<ClusterInput>('openAccess', SOURCE, ({ acl }) =>
  (acl !== undefined && isOpenAccess(acl)
    ? "'acl' is open-access: everybody who can reach the cluster may do everything, without a password; give it an Acl with users, or acknowledge this"
    : undefined));

export const ACCESS_RULES = [ONE_LIST, TLS, OPEN];

/** The users who can sign in to a cluster. */
export interface ClusterUsersInput {
  readonly engineVersion: EngineVersion;
  readonly users: memorydb.IUserRef[];
}

const IAM_USERS = errorRule<ClusterUsersInput>(lit`IamUsersNotSupported`, 'MemoryDB Developer Guide, "Authenticating with IAM"', ({ engineVersion, users }) => {
  const iamUsers = engineVersion.supportsIamUsers ? [] : users.filter(isIamUser);
  return iamUsers.length > 0
    ? `'users' must sign in with passwords on ${engineVersion.toString()}, but ${listed(iamUsers)}; use an engine version of 7.0 or later, or a PasswordUser`
    : undefined;
});

/** What engine 6.2 takes for a syntax error: keys by direction, selectors and denied subcommands. */
const NEEDS_7 = /(?:^|\s)(?:%|\(|-[^@\s|]+\|)/;

const KEY_PERMISSIONS = errorRule<ClusterUsersInput>(lit`KeyPermissionsNotSupported`, 'MemoryDB Developer Guide, "Engine versions"', (input) => {
  const user = input.engineVersion.supportsKeyPermissions ? undefined : input.users.find((one) => NEEDS_7.test(accessStringOf(one) ?? ''));
  return user === undefined
    ? undefined
    : `'accessString' must have no read-only or write-only keys, selectors or denied subcommands on ${input.engineVersion.toString()}, but that of ` +
      `${user.node.path} has; use an engine version of 7.0 or later, or give the user 'keys' and whole commands`;
});

/** What can only be known when all users are there. */
export const CLUSTER_USER_RULES = [IAM_USERS, KEY_PERMISSIONS];

function isIamUser(user: memorydb.IUserRef): boolean {
  const type = isMarked(user, USER_SYMBOL) ? (user as IUser).authenticationType : definitionOf(user)?.authenticationMode?.Type;
  return type === AuthenticationType.IAM;
}

function listed(users: memorydb.IUserRef[]): string {
  const paths = users.map((user) => user.node.path).join(', ');
  return users.length === 1 ? `${paths} is an IAM user` : `${paths} are IAM users`;
}
