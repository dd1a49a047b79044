import type { Command } from 'ioredis';
import { runningTime } from './clock';
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
  #entries: (Entry | undefined)[] = [];
  /** How many at the beginning are done. */
  #done = 0;
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
    watch(command);
    const entries = this.#entries;
    entries.push({ command, reject: command.reject, start: runningTime() });
    this.#timer ??= this.#wait(this.#ms);
    // Most are done in the order in which they came. What is kept here costs the garbage collector more than the list does.
    for (let first = entries[this.#done]; first && isSettled(first.command); first = entries[this.#done]) {
      entries[this.#done] = undefined;
      this.#done += 1;
    }
    if (this.#done >= MIN_SWEEP && 2 * this.#done >= entries.length) {
      this.#replace(entries.slice(this.#done));
    } else if (entries.length - this.#done >= this.#sweepAt) {
      this.#replace(this.#pending());
      this.#sweepAt = Math.max(MIN_SWEEP, 2 * this.#entries.length);
    }
  }

  /** The commands that have a deadline here, with some of those that are done. */
  get commands(): ReadonlySet<Command> {
    return new Set(this.#entries.flatMap((entry) => entry?.command ?? []));
  }

  /** Fails every command that is not done. */
  failAll(reason?: Error): void {
    const entries = this.#pending();
    this.#replace([]);
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

  #pending(): Entry[] {
    return this.#entries.filter((entry) => entry && !isSettled(entry.command)) as Entry[];
  }

  #replace(entries: (Entry | undefined)[]): void {
    this.#entries = entries;
    this.#done = 0;
  }

  #check(): void {
    const pending = this.#pending();
    const due = runningTime() - this.#ms;
    const first = pending.findIndex(({ start }) => start > due);
    const expired = pending.splice(0, first < 0 ? Infinity : first);
    this.#replace(pending);
    this.#timer = pending.length ? this.#wait(pending[0].start - due) : undefined;
    this.#expireAll(expired);
  }

  #wait(ms: number): NodeJS.Timeout {
    // The connections keep the process alive for as long as there is something to wait for.
    return setTimeout(() => this.#check(), Math.ceil(ms)).unref();
  }
}
