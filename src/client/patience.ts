import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'ioredis';
import type { Cluster } from 'ioredis';
import { Client } from './client';
import { runningTime } from './clock';
import { isRedirection, nodeOf } from './cluster-slots';
import { after } from './deadline';
import { DeadlineError } from './errors';
import { closed, describe, isPermanent, trueCause } from './failure';

/** How long to wait before a primary that was lost is looked for again. */
const RETRY_MS = 250;

/** Asks primaries one by one, and bridges the time in which a shard has none: no longer than a command of the client would. */
export class Patience {
  readonly #db: Cluster;
  readonly #command: string;
  readonly #ms: number;
  #since = runningTime();

  /** @param command - what errors say that was waited for */
  constructor(db: Cluster, command: string) {
    this.#db = db;
    this.#command = command;
    this.#ms = Client.deadlineOf(db);
  }

  /** Waits for something as long as there is patience left. */
  async bounded<T>(something: Promise<T>): Promise<T> {
    let stop = () => {};
    const expiry = new Promise<never>((_, reject) => {
      stop = after(this.#rest, () => reject(this.#deadlineError()));
    });
    try {
      return await Promise.race([something, expiry]);
    } finally {
      stop();
    }
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
    void node.sendCommand(command);
    return this.bounded(command.promise as Promise<T>);
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
    this.#since = runningTime();
  }

  /**
   * Waits before another attempt.
   *
   * @throws the error when another attempt would be pointless, or that there were enough
   */
  async wait(error: Error): Promise<void> {
    if (error instanceof DeadlineError) {
      throw this.#deadlineError();
    }
    const cause = trueCause(error);
    const isPassing = cause !== error || isRedirection(error);
    if (!isPassing || this.#db.status === 'end' || (cause && isPermanent(cause))) {
      throw error;
    }
    if (this.#rest === 0) {
      throw this.#deadlineError(cause);
    }
    await sleep(Math.min(RETRY_MS, this.#rest));
  }

  get #rest(): number {
    return Math.max(0, this.#since + this.#ms - runningTime());
  }

  #deadlineError(cause?: Error): DeadlineError {
    const known = Client.deadlineError(this.#db, this.#command, this.#since);
    if (known) {
      return known;
    }
    const duration = runningTime() - this.#since;
    const text = `no answer to "${this.#command}" within ${Math.round(duration)} ms${cause ? `: ${describe(cause)}` : ''}`;
    return new DeadlineError(text, { endpoint: 'the cluster', command: this.#command, duration, cause });
  }
}
