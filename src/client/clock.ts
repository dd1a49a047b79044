/** How often the clock makes sure that the process is running, in milliseconds. */
const TICK_MS = 500;

const users = new Set<() => void>();
let timer: NodeJS.Timeout | undefined;
let stopped = 0;
let last = 0;

/**
 * Milliseconds of time in which the process ran.
 *
 * A process that is frozen (AWS Lambda does that between two invocations) or too busy to look at its connections finds all of its timers
 * due when it goes on, and the replies that came in time behind them.
 */
export function runningTime(): number {
  const now = performance.now();
  const gap = now - last;
  last = now;
  if (timer && gap > 2 * TICK_MS) {
    stopped += gap;
    users.forEach((onThaw) => onThaw());
  }
  return now - stopped;
}

/**
 * Watches the clock for as long as somebody uses it.
 *
 * @param onThaw - called when the process goes on after it did not run for a second or more
 * @returns ends the use
 */
export function useClock(onThaw: () => void): () => void {
  users.add(onThaw);
  if (!timer) {
    last = performance.now();
    timer = setInterval(runningTime, TICK_MS).unref();
  }
  return () => {
    users.delete(onThaw);
    if (users.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
