import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { errorRule, warningRule } from './rule';
import { elsewhere } from '../environments';
import { definitionOf, knownNameOf } from '../listed-users';

const MAX_USERS = 100;

const USERS_AND_LISTS = 'MemoryDB Developer Guide, "Authenticating users with ACLs"';

/** A user who is put on a list. */
export interface ListedUserInput {
  readonly acl: memorydb.IACLRef;
  readonly user: memorydb.IUserRef;
  /** The user of that name who is on the list already. */
  readonly namesake?: memorydb.IUserRef;
  /** Number of users on the list, this one included. */
  readonly count: number;
}

const ENVIRONMENT = errorRule<ListedUserInput>(lit`UserOfAnotherEnvironment`, 'API reference, "CreateACL"', ({ acl, user }) => {
  const place = elsewhere(user, acl);
  return place === undefined
    ? undefined
    : `'users' must be of the account and Region of the list, but ${user.node.path} is of ${place}; define the user in a stack of that account and Region`;
});

const UNIQUE = errorRule<ListedUserInput>(lit`DuplicateUser`, 'API reference, "CreateUser"', ({ user, namesake }) =>
  (namesake !== undefined && namesake !== user && definitionOf(namesake) && definitionOf(user)
    ? `'users' must have names of their own, but ${user.node.path} has that of ${namesake.node.path}; give one of them another 'userName'`
    : undefined));

const DEFAULT_USER = warningRule<ListedUserInput>('defaultUser', USERS_AND_LISTS, ({ user }) =>
  (knownNameOf(user) === 'default'
    ? "'users' has the user 'default', who belongs to open-access and whom the service is said to refuse on another list: leave that user out"
    : undefined));

const USER_COUNT = warningRule<ListedUserInput>('usersPerAcl', 'MemoryDB Developer Guide, "Quotas"', ({ count }) =>
  (count > MAX_USERS
    ? `'users' has more than ${MAX_USERS} users, the quota of one access control list: have it raised before you deploy, or let several clients ` +
      'sign in as one user'
    : undefined));

export const LISTED_USER_RULES = [ENVIRONMENT, UNIQUE, DEFAULT_USER, USER_COUNT];
