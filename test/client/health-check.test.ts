import type { DNSLookupFunction, Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { MINIMUM, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, healthCheck, observe } from '../../src/client';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ minimal: `on ~* -@all ${MINIMUM.join(' ')}` });
});

afterAll(async () => users?.local.stop());

test('a cluster that answers is healthy', async () => {
  const db = connect({ connection: users.connection('minimal') });
  expect(await healthCheck(db)).toEqual({ healthy: true, latency: expect.any(Number), reason: undefined });
  await close(db);
  expect(await healthCheck(db)).toMatchObject({ healthy: false, reason: 'Connection is closed' });
});

test('a cluster that cannot be reached is not, and the reason is given in time', async () => {
  const db = connect({ connection: { ...users.connection('minimal'), port: 1 } });
  const health = await healthCheck(db, { timeout: 300 });
  expect(health).toMatchObject({ healthy: false, reason: expect.stringMatching(/^no answer within 300 ms: connect ECONNREFUSED/) });
  expect(health.latency).toBeLessThan(500);
  await close(db);
});

test('what checks get in the end is not taken for the reason of others', async () => {
  const db = connect({ connection: { ...users.connection('minimal'), port: 1 }, deadline: 400 });
  const causes: unknown[] = [];
  for (let i = 0; i < 12; i++) {
    void healthCheck(db, { timeout: 100 });
    causes.push(db.get('a').catch((error: Error) => (error.cause as { code?: string }).code));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await Promise.all(causes)).toEqual(Array(12).fill('ECONNREFUSED'));
  await close(db);
});

test('a connection that is given up before it is open does not hide why the others failed', async () => {
  const held = new WeakSet<Redis>();
  const dnsLookup: DNSLookupFunction = (_, callback) => {
    const [node] = db.nodes();
    if (node?.status === 'connecting' && !held.has(node)) {
      held.add(node);
    } else {
      setImmediate(callback, null, '127.0.0.1', 4);
    }
  };
  const db = connect({ connection: { ...users.connection('minimal'), port: 1 }, deadline: 400, dnsLookup });
  onTestFinished(() => close(db));
  const codes = new Set<unknown>();
  onTestFinished(observe('error', ({ error }) => codes.add((error as NodeJS.ErrnoException).code)));
  const command = db.get('a').catch(() => undefined);
  for (let asked = 0; asked < 40; asked++) {
    await healthCheck(db, { timeout: 10 });
  }
  await command;
  expect([...codes]).toEqual(['ECONNREFUSED']);
});

test('a cluster that lost slots is not', async () => {
  const db = connect({ connection: users.connection('minimal'), deadline: 2_000 });
  await healthCheck(db);
  const shard = users.cluster.nodes.filter((node) => node.shard === users.cluster.nodes.at(-1)!.shard);
  await Promise.all(shard.map((node) => node.kill()));
  await expect.poll(() => healthCheck(db).then(({ reason }) => reason), { timeout: 15_000, interval: 200 })
    .toMatch(/^\d+ of 16384 slots are not served$/);
  await close(db);
});
