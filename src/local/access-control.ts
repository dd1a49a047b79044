import { createHash } from 'node:crypto';
import { UserPlan } from './plan';

/** What the service refuses to every user, whatever the access string says; all of it is known to servers from 7.0 on. */
const BLOCKED_COMMANDS = [
  'acl|deluser', 'acl|load', 'acl|save', 'acl|setuser',
  'bgrewriteaof', 'bgsave',
  'cluster|addslots', 'cluster|addslotsrange', 'cluster|delslots', 'cluster|delslotsrange', 'cluster|setslot',
  'config', 'debug', 'migrate', 'module', 'psync', 'replicaof', 'save', 'shutdown', 'slaveof', 'sync',
].map((command) => `-${command}`);

/** Rules that set or drop passwords, or forget what was said before. */
const REFUSED_RULES = /^(nopass|resetpass|reset|[<>#!].*)$/i;

/** What the service knows and a plain server of version 7.0 does not: search, JSON, and commands that engine version 7.2 brought. */
const SERVICE_ONLY = /^[+-](@search|@json|ft\..+|json\..+|client\|no-touch|client\|setinfo|cluster\|myshardid|waitaof)$/i;

/** The account by which the nodes replicate and MemoryDB Local looks after them. */
export interface AdminAccount {
  readonly username: string;
  readonly password: string;
}

/**
 * The rules of a user, one token each, as `ACL SETUSER` takes them.
 *
 * @throws when the access string holds what the service refuses
 */
export function userRules(user: UserPlan): string[] {
  const rules = splitRules(user);
  // The server repeats a selector it refuses word for word, so a password must not even get there.
  const refused = rules.flatMap((rule) => rule.startsWith('(') ? rule.split(/[\s()]+/) : [rule]).find((token) => REFUSED_RULES.test(token));
  if (refused !== undefined) {
    const shown = /^[<>#!]/.test(refused) ? `${refused.charAt(0)}...` : refused;
    throw new Error(
      `the access string of user "${user.name}" (${user.origin}) contains ${JSON.stringify(shown)}, ` +
      'the service refuses that: passwords belong in AuthenticationMode',
    );
  }
  return ['reset', ...user.passwords.map(hashRule), ...rules.map(blockInSelector), ...BLOCKED_COMMANDS];
}

/** The words of a rule or selector that the service knows even where a server does not. Any other unknown word may be a denial that is misspelt. */
export function serviceOnly(rule: string): string[] {
  return rule.split(/[\s()]+/).filter((word) => SERVICE_ONLY.test(word));
}

/** A selector without some of its words. */
export function without(selector: string, words: readonly string[]): string {
  return `(${selector.slice(1, -1).split(/\s+/).filter((word) => !words.includes(word)).join(' ')})`;
}

/** The rules of the built-in `default` user: all without a password behind `open-access`, otherwise nothing. */
export function defaultUserRules(openAccess: boolean): string[] {
  return openAccess ? ['reset', 'on', 'nopass', '~*', '&*', '+@all', ...BLOCKED_COMMANDS] : ['reset', 'off'];
}

/** The rules of the internal account, which may do everything. */
export function adminRules(admin: AdminAccount): string[] {
  return ['on', hashRule(admin.password), '~*', '&*', '+@all'];
}

/** Split at spaces, but keep a selector, which stands in parentheses, in one piece. */
function splitRules(user: UserPlan): string[] {
  const rules: string[] = [];
  let open = false;
  for (const token of user.accessString.split(/\s+/).filter((part) => part !== '')) {
    rules.push(open ? `${rules.pop()} ${token}` : token);
    open = (open || token.startsWith('(')) && !token.endsWith(')');
  }
  if (open) {
    throw new Error(`the access string of user "${user.name}" (${user.origin}) has a parenthesis that is not closed`);
  }
  return rules;
}

/** A selector grants on its own, so what is blocked has to be blocked inside it. */
function blockInSelector(rule: string): string {
  return rule.startsWith('(') ? `${rule.slice(0, -1)} ${BLOCKED_COMMANDS.join(' ')})` : rule;
}

function hashRule(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`;
}
