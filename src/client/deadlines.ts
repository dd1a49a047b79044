import type { Command } from 'ioredis';
import { runningTime } from './clock';
import { atEndOfTurn } from './end-of-turn';
import { isSettled, watch } from './settled';

/** The commands of one turn of the event loop. */
interface Turn {
  start: number;
  commands: Command[];
}

/** The number of turns from which on those that are done are dropped, wherever they are. */
const MIN_SWEEP = 32;

/**
 * The deadlines of ordinary commands, which all have the same time.
 *
 * One list and one timer for all of them, and one entry and one look at the clock for those of a turn, since all of that for each command
 * would cost a good part of the throughput.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #expire: (command: Command, start: number, reason?: Error) => void;
  #turn?: Turn;
  #turns: Turn[] = [];
  #sweepAt = MIN_SWEEP;
  #timer?: NodeJS.Timeout;
  readonly #endTurn: () => void;

  /**
   * @param ms - the time of each command
   * @param expire - called for a command that is not done in time, or with the reason why it cannot be
   */
  constructor(ms: number, expire: (command: Command, start: number, reason?: Error) => void) {
    this.#ms = ms;
    this.#expire = expire;
    this.#endTurn = () => (this.#turn = undefined);
  }

  add(command: Command): void {
    watch(command);
    (this.#turn ?? this.#nextTurn()).commands.push(command);
  }

  /** The commands that have a deadline here, with some of those that are done. */
  get commands(): ReadonlySet<Command> {
    return new Set(this.#turns.flatMap(({ commands }) => commands));
  }

  /** Fails every command that is not done. */
  failAll(reason?: Error): void {
    const turns = this.#turns;
    this.#turns = [];
    this.#turn = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#expireAll(turns, reason);
  }

  #nextTurn(): Turn {
    const start = runningTime();
    this.#timer ??= this.#wait(this.#ms);
    const [first] = this.#turns;
    // With one command at a time, it is always the same turn, and nothing has to end it.
    if (this.#turns.length === 1 && first.commands.length === 1 && isSettled(first.commands[0])) {
      first.commands.pop();
      first.start = start;
      return first;
    }
    this.#dropDone();
    const turn: Turn = { start, commands: [] };
    this.#turns.push(turn);
    this.#turn = turn;
    atEndOfTurn(this.#endTurn);
    return turn;
  }

  /** Commands that are kept here cost the garbage collector more than the list does, and most are done in the order in which they came. */
  #dropDone(): void {
    const firstPending = this.#turns.findIndex(({ commands }) => !commands.every(isSettled));
    if (firstPending !== 0) {
      this.#turns.splice(0, firstPending < 0 ? Infinity : firstPending);
    } else if (this.#turns.length >= this.#sweepAt) {
      this.#sweep();
      this.#sweepAt = Math.max(MIN_SWEEP, 2 * this.#turns.length);
    }
  }

  #sweep(): void {
    this.#turns.forEach((turn) => (turn.commands = turn.commands.filter((command) => !isSettled(command))));
    this.#turns = this.#turns.filter(({ commands }) => commands.length > 0);
  }

  #expireAll(turns: readonly Turn[], reason?: Error): void {
    for (const { start, commands } of turns) {
      for (const command of commands) {
        // The same command may be there twice.
        if (!isSettled(command)) {
          this.#expire(command, start, reason);
        }
      }
    }
  }

  #check(): void {
    this.#sweep();
    const due = runningTime() - this.#ms;
    const first = this.#turns.findIndex(({ start }) => start > due);
    const expired = this.#turns.splice(0, first < 0 ? Infinity : first);
    this.#timer = this.#turns.length ? this.#wait(this.#turns[0].start - due) : undefined;
    this.#expireAll(expired);
  }

  #wait(ms: number): NodeJS.Timeout {
    // The connections keep the process alive for as long as there is something to wait for.
    return setTimeout(() => this.#check(), Math.ceil(ms)).unref();
  }
}
