/** How often the clock makes sure that the process is running, in milliseconds. */
const TICK_MS = 500;

/** A process that is frozen uses none of the processor. */
const BUSY_SHARE = 0.1;

const users = new Set<() => void>();
let timer: NodeJS.Timeout | undefined;
let stopped = 0;
let last = 0;
let lastGap = 0;
let tick = { at: 0, cpu: process.cpuUsage() };

/**
 * Milliseconds of time in which the process ran.
 *
 * A process that is frozen (AWS Lambda does that between two invocations) or too busy to look at its connections finds all of its timers
 * due when it goes on, and the replies that came in time behind them.
 *
 * Of the time in which it was busy, no more counts as stopped than it had before to look at its connections: one that is busy again and
 * again would otherwise stop its own clock.
 */
export function runningTime(): number {
  const now = performance.now();
  const before = last;
  last = now;
  const gap = now - before;
  if (timer && gap > 2 * TICK_MS) {
    stopped += wasBusy(before, now) ? Math.min(gap, before - lastGap) : gap;
    lastGap = now;
    users.forEach((onThaw) => onThaw());
  }
  return now - stopped;
}

/** Whether the process used the processor in a gap, not counting what it may have used between the last tick and the gap. */
function wasBusy(from: number, to: number): boolean {
  const { user, system } = process.cpuUsage(tick.cpu);
  return (user + system) / 1_000 - (from - tick.at) > BUSY_SHARE * (to - from);
}

function onTick(): void {
  runningTime();
  tick = { at: last, cpu: process.cpuUsage() };
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
    lastGap = -Infinity;
    tick = { at: last, cpu: process.cpuUsage() };
    timer = setInterval(onTick, TICK_MS).unref();
  }
  return () => {
    users.delete(onThaw);
    if (users.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
