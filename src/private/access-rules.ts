import { Token } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { AccessStringOptions } from '../access-string';
import { invalid, shown } from './errors';
import { KNOWN_CATEGORY, VALID_NAMES, VALID_PATTERNS } from './rules/access';
import { demand } from './rules/rule';

/**
 * Rules for keys.
 *
 * A pattern that may be both read and written is listed once, as the engine does.
 */
export function keyRules(options: AccessStringOptions): string[] {
  const both = patterns('keys', options.keys);
  const read = patterns('readKeys', options.readKeys);
  const write = patterns('writeKeys', options.writeKeys);
  for (const pattern of read) {
    if (write.has(pattern)) {
      both.add(pattern);
    }
  }
  // The engine refuses any further pattern beside the one for all keys.
  if (both.has('*')) {
    return ['~*'];
  }
  const only = (some: Set<string>) => ordered(some).filter((pattern) => !both.has(pattern));
  return [
    ...ordered(both).map((pattern) => `~${pattern}`),
    ...only(read).map((pattern) => `%R~${pattern}`),
    ...only(write).map((pattern) => `%W~${pattern}`),
  ];
}

/** Rules for publish/subscribe channels. */
export function channelRules(options: AccessStringOptions): string[] {
  const channels = patterns('channels', options.channels);
  return channels.has('*') ? ['&*'] : ordered(channels).map((pattern) => `&${pattern}`);
}

/**
 * Rules for commands, from the general to the specific, since the engine lets the later rule win.
 */
export function commandRules(options: AccessStringOptions): string[] {
  const categories = names('categories', options.categories);
  const denyCategories = names('denyCategories', options.denyCategories);
  const commands = names('commands', options.commands);
  const denyCommands = names('denyCommands', options.denyCommands);
  demand([KNOWN_CATEGORY], { property: 'categories', categories });
  demand([KNOWN_CATEGORY], { property: 'denyCategories', categories: denyCategories });
  contradiction('categories', categories, 'denyCategories', denyCategories);
  contradiction('commands', commands, 'denyCommands', denyCommands);
  if (denyCategories.includes('all')) {
    throw invalid(
      lit`DenyAll`,
      "'denyCategories' must not hold 'all', got it; leave it out, since nothing is allowed that is not named, and use 'enabled: false' to shut a user out",
    );
  }
  const isSubcommand = (command: string) => command.includes('|');
  const isCommand = (command: string) => !isSubcommand(command);
  return [
    ...(categories.includes('all') ? ['+@all'] : ['-@all', ...categories.map((category) => `+@${category}`)]),
    ...denyCategories.map((category) => `-@${category}`),
    ...commands.filter(isCommand).map((command) => `+${command}`),
    ...denyCommands.filter(isCommand).map((command) => `-${command}`),
    ...commands.filter(isSubcommand).map((command) => `+${command}`),
    ...denyCommands.filter(isSubcommand).map((command) => `-${command}`),
  ];
}

function patterns(property: string, given: string[] = []): Set<string> {
  demand([VALID_PATTERNS], { property, texts: given });
  return new Set(given);
}

function names(property: string, given: string[] = []): string[] {
  const inLowerCase = given.map((name) => (Token.isUnresolved(name) ? name : name.toLowerCase().replace(/^@/, '')));
  demand([VALID_NAMES], { property, texts: inLowerCase });
  return ordered(new Set(inLowerCase));
}

/** Sorted, but for tokens: their text differs from synthesis to synthesis, so they come last, as they were given. */
function ordered(texts: Set<string>): string[] {
  const isToken = (text: string) => Token.isUnresolved(text);
  return [...[...texts].filter((text) => !isToken(text)).sort(), ...[...texts].filter(isToken)];
}

function contradiction(allowedBy: string, allowed: string[], deniedBy: string, denied: string[]): void {
  const both = allowed.find((name) => denied.includes(name));
  if (both !== undefined) {
    throw invalid(lit`ContradictoryAccessRules`, `'${allowedBy}' and '${deniedBy}' must not name the same, both have ${shown(both)}; remove it from one`);
  }
}
