// @ts-expect-error the types of redlock are not among its exports
import * as redlockModule from 'redlock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashTag } from '../../../src/client';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

type RedlockModule = typeof import('../../../node_modules/redlock/dist/index.js', { with: { 'resolution-mode': 'import' } });
const { default: Redlock, ExecutionError } = redlockModule as RedlockModule;

let library: Library;

beforeAll(async () => {
  library = await startLibrary('redlock');
});

afterAll(async () => library?.stop());

test('redlock locks one or several resources of one slot', async () => {
  const db = library.open();
  const redlock = new Redlock([db], { retryCount: 2, retryDelay: 20 });
  const resources = [hashTag('lock-1', 'ann'), hashTag('lock-1', 'ben')];
  const lock = await redlock.acquire(resources, 5_000);
  await expect(redlock.acquire([resources[1]], 5_000)).rejects.toBeInstanceOf(ExecutionError);
  const extended = await lock.extend(10_000);
  await extended.release();
  await (await redlock.acquire([resources[1]], 5_000)).release();

  let inside = 0;
  let total = 0;
  const patient = new Redlock([db], { retryCount: -1, retryDelay: 10, retryJitter: 10 });
  await Promise.all(Array.from({ length: 5 }, () => patient.using([hashTag('lock-2')], 5_000, async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
    total += 1;
  })));
  expect(total).toBe(5);
  expect(await db.get(hashTag('lock-2'))).toBeNull();
});

test('it needs no other command', async () => {
  expect(await library.excess()).toEqual({ refused: [], unused: [] });
});
