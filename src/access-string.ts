import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { channelRules, commandRules, keyRules } from './private/access-rules';
import { invalid } from './private/errors';
import { ACCESS_STRING_RULES } from './private/rules/access';
import { demand } from './private/rules/rule';

/**
 * What a user may do.
 *
 * Nothing is allowed that is not named here.
 */
export interface AccessStringOptions {
  /**
   * Patterns of the keys the user may read and write, for example `order:*`; `*` for all keys.
   *
   * @default - none
   */
  readonly keys?: string[];

  /**
   * Patterns of the keys the user may read but not write. Needs engine 7.0 or later.
   *
   * @default - none
   */
  readonly readKeys?: string[];

  /**
   * Patterns of the keys the user may write but not read. Needs engine 7.0 or later.
   *
   * @default - none
   */
  readonly writeKeys?: string[];

  /**
   * Patterns of the publish/subscribe channels the user may use; `*` for all channels.
   *
   * @default - none
   */
  readonly channels?: string[];

  /**
   * Command categories the user may call, for example `read`; `all` for every command.
   *
   * @default - none
   */
  readonly categories?: string[];

  /**
   * Commands the user may call, whatever their categories say, for example `get` or `config|get`.
   *
   * @default - none
   */
  readonly commands?: string[];

  /**
   * Command categories the user may not call.
   *
   * @default - none
   */
  readonly denyCategories?: string[];

  /**
   * Commands the user may not call, whatever their categories say. A subcommand (`config|set`) needs engine 7.0 or later.
   *
   * @default - none
   */
  readonly denyCommands?: string[];

  /**
   * Whether to allow what an ioredis cluster client calls to come up: `cluster|slots`, `cluster|info`, `readonly` and `info`.
   *
   * Without them a client hangs or logs warnings instead of connecting. A command of `denyCommands` stays denied.
   *
   * @default true
   */
  readonly client?: boolean;

  /**
   * Whether the user may sign in at all.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/**
 * What a user may do, as the service writes it.
 *
 * The text is the same whatever order the rules were given in, and names each rule once, in a form that engines from 7.2 on list unchanged. Redis OSS
 * 7.1 and earlier work out rules of their own for commands that amount to the same.
 */
export class AccessString {
  /**
   * Rules by keys, channels, categories and commands.
   *
   * The more specific rule wins: a command over its categories, a subcommand over its command, and a denial over a permission for the same thing.
   *
   * @throws when a pattern or name is empty or has a character the service cannot take, when no engine has a category, or when one thing is both
   * allowed and denied
   */
  public static of(options: AccessStringOptions): AccessString {
    return new AccessString(
      [
        options.enabled ?? true ? 'on' : 'off',
        ...keyRules(options),
        ...channelRules(options),
        ...commandRules({ ...options, commands: withClientCommands(options) }),
      ].join(' '),
    );
  }

  /**
   * Reading of keys: every reading command that is neither dangerous nor administrative.
   *
   * The patterns are for what is in the keys. `SCAN`, `RANDOMKEY`, `DBSIZE` and `CLIENT TRACKING` ask for no key, so that the names of all keys can
   * be seen: deny them by `of` where a name tells too much.
   *
   * @param keyPatterns patterns of the keys, for example `order:*`; `*` for all keys
   * @throws when no pattern is given
   */
  public static readOnly(...keyPatterns: string[]): AccessString {
    return AccessString.of({
      keys: atLeastOne('readOnly', keyPatterns),
      categories: ['read', 'connection'],
      denyCategories: ['admin', 'dangerous'],
    });
  }

  /**
   * Reading and writing of keys, transactions included: every such command that is neither dangerous nor administrative.
   *
   * Scripts and functions must be allowed by `of`: among their commands are some that delete those of all users. The names of all keys can be seen, as
   * with `readOnly`.
   *
   * @param keyPatterns patterns of the keys, for example `order:*`; `*` for all keys
   * @throws when no pattern is given
   */
  public static readWrite(...keyPatterns: string[]): AccessString {
    return AccessString.of({
      keys: atLeastOne('readWrite', keyPatterns),
      categories: ['read', 'write', 'transaction', 'connection'],
      denyCategories: ['admin', 'dangerous', 'scripting'],
    });
  }

  /**
   * Every command on every key and channel, but for the commands that MemoryDB blocks for everybody.
   */
  public static fullAccess(): AccessString {
    return AccessString.of({ keys: ['*'], channels: ['*'], categories: ['all'] });
  }

  /**
   * An access string in the engine's own words, for what `of` cannot say (selectors, or a category that is newer than this library).
   *
   * @param text rules, separated by blanks; what is in a token is taken as it is
   * @throws when the text has neither `on` nor `off`, or a rule that sets a password or resets the user
   */
  public static raw(text: string): AccessString {
    const rules = text.split(/\s+/).filter((rule) => rule !== '');
    demand(ACCESS_STRING_RULES, { text, rules });
    return new AccessString(rules.join(' '));
  }

  private constructor(private readonly text: string) {}

  /**
   * The rules as the service writes them.
   */
  public toString(): string {
    return this.text;
  }
}

/** What ioredis calls before the first command, without which it never gets ready (measured with ioredis 6.0.0). */
const CLIENT_COMMANDS = ['cluster|slots', 'cluster|info', 'readonly', 'info'];

function withClientCommands(options: AccessStringOptions): string[] {
  const commands = options.commands ?? [];
  const allowsAll = options.categories?.some((category) => /^@?all$/i.test(category)) && !options.denyCategories?.length;
  if (options.client === false || allowsAll) {
    return commands;
  }
  const denied = new Set(options.denyCommands?.map((command) => command.toLowerCase()));
  return [...commands, ...CLIENT_COMMANDS.filter((command) => !denied.has(command) && !denied.has(command.split('|')[0]))];
}

function atLeastOne(method: string, keyPatterns: string[]): string[] {
  if (keyPatterns.length === 0) {
    throw invalid(lit`NoKeyPattern`, `'${method}' must be given at least one key pattern, got none; give '*' for all keys`);
  }
  return keyPatterns;
}
