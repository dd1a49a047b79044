import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, warningRule } from './rule';
import { shown } from '../errors';

/** At most two, so that one can be replaced while the other is in use. */
const MAX_PASSWORDS = 2;

const MAX_USERS = 100;

const USERS_AND_LISTS = 'MemoryDB Developer Guide, "Authenticating users with ACLs"';

/** Rules of an access string, and the text they were read from. */
export interface AccessStringInput {
  readonly text: string;
  readonly rules: string[];
}

const NO_PASSWORD = errorRule<AccessStringInput>(lit`PasswordInAccessString`, USERS_AND_LISTS, ({ rules }) => {
  const refused = rules.find((rule) => /^[<>#!]/.test(rule) || ['nopass', 'resetpass', 'reset'].includes(rule.toLowerCase()));
  return refused === undefined
    ? undefined
    : `an access string must not set or reset passwords, but has ${shown(passwordFree(refused))}; remove it: a 'PasswordUser' gets its password from a secret`;
});

const STATE = errorRule<AccessStringInput>(lit`AccessStringWithoutState`, USERS_AND_LISTS, ({ text, rules }) =>
  (rules.some((rule) => ['on', 'off'].includes(rule.toLowerCase()))
    ? undefined
    : `an access string must have 'on' or 'off', since a user without either cannot sign in, got ${shown(text)}; start it with 'on'`));

export const ACCESS_STRING_RULES = [NO_PASSWORD, STATE];

export const PASSWORD_COUNT = errorRule<number>(lit`InvalidPasswordCount`, 'MemoryDB Developer Guide, "Quotas"', (count) =>
  (count >= 1 && count <= MAX_PASSWORDS
    ? undefined
    : `'passwords' must have 1 or ${MAX_PASSWORDS} entries, got ${count}; leave it out to have a password generated`));

/** A user who is put on a list. */
export interface ListedUserInput {
  readonly userName: string;
  /** Number of users on the list, this one included. */
  readonly count: number;
}

const DEFAULT_USER = warningRule<ListedUserInput>('defaultUser', USERS_AND_LISTS, ({ userName }) =>
  (userName === 'default'
    ? "'users' has the user 'default', who belongs to open-access and whom the service is said to refuse on another list: leave that user out"
    : undefined));

const USER_COUNT = warningRule<ListedUserInput>('usersPerAcl', 'MemoryDB Developer Guide, "Quotas"', ({ count }) =>
  (count > MAX_USERS
    ? `'users' has more than ${MAX_USERS} users, the quota of one access control list: have it raised before you deploy, or let several clients ` +
      'sign in as one user'
    : undefined));

export const LISTED_USER_RULES = [DEFAULT_USER, USER_COUNT];

/** Only the sign of a rule that holds a password may be shown. */
function passwordFree(rule: string): string {
  return /^[<>#!]/.test(rule) ? `${rule[0]}...` : rule;
}
