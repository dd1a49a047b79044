import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { runningTime, useClock } from '../../src/client/clock';
import { after } from '../../src/client/deadline';

function beBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Keeps the process without work, as a freeze does. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function startClock(): void {
  onTestFinished(useClock(() => undefined));
}

test('a freeze does not count, however often it comes', async () => {
  startClock();
  const start = runningTime();
  for (let i = 0; i < 3; i++) {
    await pause(5);
    freeze(1_300);
  }
  await pause(5);
  expect(runningTime() - start).toBeLessThan(1_300);
});

test('being busy once does not count', () => {
  startClock();
  const start = runningTime();
  beBusy(1_300);
  expect(runningTime() - start).toBeLessThan(300);
});

test('being busy again and again does', async () => {
  startClock();
  let over = false;
  after(2_000, () => (over = true));
  const start = performance.now();
  while (!over && performance.now() - start < 15_000) {
    beBusy(1_200);
    await pause(5);
  }
  expect(over).toBe(true);
});
