import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { shardsOf } from './support/faults';
import { startProxy } from './support/proxy';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, observe, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

const KEYS = Array.from({ length: 50 }, (_, i) => `key-${i}`);

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

async function open(options: ConnectOptions = {}) {
  const db = connect({ connection: users.connection(), ...options });
  onTestFinished(() => close(db));
  await Promise.all(KEYS.map((key) => db.set(key, '1')));
  const connections = vi.fn();
  onTestFinished(observe('connect', connections));
  const refresh = () => new Promise<Error | null | undefined>((resolve) => db.refreshSlotsCache(resolve));
  const opened = () => connections.mock.calls.map(([{ purpose }]) => purpose);
  return { db, refresh, opened };
}

test('the slots are asked for over a connection that is there, and now and then over one that is opened', async () => {
  const { refresh, opened } = await open();
  for (let i = 0; i < 6; i++) {
    expect(await refresh()).toBeFalsy();
  }
  expect(opened()).toEqual(['slots', 'slots']);
});

test('after a failover, the first thing that is opened is the connection to the new primary', async () => {
  const { db, opened } = await open();
  // So that the refresh is the first one for a while.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const [{ replica, start }] = await shardsOf(users.cluster);
  const key = KEYS.find((each) => db.slots[slotOf(each)] === db.slots[start])!;
  await replica.call('CLUSTER', 'FAILOVER');
  await vi.waitFor(async () => {
    await db.set(key, '2');
    expect(db.slots[start]![0]).toMatch(new RegExp(`:${replica.port}$`));
  }, 10_000);
  // Should the nodes take long to agree, a later refresh may open one.
  expect(opened()[0]).toBe('commands');
  expect(opened().filter((purpose) => purpose === 'commands')).toHaveLength(1);
});

test('a node that does not answer holds nothing up', async () => {
  const { db, refresh } = await open();
  const [{ primary }] = await shardsOf(users.cluster);
  await primary.kill('SIGSTOP');
  onTestFinished(() => primary.kill('SIGCONT'));
  for (let i = 0; i < 4; i++) {
    const start = performance.now();
    expect(await refresh()).toBeFalsy();
    expect(performance.now() - start).toBeLessThan(2_500);
  }
  expect(db.status).toBe('ready');
});

test('a connection in a transaction of a caller is not asked', async () => {
  const { db, refresh } = await open();
  const nodes = db.nodes('master');
  await Promise.all(nodes.map((node) => node.call('MULTI')));
  expect(await refresh()).toBeFalsy();
  expect(await Promise.all(nodes.map((node) => node.call('EXEC')))).toEqual(nodes.map(() => []));
});

test('what has no answer yet when a client closes ends with it', async () => {
  const proxy = await startProxy(users.cluster);
  onTestFinished(() => proxy.stop());
  const { db, refresh } = await open({ natMap: proxy.natMap });
  let isLost = false;
  const opening = new Promise<void>((resolve) => {
    onTestFinished(observe('connect', ({ purpose }) => {
      if (purpose === 'slots') {
        isLost = true;
        proxy.lose(1);
        resolve();
      }
    }));
  });
  let refreshed: Promise<unknown> | undefined;
  while (!isLost) {
    refreshed = refresh();
    await Promise.race([opening, refreshed]);
  }
  const start = performance.now();
  await close(db);
  expect(await refreshed).toBeInstanceOf(Error);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('a client that has lost all nodes does not wait for what it was asking them', async () => {
  const proxy = await startProxy(users.cluster);
  onTestFinished(() => proxy.stop());
  const { db, refresh } = await open({ natMap: proxy.natMap, profile: 'lambda', redisOptions: { connectTimeout: 400 } });
  let losses = 0;
  db.on('close', () => (losses += 1));
  proxy.mode = 'deaf';
  proxy.lose();
  const asked = refresh();
  db.disconnect(true);
  expect(await asked).toBeInstanceOf(Error);
  // The endpoint does answer, and it is one of those that are asked next.
  await vi.waitFor(() => expect(db.status).toBe('ready'), 10_000);
  expect(losses).toBe(1);
  proxy.mode = 'pass';
  expect(await db.set(KEYS[0], '2')).toBe('OK');
});
