import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';
import { subscribers } from '../../src/client/internals';
import { Thaw } from '../../src/client/thaw';

let users: Users;
let db: Cluster;
let connections: Redis[];
let lost: string[];
let thaw: Thaw;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' }, { shards: 1 });
});

afterAll(async () => users?.local.stop());

beforeEach(async () => {
  db = connect({ connection: users.connection() });
  onTestFinished(() => close(db, { timeout: 100 }));
  await db.subscribe('news');
  await db.set('a', '1');
  // Nothing is asked for any more that belongs to the beginning.
  await pause(300);
  connections = [...db.nodes('master'), ...subscribers(db)];
  lost = [];
  connections.forEach((connection) => connection.stream.once('close', () => lost.push(connection.options.connectionName ?? 'node')));
  thaw = new Thaw(db);
});

function beBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a process that goes on and is busy at once loses no connection', async () => {
  thaw.begin();
  beBusy(700);
  await pause(1_000);
  expect(lost).toEqual([]);
  expect(thaw.holds).toBe(false);
});

test('nor does one that gathers what it writes', async () => {
  await Promise.all(connections.map((connection) => Promise.all(Array.from({ length: 40 }, () => connection.ping()))));
  thaw.begin();
  beBusy(700);
  await pause(1_000);
  expect(lost).toEqual([]);
  expect(thaw.holds).toBe(false);
});

/** The node that the connections lead to. */
const primary = () => users.cluster.nodes.find(({ port }) => port === connections[0].options.port)!;

test('nor does one that is busy when the signs of life come', async () => {
  await primary().kill('SIGSTOP');
  thaw.begin();
  await pause(100);
  await primary().kill('SIGCONT');
  beBusy(700);
  await pause(1_000);
  expect(lost).toEqual([]);
  expect(thaw.holds).toBe(false);
});

test('a process that goes on again and again asks a connection for subscriptions once until it answers', async () => {
  const [{ stream }] = subscribers(db);
  const before = stream.listenerCount('close');
  for (let i = 0; i < 20; i++) {
    thaw.begin();
  }
  expect(stream.listenerCount('close')).toBe(before + 1);
  await expect.poll(() => stream.listenerCount('close')).toBe(before);
  thaw.begin();
  expect(stream.listenerCount('close')).toBe(before + 1);
});

test('a connection that gives no sign of life is given up', async () => {
  onTestFinished(() => primary().kill('SIGCONT'));
  await primary().kill('SIGSTOP');
  const start = performance.now();
  thaw.begin();
  await expect.poll(() => lost.length, { timeout: 2_000, interval: 10 }).toBe(connections.length);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('a client that is closed at once does what it was given before', async () => {
  beBusy(1_500);
  const given = Promise.all([db.incr('a'), db.pipeline().incr('a').exec()]);
  await Promise.all([given, close(db)]);
  expect(await given).toEqual([2, [[null, 3]]]);
});

test('a client that is closed and connects again at once stays connected', async () => {
  beBusy(1_500);
  const called = vi.fn();
  const given = db.incr('a');
  const closed = db.quit(called);
  await db.connect();
  expect(await Promise.all([given, closed, db.incr('a')])).toEqual([2, 'OK', 3]);
  expect(called).toHaveBeenCalledOnce();
  expect(lost).toEqual([]);
});
