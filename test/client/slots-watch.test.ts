import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import { moveSlots, shardsOf } from './support/faults';
import { startProxy } from './support/proxy';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, observe, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

const KEYS = Array.from({ length: 50 }, (_, i) => `stream-${i}`);

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

/** A client that looks often, and what it has done by itself since it was connected. */
async function open(options: ConnectOptions = {}) {
  const db = connect({ connection: users.connection(), slotsRefreshInterval: 50, readFrom: 'any', ...options });
  onTestFinished(() => close(db));
  await db.get('key');
  await vi.waitFor(async () => {
    expect(db.nodes()).toHaveLength(6);
    await Promise.all(db.nodes().map((node) => node.ping()));
  }, 15_000);
  const told = { connections: vi.fn(), refreshes: vi.fn() };
  onTestFinished(observe('connect', told.connections));
  onTestFinished(observe('slots-refresh', told.refreshes));
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  return { db, ...told };
}

const looks = async () => {
  const stats = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'commandstats')));
  return stats.reduce<number>((sum, text) => sum + Number(/cmdstat_cluster\|slots:calls=(\d+)/.exec(String(text))?.[1] ?? 0), 0);
};

test('as long as the nodes say the same, it opens no connection', async () => {
  const { connections, refreshes } = await open();
  await vi.waitFor(async () => expect(await looks()).toBeGreaterThan(10), 5_000);
  expect(refreshes).not.toHaveBeenCalled();
  expect(connections).not.toHaveBeenCalled();
});

test('knows nodes that are reached by other names', async () => {
  const proxy = await startProxy(users.cluster);
  onTestFinished(() => proxy.stop());
  const { refreshes } = await open({ natMap: proxy.natMap });
  await vi.waitFor(async () => expect(await looks()).toBeGreaterThan(10), 5_000);
  expect(refreshes).not.toHaveBeenCalled();
});

test('now and then it refreshes whatever a node says', async () => {
  const { refreshes } = await open({ slotsRefreshInterval: 20 });
  await vi.waitFor(() => expect(refreshes.mock.calls.length).toBeGreaterThan(2), 5_000);
  expect(await looks()).toBeGreaterThan(30);
});

test('it keeps out of a transaction that a caller has begun on a connection', async () => {
  const { db, refreshes } = await open();
  const begun = db.nodes();
  await Promise.all(begun.map((node) => node.multi({ pipeline: false })));
  begun.forEach((node) => void node.call('ECHO', 'a'));
  // No connection is left for a look.
  await vi.waitFor(() => expect(refreshes.mock.calls.length).toBeGreaterThan(3), 5_000);
  expect(await Promise.all(begun.map(async (node) => {
    void node.call('ECHO', 'b');
    return node.call('EXEC');
  }))).toEqual(begun.map(() => ['a', 'b']));
  await calm(refreshes);
});

test('finds slots that have moved without a command that is sent to another node', async () => {
  const { db, refreshes } = await open();
  const [from, to] = await shardsOf(users.cluster);
  const slot = from.start;
  const primaries = () => db.slots[slot]![0];
  expect(primaries()).toMatch(new RegExp(`:${from.primary.port}$`));
  await moveSlots(users.cluster, from.primary, to.primary, [slot]);
  await vi.waitFor(() => expect(primaries()).toMatch(new RegExp(`:${to.primary.port}$`)), 5_000);
  await vi.waitFor(() => expect(refreshes).toHaveBeenCalled());
  await calm(refreshes);
});

test('finds a replica that is back', async () => {
  const { db } = await open();
  const [{ replica }] = await shardsOf(users.cluster);
  const connected = () => db.nodes('slave').filter(({ options, status }) => options.port === replica.port && status !== 'end').length;
  expect(connected()).toBe(1);
  await replica.kill();
  await vi.waitFor(() => expect(connected()).toBe(0), 15_000);
  replica.restart();
  await vi.waitFor(() => expect(connected()).toBe(1), 15_000);
});

test('while every connection waits for something, it opens another one', async () => {
  const { db, connections } = await open({ profile: 'blocking', slotsRefreshInterval: 1_000, readFrom: 'primary' });
  const waiting = db.nodes().map((node) => {
    const key = KEYS.find((each) => db.slots[slotOf(each)]!.includes(`${node.options.host}:${node.options.port}`))!;
    return node.xread('BLOCK', 1_800, 'STREAMS', key, '$');
  });
  // With the first look already, which is the only one until they are done.
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => null));
  expect(connections).toHaveBeenCalledTimes(1);
});

test('while the connection for subscriptions is gone, it refreshes with every look', async () => {
  const { db, refreshes } = await open();
  await db.subscribe('news');
  await withoutNewConnections(async () => {
    await users.onAllNodes('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(refreshes.mock.calls.length).toBeGreaterThan(3), 5_000);
  });
});

test('a refresh that failed is made up for', async () => {
  const { db, refreshes } = await open();
  const [{ primary, replica, start }] = await shardsOf(users.cluster);
  const key = KEYS.find((each) => db.slots[slotOf(each)] === db.slots[start])!;
  await withoutQuestions(async () => {
    await replica.call('CLUSTER', 'FAILOVER');
    await vi.waitFor(async () => {
      await db.set(key, '1');
      expect(refreshes).toHaveBeenCalledWith(expect.objectContaining({ error: expect.objectContaining({ message: expect.stringContaining('NOPERM') }) }));
    }, 10_000);
  });
  await vi.waitFor(() => {
    expect(db.slots[start]!.map((name) => Number(name.split(':')[1]))).toEqual([replica.port, primary.port]);
    expect(db.nodes('master')).toHaveLength(3);
  }, 10_000);
});

test('a failover is told to who began to listen after the client was connected', async () => {
  const { db } = await open();
  const failovers = vi.fn();
  onTestFinished(observe('failover', failovers));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [{ primary, replica, start }] = await shardsOf(users.cluster);
  const key = KEYS.find((each) => db.slots[slotOf(each)] === db.slots[start])!;
  const nameOf = ({ port }: { readonly port: number }) => db.slots[start]!.find((name) => name.endsWith(`:${port}`));
  const failover = { from: nameOf(primary), to: nameOf(replica) };
  await replica.call('CLUSTER', 'FAILOVER');
  await vi.waitFor(async () => {
    await db.set(key, '1');
    // Not once: it may be told back and forth until all nodes know of it.
    expect(failovers).toHaveBeenCalledWith(expect.objectContaining(failover));
  }, 10_000);
});

test('a client that has ended does not look', async () => {
  const { db } = await open({ clusterRetryStrategy: () => null as unknown as number, clusterNodeRetryStrategy: () => null as unknown as number });
  await users.disconnectAll();
  await vi.waitFor(() => expect(db.status).toBe('end'));
  const asked = vi.spyOn(db, 'refreshSlotsCache');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked).not.toHaveBeenCalled();
});

/** Waits until looks find nothing new. */
async function calm(refreshes: Mock): Promise<void> {
  await vi.waitFor(async () => {
    const before = refreshes.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(refreshes.mock.calls.length).toBe(before);
  }, 10_000);
}

/** Does something while the servers take no new connection of the user; those that are there stay. */
async function withoutNewConnections(work: () => Promise<void>): Promise<void> {
  await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', '>another-password-0123456789');
  try {
    await work();
  } finally {
    await users.onAllNodes('ACL', 'SETUSER', 'app', `>${passwordOf('app')}`);
  }
}

/** Does something while the servers tell the user nothing of the slots. */
async function withoutQuestions(work: () => Promise<void>): Promise<void> {
  await users.onAllNodes('ACL', 'SETUSER', 'app', '-cluster|slots');
  try {
    await work();
  } finally {
    await users.onAllNodes('ACL', 'SETUSER', 'app', '+@all');
  }
}
