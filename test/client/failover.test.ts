import type { Cluster } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { traffic } from './support/traffic';
import type { Traffic, TrafficOptions } from './support/traffic';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import type { ConnectOptions } from '../../src/client';
import { close, connect, slotOf } from '../../src/client';
import type { LocalNode } from '../../src/local';

type SlotRange = [from: number, to: number, primary: [host: string, port: number, id: string]];

let users: Users;
let db: Cluster;

afterEach(async () => {
  await close(db, { timeout: 200 });
  await users?.local.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const keys = Array.from({ length: 12 }, (_, i) => `{${i}}key`);

/** A client with commands under way on all shards of a new cluster. */
async function start(use: TrafficOptions['use'], options: ConnectOptions = {}): Promise<Traffic> {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = connect({ connection: users.connection(), ...options });
  await Promise.all(keys.map((key) => db.set(key, '0')));
  const commands = traffic(db, { keys, use });
  await pause(300);
  return commands;
}

/** The keys that a node serves. */
async function keysOf(node: LocalNode): Promise<string[]> {
  const ranges = await node.call('CLUSTER', 'SLOTS') as SlotRange[];
  const slots = await Promise.all(keys.map(async (key) => Number(await node.call('CLUSTER', 'KEYSLOT', key))));
  return keys.filter((_, i) => ranges.some(([from, to, [, port]]) => from <= slots[i] && slots[i] <= to && port === node.port));
}

/** When a replica was promoted. */
async function promotion(replica: LocalNode): Promise<number> {
  await expect.poll(async () => String((await replica.call('ROLE') as unknown[])[0]), { timeout: 20_000, interval: 10 }).toBe('master');
  return performance.now();
}

const setEach: TrafficOptions['use'] = (client, key, n) => client.set(`${key}-${n}`, n);

/** How often a node has said that another one serves a slot. */
async function redirected(): Promise<number> {
  const infos = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'errorstats')));
  return infos.reduce<number>((sum, info) => sum + Number(/errorstat_MOVED:count=(\d+)/.exec(String(info))?.[1] ?? 0), 0);
}

async function expectNoError(commands: Traffic): Promise<void> {
  expect(await commands.stop()).toBe(0);
  expect(commands.errors).toEqual([]);
}

/** Whatever `setEach` has set is there. */
async function expectNothingLost(commands: Traffic): Promise<void> {
  const found = await Promise.all(keys.map((key) => db.exists(...Array.from({ length: commands.rounds }, (_, i) => `${key}-${i + 1}`))));
  expect(found).toEqual(keys.map(() => commands.rounds));
}

describe('no command fails when a primary', () => {
  test.each(['SIGKILL', 'SIGSTOP'] as const)('gets %s, and other shards do not notice', async (signal) => {
    const commands = await start(setEach);
    const [primary, replica] = users.cluster.nodes;
    const lost = await keysOf(primary);
    expect(lost.length).toBeGreaterThan(0);
    const promoted = promotion(replica);
    await primary.kill(signal);
    const at = await promoted;
    await expect.poll(() => lost.every((key) => commands.answeredAfter(key, at) !== undefined), { timeout: 10_000 }).toBe(true);
    const delays = lost.map((key) => Math.round(commands.answeredAfter(key, at)! - at));
    await expectNoError(commands);
    await expectNothingLost(commands);
    // A few tenths of a second on a machine with nothing else to do.
    expect(Math.max(...delays)).toBeLessThan(2_500);
    expect(commands.slowest(keys.filter((key) => !lost.includes(key)))).toBeLessThan(1_000);
  });

  test('hands over to its replica', async () => {
    const commands = await start((client, key, n) => client.pipeline().set(key, n).get(key).exec());
    await users.cluster.nodes[1].call('CLUSTER', 'FAILOVER');
    await promotion(users.cluster.nodes[1]);
    await pause(300);
    await expectNoError(commands);
    expect(commands.slowest(keys)).toBeLessThan(2_500);
  });

  test('hands a slot to another one, key by key', async () => {
    const commands = await start(undefined);
    const counted = traffic(db, { keys: keys.map((key) => `${key}-count`), interval: 40, use: (client, key) => client.multi().incr(key).incr(key).exec() });
    const primaries = users.cluster.nodes.filter(({ role }) => role === 'primary');
    const [from, to] = primaries;
    const [key] = await keysOf(from);
    const slot = String(await from.call('CLUSTER', 'KEYSLOT', key));
    const [fromId, toId] = await Promise.all([from, to].map(async (node) => String(await node.call('CLUSTER', 'MYID'))));
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    await pause(200);
    const moved = await from.call('CLUSTER', 'GETKEYSINSLOT', slot, '10') as string[];
    expect(moved).toContain(key);
    for (const name of moved) {
      await from.call('MIGRATE', to.host, to.port, name, '0', '5000', 'AUTH2', 'app', passwordOf('app'));
      await pause(100);
    }
    await to.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    await Promise.all(primaries.filter((node) => node !== to).map((node) => node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId)));
    await pause(500);
    expect(await to.call('GET', key)).toBeTruthy();
    expect(await counted.stop()).toBe(0);
    expect(counted.errors).toEqual([]);
    await expectNoError(commands);
  });
});

test('a primary that has been silent for longer than its connections are kept is left as soon as another takes over', async () => {
  const commands = await start(setEach);
  await users.onAllNodes('CONFIG', 'SET', 'cluster-node-timeout', '5000');
  const [primary, replica] = users.cluster.nodes;
  const lost = await keysOf(primary);
  await primary.kill('SIGSTOP');
  const at = await promotion(replica);
  await expect.poll(() => lost.every((key) => commands.answeredAfter(key, at) !== undefined), { timeout: 10_000 }).toBe(true);
  await expectNoError(commands);
  // A connection that is being opened to it would be given up after 1.5 s.
  expect(Math.max(...lost.map((key) => commands.answeredAfter(key, at)! - at))).toBeLessThan(1_200);
}, 60_000);

test('a node that is silent is not asked for the slots', async () => {
  const commands = await start(setEach);
  await users.cluster.nodes[0].kill('SIGSTOP');
  await pause(1_500);
  for (let i = 0; i < 20; i++) {
    const before = performance.now();
    expect(await new Promise((resolve) => db.refreshSlotsCache(resolve))).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(1_000);
  }
  await users.cluster.nodes[0].kill('SIGCONT');
  await expectNoError(commands);
});

test('the first redirection is followed at once', async () => {
  const commands = await start(setEach, { retryDelayOnMoved: 5_000 });
  await expectNoError(commands);
  const [first] = keys;
  const elsewhere = db.slots.find(([primary]) => primary !== db.slots[slotOf(first)]![0])!;
  for (const read of [() => db.get(first), () => db.pipeline().get(first).exec()]) {
    await new Promise((resolve) => db.refreshSlotsCache(resolve));
    const redirections = await redirected();
    db.slots[slotOf(first)] = [...elsewhere];
    const before = performance.now();
    expect([await read()].flat(2)).toContain('0');
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(await redirected()).toBe(redirections + 1);
  }
});

test('no command fails when all nodes are gone for a while', async () => {
  const commands = await start((client, key, n) => client.set(key, n));
  await Promise.all(users.cluster.nodes.map((node) => node.kill()));
  await pause(1_000);
  users.cluster.nodes.forEach((node) => node.restart());
  const at = performance.now();
  await expect.poll(() => keys.every((key) => commands.answeredAfter(key, at) !== undefined), { timeout: 15_000 }).toBe(true);
  await expectNoError(commands);
});

describe('no read fails when a replica', () => {
  test.each([['SIGKILL', 'replica'], ['SIGKILL', 'any'], ['SIGSTOP', 'replica']] as const)('gets %s while reading from: %s', async (signal, readFrom) => {
    const reads = await start((client, key) => client.get(key), { readFrom });
    await users.cluster.nodes[1].kill(signal);
    await pause(3_500);
    expect(await reads.stop()).toBe(0);
    expect(reads.errors).toEqual([]);
    expect(reads.answered).toBeGreaterThan(1_000);
  });
});
