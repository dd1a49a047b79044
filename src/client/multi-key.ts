import type { Cluster, RedisKey, RedisValue } from 'ioredis';
import { BatchError } from './batch-error';
import { prefixedSlot } from './cluster-slots';

/** How many keys one command may have, so that none keeps a node from serving others for long. */
const MAX_KEYS = 1_000;

/** Every byte of the text is a character of the key, so that nothing needs to be encoded. */
const ASCII = /^[\0-\x7f]*$/;

/** What `mset` takes: an object, a `Map`, or pairs. */
export type Entries = Readonly<Record<string, RedisValue>> | Iterable<readonly [RedisKey, RedisValue]>;

/**
 * The values of keys in any slots, in the order of the keys; null for a key that is not there or is not a string.
 *
 * One MGET for each slot, up to 1,000 keys each, all sent at once. What one MGET reads is of one moment, what several read is not.
 *
 * @throws BatchError when some could not be read
 */
export function mget(db: Cluster, keys: readonly RedisKey[]): Promise<(string | null)[]> {
  return read(db, keys, (some) => db.mget(some));
}

/** Like `mget`, with the values as bytes. */
export function mgetBuffer(db: Cluster, keys: readonly RedisKey[]): Promise<(Buffer | null)[]> {
  return read(db, keys, (some) => db.mgetBuffer(some));
}

/**
 * Sets keys in any slots. Of a key that is given twice, the last value counts.
 *
 * One MSET for each slot, up to 1,000 keys each, all sent at once. Each MSET sets all of its keys or none; together they are not
 * atomic: others may see some of them done, and some may fail.
 *
 * @throws BatchError when some could not be set
 */
export async function mset(db: Cluster, entries: Entries): Promise<'OK'> {
  const pairs = new Map<string, readonly [RedisKey, RedisValue]>();
  for (const pair of isIterable(entries) ? entries : Object.entries(entries)) {
    pairs.set(identityOf(pair[0]), pair);
  }
  const distinct = [...pairs.values()];
  const keys = distinct.map(([key]) => key);
  await perSlot(db, 'mset', keys, (positions) => db.mset(positions.flatMap((i) => distinct[i])), () => 'OK');
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
  const pieces = await perSlot(db, 'del', keys, (positions) => db.del(positions.map((i) => keys[i])), () => 'OK');
  return pieces.reduce((sum, { reply }) => sum + reply, 0);
}

async function read<T>(db: Cluster, keys: readonly RedisKey[], send: (keys: RedisKey[]) => Promise<T[]>): Promise<T[]> {
  const pieces = await perSlot(db, 'mget', keys, (positions) => send(positions.map((i) => keys[i])), (reply, i) => reply[i]);
  const values = new Array<T>(keys.length);
  for (const { positions, reply } of pieces) {
    positions.forEach((position, i) => (values[position] = reply[i]));
  }
  return values;
}

/** The keys of one command, by their positions in the list of the caller, and its reply. */
interface Piece<R> {
  readonly positions: number[];
  readonly reply: R;
}

/**
 * Sends one command for the keys of each slot. They are single commands, not pipelines, because the cluster client follows the
 * redirection of each of them by itself while slots move.
 *
 * @param resultAt - what a reply says of the key at an index of its command
 */
async function perSlot<R>(
  db: Cluster,
  name: string,
  keys: readonly RedisKey[],
  send: (positions: number[]) => Promise<R>,
  resultAt: (reply: R, index: number) => unknown,
): Promise<Piece<R>[]> {
  const groups = groupBySlot(db, keys);
  const outcomes = await Promise.allSettled(groups.map(send));
  const errors = new Map<RedisKey, Error>();
  const results = new Map<RedisKey, unknown>();
  const pieces: Piece<R>[] = [];
  outcomes.forEach((outcome, i) => {
    const positions = groups[i];
    if (outcome.status === 'fulfilled') {
      pieces.push({ positions, reply: outcome.value });
    } else {
      positions.forEach((position) => errors.set(keys[position], outcome.reason));
    }
  });
  if (errors.size === 0) {
    return pieces;
  }
  for (const { positions, reply } of pieces) {
    positions.forEach((position, index) => results.set(keys[position], resultAt(reply, index)));
  }
  throw new BatchError(name, errors, results);
}

function groupBySlot(db: Cluster, keys: readonly RedisKey[]): number[][] {
  const groups: number[][] = [];
  const open = new Map<number, number[]>();
  keys.forEach((key, position) => {
    const slot = prefixedSlot(db, key);
    const group = open.get(slot);
    if (group && group.length < MAX_KEYS) {
      group.push(position);
    } else {
      const next = [position];
      groups.push(next);
      open.set(slot, next);
    }
  });
  return groups;
}

/** The same for the text and the bytes of a key. */
function identityOf(key: RedisKey): string {
  return typeof key === 'string' && ASCII.test(key) ? key : Buffer.from(key as string).toString('latin1');
}

function isIterable(entries: Entries): entries is Iterable<readonly [RedisKey, RedisValue]> {
  return Symbol.iterator in entries;
}
