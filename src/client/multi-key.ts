import type { Cluster, RedisKey, RedisValue } from 'ioredis';
import { isRecord } from './options';
import { perSlot } from './per-slot';
import { textOrBytes } from './text-or-bytes';

/** Every byte of the text is a character of the key, so that nothing needs to be encoded. */
const ASCII = /^[\0-\x7f]*$/;

/** What `mset` takes: an object, a `Map`, or pairs. */
export type Entries = Readonly<Record<string, RedisValue>> | Iterable<readonly [RedisKey, RedisValue]>;

/**
 * The values of keys in any slots, in the order of the keys; null for a key that is not there or is not a string.
 *
 * One MGET for each slot, up to 1,000 keys each, or a GET for a single key, all sent at once: the user needs both. What one MGET reads is
 * of one moment, what several read is not.
 *
 * @throws BatchError when some could not be read
 */
export function mget(db: Cluster, keys: readonly RedisKey[]): Promise<(string | null)[]> {
  return read(db, keys, true);
}

/** Like `mget`, with the values as bytes. */
export function mgetBuffer(db: Cluster, keys: readonly RedisKey[]): Promise<(Buffer | null)[]> {
  return read(db, keys, false);
}

/**
 * Sets keys in any slots. Of a key that is given twice, the last value counts.
 *
 * One MSET for each slot, up to 1,000 keys each, all sent at once. Each MSET sets all of its keys or none; together they are not
 * atomic: others may see some of them done, and some may fail.
 *
 * @throws BatchError when some could not be set
 * @throws TypeError before anything is set, for a key that is not text, a number or bytes, and for a value that is none of these, nor a boolean or a bigint
 */
export async function mset(db: Cluster, entries: Entries): Promise<'OK'> {
  const pairs = new Map<string, readonly [RedisKey, string | Buffer]>();
  for (const pair of pairsOf(entries)) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError('mset takes an object, a Map, or a list of pairs of key and value');
    }
    const [key, value] = pair as [RedisKey, unknown];
    // Of these, too, there is but one text.
    const plain = typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : value;
    pairs.set(identityOf(textOrBytes(key)), [key, textOrBytes(plain, () => `the value of "${key}"`)]);
  }
  const distinct = [...pairs.values()];
  const keys = distinct.map(([key]) => key);
  await perSlot(db, keys, { name: 'mset', text: true, argsOf: (key, position) => [key, distinct[position][1]], resultAt: () => 'OK' });
  return 'OK';
}

/**
 * Deletes keys in any slots.
 *
 * One DEL for each slot, up to 1,000 keys each, all sent at once; together they are not atomic.
 *
 * @returns how many of the keys were there
 * @throws BatchError when some could not be deleted
 */
export async function del(db: Cluster, keys: readonly RedisKey[]): Promise<number> {
  const answers = await perSlot<number>(db, keys, { name: 'del', text: true, argsOf: (key) => [key], resultAt: () => 'OK' });
  // With `stringNumbers`, it is a text.
  return answers.reduce((sum, { reply }) => sum + Number(reply), 0);
}

async function read<T>(db: Cluster, keys: readonly RedisKey[], text: boolean): Promise<(T | null)[]> {
  const answers = await perSlot<(T | null)[]>(db, keys, {
    name: 'mget',
    single: {
      name: 'get',
      replyOf: (reply) => [reply as T | null],
      // For MGET, what is not a string is not there.
      replyOfError: ({ message }) => (message.startsWith('WRONGTYPE') ? [null] : undefined),
    },
    text,
    argsOf: (key) => [key],
    resultAt: (reply, index) => reply[index],
  });
  const values = new Array<T | null>(keys.length);
  for (const { positions, reply } of answers) {
    positions.forEach((position, i) => (values[position] = reply[i]));
  }
  return values;
}

/** The same for the text and the bytes of a key. */
function identityOf(key: string | Buffer): string {
  return typeof key === 'string' && ASCII.test(key) ? key : Buffer.from(key as string).toString('latin1');
}

/** What is neither a list nor an object of its own, such as a promise, is no pair either. */
function pairsOf(entries: Entries): Iterable<unknown> {
  return Symbol.iterator in Object(entries) ? entries as Iterable<unknown> : isRecord(entries) ? Object.entries(entries) : [entries];
}
