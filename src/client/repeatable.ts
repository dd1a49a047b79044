import type { Command } from 'ioredis';
import { COMMAND_EFFECTS } from './command-effects';

type Effect = keyof typeof COMMAND_EFFECTS;

/**
 * What a command may do to its keys so that doing it twice is doing it once, as far as the server's own words for it tell:
 *
 * - it reads, or has no keys and neither writes nor administrates
 * - it deletes without giving what it deleted (no `access`)
 * - it sets what its arguments say, whatever was there (`update` without `access`)
 * - it stores what it computes from other keys
 */
const REPEATABLE_EFFECTS: readonly Effect[] = [
  'readonly',
  'other',
  'other: not_key',
  'write: RM delete',
  'write: RW delete',
  'write: OW update',
  'write: RW update',
  'write: OW update, RO access',
  'write: RW update, RO access',
  'write: RO access, OW update',
  'write: RW access insert, RO access',
];

/** Of these effects, but not the same twice. */
const EXCEPTIONS = [
  // Messages would arrive twice.
  'publish', 'spublish',
  // They belong to a connection that is gone.
  'auth', 'client|caching', 'client|reply', 'client|setname', 'client|tracking', 'discard', 'exec', 'hello', 'multi', 'quit', 'reset', 'script|debug', 'unwatch',
  'wait',
  // They take from where they find it: the first ones of a value, a rank, a range of positions.
  'lrem', 'ltrim', 'zremrangebyrank',
  // Every time, they make an entry, or count a delivery.
  'xadd', 'xautoclaim', 'xclaim',
];

/** Of other effects, and yet the same twice. */
const ADDITIONS = [
  // A member of a set or sketch is there once, however often it is added.
  'sadd', 'pfadd',
  // They have their effect once, and give a value that stays, for as long as it lives.
  'getex', 'set',
  // They only write when told to, which is ruled out below.
  'georadius', 'georadiusbymember', 'sort',
];

/** Reads of JSON and search, which servers without those modules do not describe. */
const MODULE_READS = [
  'json.arrindex', 'json.arrlen', 'json.get', 'json.mget', 'json.objkeys', 'json.objlen', 'json.resp', 'json.strlen', 'json.type',
  'ft._list', 'ft.aggregate', 'ft.info', 'ft.search',
];

/** What neither reads nor writes a key, and yet changes what others find. */
const CHANGES = ['function|kill', 'script|flush', 'script|kill'];

type Words = readonly string[];

const none = (...refused: Words) => (words: Words) => !words.some((word) => refused.includes(word));
const only = (...allowed: Words) => (words: Words) => words.every((word) => allowed.includes(word) || /^\d+$/.test(word));
const some = (needed: string) => (words: Words) => words.includes(needed);
/** Of the words before the first number. */
const noFlag = (...refused: Words) => (words: Words) => none(...refused)(words.slice(0, words.findIndex((word) => /\d|INF/.test(word))));

/** Longer than anybody waits for an attempt to send a command again, in milliseconds. */
const LONG_MS = 600_000;

/** Whether a key is still there when the command that gives it a time to live is sent again. */
const lasting = (words: Words) => {
  const index = words.findIndex((word) => /^(EX|PX)(AT)?$/.test(word));
  if (index < 0) {
    return true;
  }
  const time = Number(words[index + 1]) * (words[index].startsWith('EX') ? 1_000 : 1);
  return time - (words[index].endsWith('AT') ? Date.now() : 0) > LONG_MS;
};

/** What the options of a command have to be like, from the argument on whose index is given. */
const OPTIONS: Readonly<Record<string, readonly [from: number, allow: (words: Words) => boolean]>> = {
  // With NX, here and below, the answer says who was first, and the second time it would be somebody else; with GET, it is the value before. With KEEPTTL
  // and without XX, a key that has expired since would come back for ever.
  'set': [2, (words) => only('EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL', 'XX')(words) && (words.includes('XX') ? lasting(words) : !words.includes('KEEPTTL'))],
  // It gives nothing of a key that has expired, and a time that has passed deletes it.
  'getex': [1, lasting],
  'geoadd': [1, noFlag('NX')],
  'expire': [2, none('NX')],
  'expireat': [2, none('NX')],
  'pexpire': [2, none('NX')],
  'pexpireat': [2, none('NX')],
  // INCR adds to the score.
  'zadd': [1, noFlag('INCR', 'NX')],
  // They refuse to replace what they have just stored.
  'copy': [2, some('REPLACE')],
  'restore': [3, some('REPLACE')],
  'restore-asking': [3, some('REPLACE')],
  'georadius': [5, none('STORE', 'STOREDIST')],
  'georadiusbymember': [4, none('STORE', 'STOREDIST')],
  'sort': [1, none('STORE')],
  // `$` is what comes from now on, and now is later the second time.
  'xread': [0, none('$')],
  'xgroup|setid': [3, none('$')],
};

let effects: ReadonlyMap<string, Effect> | undefined;

/** Made when the first reply is lost. */
function effectOf(name: string): Effect | undefined {
  effects ??= new Map(Object.entries(COMMAND_EFFECTS).flatMap(([effect, names]) => names.split(' ').map((word) => [word, effect as Effect] as const)));
  return effects.get(name);
}

/** The name of a command in lower case, of those that the server describes with their subcommand. */
export function nameOf({ name, args }: Command): string {
  const command = name.toLowerCase();
  const subcommand = `${command}|${String(args[0]).toLowerCase()}`;
  return effectOf(command) === undefined && effectOf(subcommand) !== undefined ? subcommand : command;
}

/** Whether a command is known to do anything but read; what the server does not describe is not. */
export function doesNotOnlyRead(command: Command): boolean {
  const effect = effectOf(nameOf(command));
  return !command.isReadOnly && effect !== undefined && effect !== 'readonly';
}

/** Whether a command is known to do nothing but read. */
export function onlyReads(command: Command): boolean {
  const name = nameOf(command);
  return command.isReadOnly === true || effectOf(name) === 'readonly' || MODULE_READS.includes(name);
}

/** Whether a repeatable command leaves everything as it is, but for its connection. */
export function changesNothing(command: Command): boolean {
  const name = nameOf(command);
  return onlyReads(command) || effectOf(name)?.startsWith('other') === true && !CHANGES.includes(name);
}

/** Whether a command reads a key and may write another one. */
const derives = (command: Command) => effectOf(nameOf(command))?.includes('RO access') === true;

/** Whether a command, as far as the server tells, does something to keys that its arguments do not name as such. */
export const mayTouchAll = (command: Command) => {
  const effect = effectOf(nameOf(command));
  return !onlyReads(command) && keysOf(command).length === 0 && (effect === undefined || !effect.startsWith('other') || effect.includes('RW'));
};

/** The keys of a command as text, a character for each byte. */
export const keysOf = (command: Command) => command.getKeys().map((key) => (Buffer.isBuffer(key) ? key.toString('latin1') : Buffer.from(key).toString('latin1')));

/**
 * Whether a command that may have been executed can be sent again, because executing it twice is the same as executing it once. The reply
 * may differ in what it counts: the second DEL deletes nothing.
 */
export function isRepeatable(command: Command): boolean {
  const name = nameOf(command);
  if (command.isReadOnly || MODULE_READS.includes(name)) {
    return true;
  }
  const effect = effectOf(name);
  if (!ADDITIONS.includes(name) && !(effect && REPEATABLE_EFFECTS.includes(effect) && !EXCEPTIONS.includes(name))) {
    return false;
  }
  const options = OPTIONS[name];
  if (options && !options[1](command.args.slice(options[0]).map((word) => String(word).toUpperCase()))) {
    return false;
  }
  // What is computed from its own result is another one the second time.
  const keys = keysOf(command);
  return !derives(command) || new Set(keys).size === keys.length;
}
