import { Token } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, known } from './rule';
import { CATEGORIES } from '../categories';
import { shown } from '../errors';

const USERS_AND_LISTS = 'MemoryDB Developer Guide, "Authenticating users with ACLs"';

/** Rules of an access string, and the text they were read from; a rule may have tokens in it. */
export interface AccessStringInput {
  readonly text: string;
  readonly rules: string[];
}

const NO_PASSWORD = errorRule<AccessStringInput>(lit`PasswordInAccessString`, USERS_AND_LISTS, ({ rules }) => {
  const refused = rules.map(withoutParentheses).find((rule) => /^[<>#!]/.test(rule) || ['nopass', 'resetpass', 'reset'].includes(rule.toLowerCase()));
  return refused === undefined
    ? undefined
    : `an access string must not set or reset passwords, but has ${shown(passwordFree(refused))}; remove it: a 'PasswordUser' gets its password from a secret`;
});

const STATE = errorRule<AccessStringInput>(lit`AccessStringWithoutState`, USERS_AND_LISTS, ({ text, rules }) =>
  (outsideSelectors(rules).some((rule) => ['on', 'off'].includes(rule.toLowerCase()) || startsWithToken(rule))
    ? undefined
    : `an access string must have 'on' or 'off', since a user without either cannot sign in, got ${shown(text)}; start it with 'on'`));

export const ACCESS_STRING_RULES = [NO_PASSWORD, STATE];

/** Categories of commands, and the property that names them. */
export interface CategoriesInput {
  readonly property: string;
  readonly categories: string[];
}

/** A category that no engine has makes the service refuse the user, so it is better found before. */
export const KNOWN_CATEGORY = errorRule<CategoriesInput>(lit`UnknownCategory`, USERS_AND_LISTS, ({ property, categories }) => {
  const unknown = categories.find((category) => known(category) && !CATEGORIES.includes(category));
  return unknown === undefined
    ? undefined
    : `'${property}' must hold categories of the engines, ${CATEGORIES.join(', ')}, got ${shown(unknown)}; one that is newer than this list can be ` +
      'given with AccessString.raw()';
});

/** Only the sign of a rule that holds a password may be shown. */
function passwordFree(rule: string): string {
  return /^[<>#!]/.test(rule) ? `${rule[0]}...` : rule;
}

/** A selector puts its first and last rule in parentheses. */
function withoutParentheses(rule: string): string {
  return rule.startsWith('(') || /^\w+\)$/.test(rule) ? rule.replace(/^\(+/, '').replace(/\)+$/, '') : rule;
}

function outsideSelectors(rules: string[]): string[] {
  let inside = false;
  return rules.filter((rule) => {
    const opened = inside || rule.startsWith('(');
    inside = opened && !rule.endsWith(')');
    return !opened;
  });
}

function startsWithToken(rule: string): boolean {
  return Token.isUnresolved(rule) && rule.startsWith('${');
}
