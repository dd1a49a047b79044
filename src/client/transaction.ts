import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainableCommander, Cluster, Redis } from 'ioredis';
import { Client } from './client';
import { runningTime } from './clock';
import { isRedirection, prefixedSlot, refreshSlots } from './cluster-slots';
import { redirectionOf } from './failure';
import { hashTag, slotOf } from './keys';
import { textOrBytes } from './text-or-bytes';
import { TransactionError } from './transaction-error';
import { noteLostPermission, permitTransactions } from './transaction-permission';
import { checkSlot, TransactionQueue, wrongSlot } from './transaction-queue';
import { Watching } from './watching';
import type { WatchOptions } from './watching';

/** How long to wait before the new node of a slot is looked for. */
const RETRY_MS = 100;

/** Adds the commands of a transaction; what it returns is not used. Called again while the slot is on its way to another node. */
export type TransactionBody = (tx: ChainableCommander) => unknown;

/** Reads with `connection`, the one that watches, and adds the commands that follow from it. Called once for each attempt. */
export type WatchingBody = (tx: ChainableCommander, connection: Redis) => unknown;

/**
 * Executes commands over keys with the same hash tag together: all or, if one of them is refused, none. Nobody sees or gets between
 * their steps.
 *
 * ```ts
 * const [ann, ben] = await transaction<[number, number]>(db, 'main', (tx) => tx
 *   .hincrby(hashTag('main', 'ann'), 'cents', -500)
 *   .hincrby(hashTag('main', 'ben'), 'cents', 500));
 * ```
 *
 * A key of another slot is refused before anything is sent. A command that fails when it is executed, because its key is of another
 * type for example, does not undo the others: that is `EPARTIAL`.
 *
 * While the slot is on its way to another node, which refuses transactions for a time, it is tried anew until the deadline of the client (20
 * seconds with bare ioredis), and `fn` called each time.
 *
 * With `watch`, what is written can depend on what was read: the transaction has a connection of its own, on which the keys are watched
 * and read, and everything is tried anew when somebody else changes one of them. MULTI on that connection would end the watch and is refused: read
 * with single commands or a pipeline. Opening the connection costs a TLS handshake, so a script is cheaper where much is to be done.
 *
 * When the connection breaks after EXEC was sent, the transaction was either applied as a whole or not at all. With `watch` that is
 * `EINDOUBT`, and it is not repeated; without, it is repeated or not like every command of the client.
 *
 * @returns the replies of the commands
 * @throws TransactionError, whose `code` says what was applied
 * @throws TypeError for a key of another slot, for options that there are not, and for commands that would end or nest the transaction
 */
export async function transaction<T extends unknown[] = unknown[]>(db: Cluster, tag: string | number, fn: TransactionBody): Promise<T>;
export async function transaction<T extends unknown[] = unknown[]>(
  db: Cluster,
  tag: string | number,
  options: WatchOptions,
  fn: WatchingBody,
): Promise<T>;
export async function transaction<T extends unknown[]>(
  db: Cluster,
  tag: string | number,
  ...[first, second]: [fn: TransactionBody] | [options: WatchOptions, fn: WatchingBody]
): Promise<T> {
  // Refuses a tag that is none.
  const slot = slotOf(hashTag(tag));
  if (typeof first === 'function') {
    return await whereTheSlotIs(db, async (end) => {
      const queue = new TransactionQueue(Client.multiUntil(db, end), tag);
      await first(queue.tx);
      return async () => {
        const replies = await queue.execute((commands) => permitTransactions(db, () => Client.multiUntil(db, end), commands));
        if (replies === undefined) {
          throw new TransactionError('a key was changed that somebody watches with watch() on the same client, nothing was applied', { code: 'ECONFLICT' });
        }
        return replies;
      };
    }) as T;
  }
  if (typeof second !== 'function' || !Array.isArray(first?.watch)) {
    throw new TypeError('transaction takes a function that adds the commands, alone or after options with the list of keys to `watch`');
  }
  if (first.watch.length === 0) {
    throw new TypeError('watch must name at least one key: leave the options out for a transaction that depends on none');
  }
  for (const key of first.watch.map((each) => textOrBytes(each))) {
    checkSlot(tag, 'watch', key, prefixedSlot(db, key));
  }
  const watching = new Watching(db, slot, first, async (connection) => {
    const queue = new TransactionQueue(connection.multi(), tag);
    try {
      await second(queue.tx, connection);
    } catch (error) {
      const moved = redirectionOf(error as Error);
      throw moved && moved.slot !== slot ? wrongSlot(tag, 'a key that was read', moved.slot) : error;
    }
    return queue;
  });
  return await watching.run() as T;
}

/** A node that refuses a transaction because its slot is moving has applied nothing, so it is executed once the slot has arrived. */
async function whereTheSlotIs<T>(db: Cluster, prepare: (end: number) => Promise<() => Promise<T>>): Promise<T> {
  const end = runningTime() + Client.deadlineOf(db);
  for (;;) {
    const execute = await prepare(end);
    try {
      return await execute();
    } catch (error) {
      noteLostPermission(db, error);
      const isMoving = error instanceof TransactionError && error.code === 'EABORTED' && isRedirection(error.cause);
      if (!isMoving || runningTime() + RETRY_MS >= end) {
        throw error;
      }
    }
    refreshSlots(db).catch(() => undefined);
    await sleep(RETRY_MS);
  }
}
