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

/** Patterns, or names in lower case, and the property that holds them. */
export interface TextsInput {
  readonly property: string;
  readonly texts: string[];
}

export const VALID_PATTERNS = errorRule<TextsInput>(lit`InvalidPattern`, USERS_AND_LISTS, ({ property, texts }) => {
  const refused = texts.find((text) => known(text) && !/^[^\s\0]+$/.test(text));
  return refused === undefined
    ? undefined
    : `'${property}' must hold patterns of at least one character and no blanks, such as 'order:*', got ${shown(refused)}`;
});

/** The engine's names: letters, digits, and `.` `-` `_`, a letter first; a bar before a subcommand. */
const COMMAND = /^[a-z][a-z0-9._-]*(\|[a-z][a-z0-9._-]*)?$/;
const CATEGORY = /^[a-z]+$/;

const NAMES: Readonly<Record<string, { readonly form: RegExp; readonly words: string }>> = {
  categories: { form: CATEGORY, words: "a category name such as 'read'" },
  denyCategories: { form: CATEGORY, words: "a category name such as 'dangerous'" },
  commands: { form: COMMAND, words: "a command such as 'get' or 'config|get'" },
  denyCommands: { form: COMMAND, words: "a command such as 'flushall' or 'config|set'" },
};

export const VALID_NAMES = errorRule<TextsInput>(lit`InvalidAccessRule`, USERS_AND_LISTS, ({ property, texts }) => {
  const { form, words } = NAMES[property];
  const refused = texts.find((text) => known(text) && !form.test(text));
  if (refused === undefined) {
    return undefined;
  }
  const advice = /^[+-]/.test(refused) ? '; leave out the sign, which the property stands for' : '';
  return `'${property}' must hold ${words}, got ${shown(refused)}${advice}`;
});

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
