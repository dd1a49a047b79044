import { Command } from 'ioredis';
import { runningTime } from './clock';

/** The longest delay of a timer. */
export const MAX_TIMER_MS = 2_147_483_647;

const blocking = new Map<string, boolean>();

/** The lookup of ioredis, without its cost for every command. */
function isBlocking(name: string): boolean {
  let known = blocking.get(name);
  if (known === undefined) {
    known = name.toLowerCase() === 'wait' || Command.checkFlag('BLOCKING_COMMANDS', name);
    blocking.set(name, known);
  }
  return known;
}

/**
 * How long a command may keep the server waiting by itself, in milliseconds: 0 for an ordinary command, Infinity for one that
 * blocks until something arrives.
 */
export function blockingTime(command: Command): number {
  // In a transaction, it finds what it waits for or nothing.
  if (!isBlocking(command.name) || command.inTransaction) {
    return 0;
  }
  if (command.name.toLowerCase() === 'wait') {
    return Number(command.args[1]) || Infinity;
  }
  const time = command.extractBlockingTimeout();
  // 0 blocks for ever; null is an XREAD that does not block; undefined is a mistake that the server answers at once.
  return time === 0 ? Infinity : time ?? 0;
}

/**
 * Calls back unless stopped within a time in which the process runs.
 *
 * @param ms - Infinity never calls back
 * @returns stops it
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms > MAX_TIMER_MS) {
    return () => undefined;
  }
  const end = runningTime() + ms;
  const wait = (rest: number) => setTimeout(() => {
    const missing = end - runningTime();
    if (missing > 1) {
      timer = wait(missing);
    } else {
      callback();
    }
  }, rest);
  let timer = wait(ms);
  return () => clearTimeout(timer);
}
