import type { Cluster } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { shardsOf } from './support/faults';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function open(options: ConnectOptions): Cluster {
  const db = connect({ connection: stage.users.connection(), deadline: 1_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

/** How long it takes until a client gets an answer again, in milliseconds. */
async function untilAnswered(db: Cluster, key: string): Promise<number> {
  const start = performance.now();
  await expect.poll(() => db.get(key).catch(() => undefined), { timeout: 20_000 }).toBe('1');
  return performance.now() - start;
}

test.each([
  ['lambda', 0],
  ['lambda', 60],
  ['blocking', 0],
  ['blocking', 60],
] as const)('with the profile %s and a command that blocks for %d s, a primary that died is left as soon as another takes over', async (profile, seconds) => {
  const [{ primary, start, end }] = await shardsOf(stage.users.cluster);
  const key = Array.from({ length: 100 }, (_, i) => `key-${i}`).find((each) => slotOf(each) >= start && slotOf(each) <= end)!;
  const db = open({ profile });
  await db.set(key, '1');
  const control = open({ profile });
  await control.get(key);
  // Nothing else is connected.
  const blocked = db.blpop(`{${key}}jobs`, seconds).catch((error: Error) => error);
  await pause(100);
  await primary.kill('SIGSTOP');
  try {
    const [before, after] = await Promise.all([untilAnswered(control, key), untilAnswered(db, key)]);
    expect(after - before).toBeLessThan(8_000);
    expect(await blocked).toMatchObject({ code: 'EINDOUBT' });
  } finally {
    await primary.kill('SIGCONT');
  }
  // It comes back as a replica.
  await expect.poll(async () => String(await primary.call('INFO', 'replication')), { timeout: 15_000 }).toMatch(/role:slave[^]*master_link_status:up/);
}, 60_000);

test.each(['service', 'blocking'] as const)('with the profile %s, a lost connection is given up when a command should have ended', async (profile) => {
  const db = open({ profile, natMap: stage.proxy.natMap, deadline: 15_000, redisOptions: { socketTimeout: 1_000 } });
  await db.set('key', '1');
  const started = performance.now();
  const blocked = db.blpop('{key}jobs', 1).catch((error: Error) => error);
  stage.proxy.lose();
  expect(await db.get('key')).toBe('1');
  expect(performance.now() - started).toBeGreaterThan(1_900);
  expect(performance.now() - started).toBeLessThan(8_000);
  expect(await blocked).toMatchObject({ code: 'EINDOUBT', cause: { code: 'ETIMEDOUT' } });
});

test('a command may block for longer than a reply may take', async () => {
  const db = open({ profile: 'blocking', redisOptions: { socketTimeout: 500 } });
  const connects: unknown[] = [];
  await db.get('key');
  db.on('+node', (node) => connects.push(node));
  expect(await db.blpop('{key}jobs', 3)).toBeNull();
  expect(connects).toEqual([]);
});
