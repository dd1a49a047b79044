import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { shardsOf } from './support/faults';
import { flush } from './support/primaries';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, mset, observe, scanAll, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

const KEYS = Array.from({ length: 30 }, (_, i) => `key-${i}`);

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

beforeEach(() => flush(users.cluster));

afterAll(async () => users?.local.stop());

/** A client with a connection to every primary, and what it does by itself from then on. */
async function open(options: ConnectOptions = {}, age = 1_100) {
  const db = connect({ connection: users.connection(), ...options });
  onTestFinished(() => close(db));
  await mset(db, KEYS.map((key) => [key, '1'] as const));
  await pause(age);
  const told = { connections: vi.fn(), refreshes: vi.fn() };
  onTestFinished(observe('connect', told.connections));
  onTestFinished(observe('slots-refresh', told.refreshes));
  return { db, ...told };
}

const connected = (db: Cluster) => db.nodes('master').filter(({ status }) => status === 'ready');

async function primaryOf(db: Cluster, key: string): Promise<Redis> {
  const shards = await shardsOf(users.cluster);
  const { primary } = shards.find(({ end }) => slotOf(key) <= end)!;
  return db.nodes().find(({ options }) => options.port === primary.port)!;
}

test('connections that were dropped come back by themselves: no question for the slots, no other node', async () => {
  const { db, connections, refreshes } = await open();
  const nodes = connected(db);
  const pending = Promise.all(KEYS.map((key) => db.set(key, '2')));
  await users.disconnectAll();
  expect(await pending).toEqual(KEYS.map(() => 'OK'));
  expect(await Promise.all(KEYS.map((key) => db.get(key)))).toEqual(KEYS.map(() => '2'));
  expect(refreshes).not.toHaveBeenCalled();
  expect(connections.mock.calls.map(([{ purpose }]) => purpose)).toEqual(['commands', 'commands', 'commands']);
  expect(connected(db)).toEqual(nodes);
});

test('a connection that did not last does not come back at once', async () => {
  const { db, refreshes } = await open({}, 0);
  await users.disconnectAll();
  expect(await Promise.all(KEYS.map((key) => db.set(key, '2')))).toEqual(KEYS.map(() => 'OK'));
  expect(refreshes).toHaveBeenCalled();
});

test('servers that drop every connection are not asked for one without end', async () => {
  const { db, connections } = await open({ deadline: 2_000 });
  const until = performance.now() + 1_500;
  let dropping = true;
  const dropped = (async () => {
    for (; performance.now() < until; await pause(5)) {
      await users.disconnectAll();
    }
    dropping = false;
  })();
  while (dropping) {
    await Promise.all([...KEYS.map((key) => db.get(key).catch(() => undefined)), pause(10)]);
  }
  await dropped;
  // Six nodes, with 50 ms and more between two attempts, and a question for the slots with each.
  expect(connections.mock.calls.length).toBeLessThan(150);
  expect(await db.get(KEYS[0])).toBe('1');
});

test('a client that is told not to retry fails nothing for it', async () => {
  const { db } = await open({ redisOptions: { maxRetriesPerRequest: 0 } });
  const pending = Promise.all(KEYS.map((key) => db.set(key, '2')));
  await users.disconnectAll();
  expect(await pending).toEqual(KEYS.map(() => 'OK'));
  expect(await Promise.all(KEYS.map((key) => db.get(key)))).toEqual(KEYS.map(() => '2'));
});

test('the strategy of a caller stays', async () => {
  const clusterNodeRetryStrategy = vi.fn(() => 1);
  const { db } = await open({ clusterNodeRetryStrategy });
  await users.disconnectAll();
  await vi.waitFor(() => expect(clusterNodeRetryStrategy).toHaveBeenCalled());
  expect(await db.get(KEYS[0])).toBe('1');
});

test.each([
  ['a transaction', (node: Redis) => node.call('MULTI')],
  ['keys that are watched', (node: Redis) => node.watch(KEYS[0])],
])('%s on the connection of a node ends with it', async (_, begin) => {
  const { db } = await open();
  const node = await primaryOf(db, KEYS[0]);
  await begin(node);
  await users.disconnectAll();
  await vi.waitFor(() => expect(node.status).toBe('end'));
  await expect(node.multi().set(KEYS[0], 'lost update').exec()).rejects.toThrow('Connection is closed.');
  expect(await db.get(KEYS[0])).toBe('1');
});

test('a node whose transaction or watch is over comes back', async () => {
  const { db } = await open();
  const node = await primaryOf(db, KEYS[0]);
  await node.watch(KEYS[0]);
  await node.unwatch();
  await node.call('MULTI');
  await node.call('DISCARD');
  const back = new Promise((resolve) => node.once('reconnecting', resolve));
  await users.disconnectAll();
  await back;
  expect(await db.get(KEYS[0])).toBe('1');
});

test('a duplicate of a node is on its own', async () => {
  const { db } = await open();
  const duplicate = (await primaryOf(db, KEYS[0])).duplicate();
  duplicate.on('error', () => undefined);
  expect(await duplicate.get(KEYS[0])).toBe('1');
  await pause(1_100);
  const ended = new Promise((resolve) => duplicate.once('end', resolve));
  await users.disconnectAll();
  await ended;
});

const inFiveSeconds: ConnectOptions = { clusterNodeRetryStrategy: () => 5_000 };

test.each<['close' | 'disconnect', ConnectOptions]>([
  ['close', {}],
  ['disconnect', {}],
  ['close', inFiveSeconds],
  ['disconnect', inFiveSeconds],
])('%s ends a client whose connections are about to come back, with the options %j', async (how, options) => {
  const { db } = await open(options);
  // The longest wait.
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => void vi.restoreAllMocks());
  const about = Promise.all(connected(db).map((node) => new Promise((resolve) => node.once('reconnecting', resolve))));
  const ended = new Promise((resolve) => db.once('end', resolve));
  await users.disconnectAll();
  await about;
  expect(connected(db)).toEqual([]);
  timers.mockClear();
  const start = performance.now();
  if (how === 'close') {
    await close(db);
  } else {
    db.disconnect();
  }
  await ended;
  expect(performance.now() - start).toBeLessThan(500);
  expect(db.status).toBe('end');
  // With which ioredis waits for a connection to close, and which would hold the process.
  const { disconnectTimeout } = db.options.redisOptions!;
  expect(timers.mock.calls.filter(([, ms]) => ms === disconnectTimeout)).toEqual([]);
});

test('a scan begins its shard anew when its connection has come back', async () => {
  const { db } = await open();
  const pages = scanAll(db, { count: 1 });
  const { value: first } = await pages.next();
  await users.disconnectAll();
  const found: string[] = [...first!];
  for await (const page of pages) {
    found.push(...page);
  }
  expect([...new Set(found)].sort()).toEqual([...KEYS].sort());
  expect(found.filter((key) => key === first![0])).toHaveLength(2);
});
