import { IdempotencyAlreadyInProgressError, IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { CachePersistenceLayer } from '@aws-lambda-powertools/idempotency/cache';
import type { Context } from 'aws-lambda';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asNodeRedisClient, scanAll } from '../../../src/client';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

let library: Library;
let db: Cluster;

beforeAll(async () => {
  library = await startLibrary('Powertools idempotency', ['scan', 'ttl']);
  db = library.open();
});

afterAll(async () => library?.stop());

/** A function that counts its executions. */
function pay() {
  let executions = 0;
  const persistenceStore = new CachePersistenceLayer({ client: asNodeRedisClient(db) });
  const config = new IdempotencyConfig({ throwOnNoIdempotencyKey: true, eventKeyJmesPath: 'id', expiresAfterSeconds: 3_600 });
  // Without it, Powertools takes what is in progress for abandoned.
  config.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 } as Context);
  const handler = makeIdempotent(
    async ({ id, fails }: { id: string; fails?: boolean }) => {
      executions += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (fails) {
        throw new RangeError('declined');
      }
      return { paid: id };
    },
    { persistenceStore, config, keyPrefix: 'payments' },
  );
  return { handler, executions: () => executions };
}

test('Powertools executes a function once for each key', async () => {
  const { handler, executions } = pay();
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => handler({ id: '1' })));
  for (const outcome of outcomes) {
    expect(outcome.status === 'fulfilled' ? outcome.value : outcome.reason.name).toEqual(
      outcome.status === 'fulfilled' ? { paid: '1' } : IdempotencyAlreadyInProgressError.name,
    );
  }
  expect(await handler({ id: '1' })).toEqual({ paid: '1' });
  // Another process: nothing is cached in this one.
  const other = pay();
  expect(await other.handler({ id: '1' })).toEqual({ paid: '1' });
  expect([executions(), other.executions()]).toEqual([1, 0]);
  expect(await other.handler({ id: '2' })).toEqual({ paid: '2' });
  expect(other.executions()).toBe(1);
});

test('the record expires', async () => {
  for await (const page of scanAll(db, { match: 'payments*' })) {
    for (const key of page) {
      expect(await db.ttl(key)).toBeGreaterThan(3_000);
    }
  }
});

test('a function that failed can be tried again', async () => {
  const { handler, executions } = pay();
  await expect(handler({ id: '3', fails: true })).rejects.toThrow('declined');
  expect(await handler({ id: '3' })).toEqual({ paid: '3' });
  expect(executions()).toBe(2);
});

test('it needs no other command', async () => {
  expect(await library.excess()).toEqual({ refused: [], unused: [] });
});
