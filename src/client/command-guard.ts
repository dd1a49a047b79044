import type { Cluster, Command } from 'ioredis';
import { Abandoned } from './abandoned';
import { runningTime } from './clock';
import type { ConnectionFailures } from './connection-failures';
import { after, blockingTime } from './deadline';
import { Deadlines } from './deadlines';
import { DeadlineError } from './errors';
import { closed, describe } from './failure';
import { clusterInternals } from './internals';
import { isRejected } from './malformed';
import { blockingCommands } from './nodes-to-ask';
import { openTransaction } from './transaction-error';

/** The length of the queue from which on commands that are given up are dropped, wherever they are. */
const MIN_SWEEP = 100;

/** What the guard of a client's commands needs of it. */
export interface CommandGuardContext {
  /** The cluster endpoint as `host:port`. */
  readonly endpoint: string;
  /** How long a command may take, in milliseconds. */
  readonly deadline: number;
  readonly failures: ConnectionFailures;
  /** Whether a command is a readiness check of ioredis; says which node answers it. */
  aimCheck(command: Command): boolean;
  /** Told why commands are given up. */
  onGivenUp(reason: Error): void;
}

/** Gives every command of a client a time in which it ends, and an error that says why if it does not end by a reply. */
export class CommandGuard {
  /** Commands whose callers were told that they failed. */
  readonly abandoned = new Abandoned();
  readonly #cluster: Cluster;
  readonly #context: CommandGuardContext;
  readonly #blocking = new WeakSet<Command>();
  readonly #deadlines: Deadlines;
  readonly #checks: Deadlines;
  /** Pipelines and blocking commands, each of which has its own time. */
  readonly #waiting = new Set<(reason?: Error) => void>();
  #sweepAt = MIN_SWEEP;
  #abandoning = false;

  constructor(cluster: Cluster, context: CommandGuardContext) {
    this.#cluster = cluster;
    this.#context = context;
    const deadlines = () => new Deadlines(context.deadline, (command, start, reason) => {
      this.#abandon(command, reason ?? this.deadlineError(command.name, start));
    });
    this.#deadlines = deadlines();
    this.#checks = deadlines();
  }

  /** Whether a command is being told that it failed, which is no error that could be retried. */
  get isAbandoning(): boolean {
    return this.#abandoning;
  }

  /**
   * A command that waited in the queue of the cluster comes here again. An ordinary one is not marked, which would cost more than its
   * second entry in the list, whose deadline is later.
   */
  add(command: Command): void {
    const blocked = blockingTime(command);
    if (command.name === 'cluster' && this.#context.aimCheck(command)) {
      this.#addCheck(command);
    } else if (command.name.length === 5 && command.name.toLowerCase() === 'multi') {
      this.#fail(command, openTransaction());
    } else if (blocked > 0) {
      this.#addBlocking(command, blocked);
    } else if (this.#context.failures.hopeless) {
      this.#abandon(command, this.deadlineError(command.name, runningTime()));
    } else {
      this.#deadlines.add(command);
    }
  }

  /** Tells the commands that were given to the cluster from those that were given to a node. */
  routed(): (command: Command) => boolean {
    const { commands } = this.#deadlines;
    return (command) => commands.has(command) || this.#blocking.has(command);
  }

  /** Gives up commands that are not done. */
  abandonAll(commands: readonly Command[], reason: Error): void {
    this.#context.onGivenUp(reason);
    // Before the first one fails: when the last one has, what a node of a pipeline refused would be sent again.
    commands.forEach((command) => this.abandoned.add(command));
    commands.forEach((command) => this.#fail(command, reason));
    this.#dropAbandoned();
  }

  /**
   * Gives up after a time, or at once when waiting is pointless or the client has ended.
   *
   * @param giveUp - gets the reason unless it is the deadline
   * @returns stops waiting
   */
  limit(ms: number, giveUp: (reason?: Error) => void): () => void {
    const end = (reason?: Error) => {
      stop();
      giveUp(reason);
    };
    const stopTimer = after(ms, end);
    const stop = () => {
      stopTimer();
      this.#waiting.delete(end);
    };
    this.#waiting.add(end);
    if (this.#context.failures.hopeless) {
      end();
    }
    return stop;
  }

  /**
   * Gives up everything that waits.
   *
   * @param reason - the deadline, by default
   */
  giveUp(reason?: Error): void {
    this.#deadlines.failAll(reason);
    for (const giveUp of this.#waiting) {
      giveUp(reason);
    }
  }

  /** The client has ended. */
  end(): void {
    this.giveUp(closed());
    this.#checks.failAll(closed());
  }

  /**
   * That a command was not answered since a time.
   *
   * @param blocks - the command itself, if it is one that blocks
   */
  deadlineError(command: string, start: number, blocks?: Command): DeadlineError {
    const { endpoint, failures } = this.#context;
    const { status } = this.#cluster;
    const hopeless = failures.hopeless;
    const cause = hopeless ?? failures.since(start, status === 'ready');
    const duration = runningTime() - start;
    const waited = hopeless ? 'and there will be none' : `within ${Math.round(duration)} ms`;
    const reason = cause ? describe(cause) : `the connection is ${status}, but the reply did not come${this.#hint(blocks)}`;
    return new DeadlineError(`no answer from ${endpoint} to "${command}" ${waited}: ${reason}`, { endpoint, command, duration, cause });
  }

  #addBlocking(command: Command, blocked: number): void {
    if (this.#blocking.has(command)) {
      return;
    }
    this.#blocking.add(command);
    const start = runningTime();
    const { reject, resolve } = command;
    const stop = this.limit(this.#context.deadline + blocked, (reason = this.deadlineError(command.name, start, command)) => {
      command.reject = reject;
      this.#abandon(command, reason);
    });
    command.resolve = (result) => {
      stop();
      return resolve.call(command, result);
    };
    command.reject = (error) => {
      stop();
      reject.call(command, error);
    };
  }

  /**
   * With CLUSTER INFO, ioredis finds out whether the cluster is ready: it has to be sent however hopeless the rest is, and tells nobody
   * why it failed.
   */
  #addCheck(command: Command): void {
    const { reject } = command;
    command.reject = (error) => {
      // That it waited in vain, as others do, is no reason.
      if (!this.#abandoning) {
        this.#context.failures.note(error);
      }
      reject.call(command, error);
    };
    this.#checks.add(command);
  }

  #abandon(command: Command, reason: Error): void {
    this.abandonAll([command], reason);
  }

  /** Fails a command for good. */
  #fail(command: Command, reason: Error): void {
    this.abandoned.add(command);
    if (isRejected(command)) {
      return;
    }
    this.#abandoning = true;
    try {
      command.reject(reason);
    } finally {
      this.#abandoning = false;
    }
  }

  /** One that blocks waits for no other one if it is the first for its node. */
  #hint(blocks?: Command): string {
    const all = blockingCommands(this.#cluster);
    return all.length && !all.includes(blocks!) ? `; if it waited for "${all[0].name}", which blocks, give that a client of its own` : '';
  }

  /** Abandoned commands would otherwise pile up for as long as the cluster is away. */
  #dropAbandoned(): void {
    const { offlineQueue } = clusterInternals(this.#cluster);
    for (let item = offlineQueue.peekFront(); item && this.abandoned.has(item.command); item = offlineQueue.peekFront()) {
      offlineQueue.shift();
    }
    if (offlineQueue.length >= this.#sweepAt) {
      const kept = offlineQueue.toArray().filter(({ command }) => !this.abandoned.has(command));
      offlineQueue.clear();
      kept.forEach((item) => offlineQueue.push(item));
      this.#sweepAt = Math.max(MIN_SWEEP, 2 * kept.length);
    }
  }
}
