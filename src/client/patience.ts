import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'ioredis';
import type { Cluster } from 'ioredis';
import { isRedirection, nodeOf } from './cluster-slots';
import { after } from './deadline';
import { DeadlineError } from './errors';
import { closed, isPermanent, trueCause } from './failure';

/** How long to wait before a primary that was lost is looked for again. */
const RETRY_MS = 250;

/** How long a shard may be without a primary that answers. */
const PATIENCE_MS = 20_000;

/** Asks primaries one by one, and bridges the time in which a shard has none. */
export class Patience {
  readonly #db: Cluster;
  #since = performance.now();

  constructor(db: Cluster) {
    this.#db = db;
  }

  /**
   * Sends a command without a key to one node and, unlike the cluster client, to no other one when its connection breaks.
   *
   * @param endpoint - the node as `host:port`
   */
  async ask<T>(endpoint: string, name: string, ...args: string[]): Promise<T> {
    const node = nodeOf(this.#db, endpoint);
    if (!node) {
      throw closed();
    }
    const command = new Command(name, args, { replyEncoding: 'utf8' });
    const stop = after(PATIENCE_MS, () => {
      const text = `${endpoint} did not answer "${name}" within ${PATIENCE_MS} ms`;
      command.reject(new DeadlineError(text, { endpoint, command: name, duration: PATIENCE_MS }));
    });
    try {
      void node.sendCommand(command);
      return await command.promise as T;
    } finally {
      stop();
    }
  }

  /**
   * Asks one node over one connection: what another one says does not go on from there, as it may lead to another server.
   *
   * @param endpoint - the node as `host:port`
   */
  conversation(endpoint: string): <T>(name: string, ...args: string[]) => Promise<T> {
    let stream: unknown;
    const check = () => {
      const now = nodeOf(this.#db, endpoint)?.stream;
      if (stream !== undefined && stream !== now) {
        throw closed();
      }
      return now;
    };
    return async <T>(name: string, ...args: string[]) => {
      check();
      const reply = await this.ask<T>(endpoint, name, ...args);
      stream = check();
      return reply;
    };
  }

  /** The cluster answers. */
  renew(): void {
    this.#since = performance.now();
  }

  /**
   * Waits before another attempt.
   *
   * @throws the error when another attempt would be pointless, or when there were enough
   */
  async wait(error: Error): Promise<void> {
    const cause = trueCause(error);
    const isPassing = cause !== error || isRedirection(error);
    const isOver = this.#db.status === 'end' || performance.now() - this.#since > PATIENCE_MS;
    if (!isPassing || isOver || (cause && isPermanent(cause))) {
      throw error;
    }
    await sleep(RETRY_MS);
  }
}
