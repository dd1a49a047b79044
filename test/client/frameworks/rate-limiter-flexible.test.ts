import { RateLimiterRedis } from 'rate-limiter-flexible';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

let library: Library;

beforeAll(async () => {
  library = await startLibrary('rate-limiter-flexible');
});

afterAll(async () => library?.stop());

test('rate-limiter-flexible limits over all slots', async () => {
  const db = library.open();
  const limiter = new RateLimiterRedis({ storeClient: db, keyPrefix: 'limit', points: 5, duration: 60 });
  const callers = Array.from({ length: 20 }, (_, i) => `caller-${i}`);
  await Promise.all(callers.map(async (caller) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => limiter.consume(caller)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await limiter.get(caller)).toMatchObject({ consumedPoints: 8, remainingPoints: 0 });
  }));
  await limiter.reward(callers[0], 6);
  expect(await limiter.consume(callers[0])).toMatchObject({ remainingPoints: 2 });
  await limiter.block(callers[1], 30);
  await expect(limiter.consume(callers[1])).rejects.toMatchObject({ remainingPoints: 0 });
  expect([await limiter.delete(callers[1]), await limiter.get(callers[1])]).toEqual([true, null]);
  // one that never expires, which the limiter mends
  await db.set('limit:endless', 1);
  expect(await limiter.consume('endless')).toMatchObject({ consumedPoints: 2, msBeforeNext: 60_000 });
});

test('it needs no other command', async () => {
  expect(await library.excess()).toEqual({ refused: [], unused: [] });
});
