import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { moveSlots, shardsOf } from './support/faults';
import { startUsers } from './support/users';
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
  await Promise.all(db.nodes().map((node) => node.ping()));
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

test('finds slots that have moved without a command that is sent to another node', async () => {
  const { db, refreshes } = await open();
  const [from, to] = await shardsOf(users.cluster);
  const slot = from.start;
  const primaries = () => db.slots[slot]![0];
  expect(primaries()).toMatch(new RegExp(`:${from.primary.port}$`));
  await moveSlots(users.cluster, from.primary, to.primary, [slot]);
  await vi.waitFor(() => expect(primaries()).toMatch(new RegExp(`:${to.primary.port}$`)), 5_000);
  await vi.waitFor(() => expect(refreshes).toHaveBeenCalled());
  await vi.waitFor(async () => {
    const before = refreshes.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(refreshes.mock.calls.length).toBe(before);
  }, 10_000);
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

test('a client all of whose connections wait for something opens another one', async () => {
  const { db, connections } = await open({ profile: 'blocking', slotsRefreshInterval: 200, readFrom: 'primary' });
  const waiting = db.nodes().map((node) => {
    const key = KEYS.find((each) => db.slots[slotOf(each)]!.includes(`${node.options.host}:${node.options.port}`))!;
    return node.xread('BLOCK', 2_000, 'STREAMS', key, '$');
  });
  await vi.waitFor(() => expect(connections).toHaveBeenCalled(), 1_500);
  expect(await Promise.all(waiting)).toEqual(Array(6).fill(null));
});
