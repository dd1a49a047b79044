import type { Command } from 'ioredis';
import { isSettled, watch } from './settled';

interface Entry {
  readonly command: Command;
  /** The command's own way to fail, before ioredis wraps it with its retries. */
  readonly reject: Command['reject'];
  readonly start: number;
}

/** The number of commands from which on those that are done are dropped. Small, because each holds its reply. */
const MIN_SWEEP = 32;

/**
 * The deadlines of ordinary commands, which all have the same time.
 *
 * One list and one timer for all of them, since a timer and two callbacks for each command would halve the throughput.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #expire: (entry: Entry, reason?: Error) => void;
  #entries: Entry[] = [];
  #sweepAt = MIN_SWEEP;
  #timer?: NodeJS.Timeout;

  /**
   * @param ms - the time of each command
   * @param expire - called for a command that is not done in time, or with the reason why it cannot be
   */
  constructor(ms: number, expire: (entry: Entry, reason?: Error) => void) {
    this.#ms = ms;
    this.#expire = expire;
  }

  add(command: Command): void {
    const start = performance.now();
    watch(command);
    this.#entries.push({ command, reject: command.reject, start });
    this.#timer ??= this.#wait(this.#ms);
    if (this.#entries.length >= this.#sweepAt) {
      this.#sweep();
      this.#sweepAt = Math.max(MIN_SWEEP, 2 * this.#entries.length);
    }
  }

  /** Fails every command that is not done. */
  failAll(reason?: Error): void {
    const entries = this.#entries;
    this.#entries = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#expireAll(entries, reason);
  }

  #expireAll(entries: Entry[], reason?: Error): void {
    for (const entry of entries) {
      // The same command may be there twice.
      if (!isSettled(entry.command)) {
        this.#expire(entry, reason);
      }
    }
  }

  #sweep(): void {
    this.#entries = this.#entries.filter(({ command }) => !isSettled(command));
  }

  #check(): void {
    this.#sweep();
    const due = performance.now() - this.#ms;
    const first = this.#entries.findIndex(({ start }) => start > due);
    const expired = this.#entries.splice(0, first < 0 ? Infinity : first);
    this.#timer = this.#entries.length ? this.#wait(this.#entries[0].start - due) : undefined;
    this.#expireAll(expired);
  }

  #wait(ms: number): NodeJS.Timeout {
    // The connections keep the process alive for as long as there is something to wait for.
    return setTimeout(() => this.#check(), Math.ceil(ms)).unref();
  }
}
