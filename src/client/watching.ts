import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Redis, RedisKey } from 'ioredis';
import { Client } from './client';
import { isRedirection, nodeOf, refreshSlots, untilSlotsKnown } from './cluster-slots';
import { after } from './deadline';
import { DeadlineError } from './errors';
import { closed, describe, isPermanent, trueCause } from './failure';
import { clusterInternals } from './internals';
import { checkNames, checkNumber } from './options';
import { textOrBytes } from './text-or-bytes';
import { TransactionError, inDoubt } from './transaction-error';
import { noteLostPermission, permitTransactions } from './transaction-permission';
import { refusals } from './transaction-queue';
import type { TransactionQueue } from './transaction-queue';
import { keepWatching } from './watch-guard';

/** How to make a transaction depend on keys that it reads. */
export interface WatchOptions {
  /** The keys that nobody else may change between the call of `fn` and the execution. */
  watch: readonly RedisKey[];

  /**
   * How often to try before giving up because others keep changing the keys.
   *
   * @default 10
   */
  attempts?: number;

  /**
   * How long all attempts together may take, in milliseconds.
   *
   * @default - the deadline of the client, or 20000 for one of bare ioredis
   */
  timeout?: number;
}

const ATTEMPTS = 10;

/** How long to wait before looking again for a primary. */
const RETRY_MS = 100;

/** The longest wait after the first conflict; it doubles from conflict to conflict. */
const CONFLICT_MS = 5;

/** Optimistic execution: watches, prepares, executes, and starts anew when a watched key was changed meanwhile. */
export class Watching {
  readonly #db: Cluster;
  readonly #slot: number;
  readonly #options: Required<WatchOptions>;
  readonly #prepare: (connection: Redis) => Promise<TransactionQueue>;
  #connection?: Redis;
  #failure?: Error;
  #sent = false;
  #reading = false;
  #expired = false;

  /** @param prepare - reads with the connection and adds the commands */
  constructor(db: Cluster, slot: number, options: WatchOptions, prepare: (connection: Redis) => Promise<TransactionQueue>) {
    this.#db = db;
    this.#slot = slot;
    checkNames('transaction', options, ['watch', 'attempts', 'timeout']);
    const { watch, attempts = ATTEMPTS, timeout = Client.deadlineOf(db) } = options;
    checkNumber('timeout of transaction', timeout, 0, 'milliseconds');
    checkNumber('attempts of transaction', attempts, 1, 'attempts, 1 or more');
    this.#options = { watch: watch.map((key) => textOrBytes(key)), attempts, timeout };
    this.#prepare = prepare;
  }

  async run(): Promise<unknown[]> {
    let stop = () => {};
    const expiry = new Promise<never>((_, reject) => {
      stop = after(this.#options.timeout, () => {
        this.#expired = true;
        // Whatever waits for this connection ends now.
        this.#connection?.disconnect();
        if (!this.#sent) {
          reject(this.#deadlineError());
        }
      });
    });
    const attempts = this.#attempts().finally(() => {
      stop();
      this.#connection?.disconnect();
    });
    return Promise.race([expiry, attempts]);
  }

  async #attempts(): Promise<unknown[]> {
    for (let conflicts = 0; ;) {
      try {
        const replies = await this.#attempt();
        if (replies) {
          return replies;
        }
      } catch (error) {
        await this.#recover(error as Error);
        continue;
      }
      conflicts += 1;
      const conflict = new TransactionError(`others changed the watched keys in each of ${conflicts} attempts, nothing was applied`, { code: 'ECONFLICT' });
      if (conflicts >= this.#options.attempts) {
        throw conflict;
      }
      this.#failure = conflict;
      await sleep(Math.random() * CONFLICT_MS * 2 ** conflicts);
    }
  }

  /** @returns the replies, or undefined when a watched key was changed */
  async #attempt(): Promise<unknown[] | undefined> {
    const connection = this.#connection ??= await this.#open();
    this.#checkTime();
    await refusals(async () => {
      // Before it watches, since the question would end that.
      await permitTransactions(this.#db, () => connection.multi());
      await connection.watch([...this.#options.watch]);
    });
    this.#checkTime();
    const queue = await this.#prepareWith(connection);
    queue.check();
    // From here on it is written at once or never.
    if (connection.status !== 'ready') {
      throw closed();
    }
    this.#checkTime();
    return this.#execute(queue);
  }

  /** The caller has been told, and nothing is begun any more. */
  #checkTime(): void {
    if (this.#expired) {
      throw closed();
    }
  }

  async #prepareWith(connection: Redis): Promise<TransactionQueue> {
    const before = this.#failure;
    if (!(before instanceof TransactionError)) {
      this.#failure = new Error('the function that adds its commands was not done');
    }
    this.#reading = true;
    try {
      return await this.#prepare(connection);
    } finally {
      this.#reading = false;
      this.#failure = before;
    }
  }

  async #execute(queue: TransactionQueue): Promise<unknown[] | undefined> {
    this.#sent = true;
    try {
      return await queue.execute();
    } catch (error) {
      if (error instanceof TransactionError) {
        noteLostPermission(this.#db, error);
        throw error;
      }
      const cause = this.#expired ? this.#deadlineError() : trueCause(error) ?? error;
      throw inDoubt(cause);
    } finally {
      this.#sent = false;
    }
  }

  /** Gets ready for another attempt, unless it would end the same way. */
  async #recover(error: Error): Promise<void> {
    const connection = this.#connection;
    const cause = error instanceof TransactionError ? error.cause : error;
    const isLost = !(error instanceof TransactionError) && connection?.status !== 'ready';
    const isRetriable = isLost || isRedirection(cause);
    const isOver = this.#expired || this.#db.status === 'end' || error instanceof DeadlineError;
    if (!isRetriable || isOver || isPermanent(trueCause(cause) ?? error)) {
      throw error;
    }
    this.#failure = trueCause(cause) ?? error;
    connection?.disconnect();
    this.#connection = undefined;
    await refreshSlots(this.#db).catch(() => undefined);
    await sleep(RETRY_MS);
  }

  /** A connection to the primary of the slot that nobody else uses, and that does not come back when it breaks, since WATCH would not. */
  async #open(): Promise<Redis> {
    await untilSlotsKnown(this.#db);
    this.#checkTime();
    const primary = nodeOf(this.#db, this.#db.slots[this.#slot]?.[0]);
    if (!primary) {
      throw closed();
    }
    const { keyPrefix } = this.#db.options;
    const { scriptsSet } = clusterInternals(this.#db);
    const connection = primary.duplicate({ keyPrefix, lazyConnect: true, readOnly: false, reconnectOnError: null, retryStrategy: () => null });
    connection.on('error', (error: Error) => (this.#failure = trueCause(error)));
    Object.entries(scriptsSet).forEach(([name, script]) => connection.defineCommand(name, script));
    keepWatching(connection, () => this.#reading);
    Client.watchSilence(this.#db, connection, primary);
    this.#connection = connection;
    await connection.connect();
    return connection;
  }

  #deadlineError(): DeadlineError {
    const endpoint = this.#db.slots[this.#slot]?.[0] ?? 'the cluster';
    const cause = this.#failure ?? Client.failureOf(this.#db);
    const reason = cause ? `: ${describe(cause)}` : '';
    return new DeadlineError(`${endpoint} did not execute the transaction within ${this.#options.timeout} ms${reason}`, {
      endpoint,
      command: 'multi',
      duration: this.#options.timeout,
      cause,
    });
  }
}
