import { gatherTurn } from './gather-writes';

/** How long to wait before trying again, in milliseconds: at first, and at most. */
const DELAY_MS = { first: 10, most: 200 };

/** Without a retry for this long, the next one is the first. */
const CALM_MS = 1_000;

/**
 * What is to be tried again once the client has asked which node serves what, in the order in which it was added.
 *
 * The wait doubles from try to try, half of it is random, and there is one question for all that waits: while a shard is without a primary,
 * a client asks about seven times in a second, however many commands it has.
 */
export class Retries {
  readonly #refresh: (done: () => void) => void;
  #waiting: (() => void)[] = [];
  #timer?: NodeJS.Timeout;
  #tries = 0;
  #last = -Infinity;

  /** @param refresh - asks for the topology and calls back, with or without success */
  constructor(refresh: (done: () => void) => void) {
    this.#refresh = refresh;
  }

  add(retry: () => void): void {
    this.#waiting.push(retry);
    this.#timer ??= setTimeout(() => this.#refresh(() => this.#run()), this.#delay());
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #delay(): number {
    const now = performance.now();
    this.#tries = now - this.#last > CALM_MS ? 0 : this.#tries + 1;
    this.#last = now;
    const delay = Math.min(DELAY_MS.most, DELAY_MS.first * 2 ** this.#tries);
    return delay / 2 + (Math.random() * delay) / 2;
  }

  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    gatherTurn();
    waiting.forEach((retry) => retry());
  }
}
