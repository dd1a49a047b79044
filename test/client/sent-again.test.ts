import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { moveKeys, shardsOf } from './support/faults';
import { startMove } from './support/moving-slot';
import type { MovingSlot } from './support/moving-slot';
import { callsOf } from './support/primaries';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, slotOf, transaction } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

async function open() {
  const db = connect({ connection: stage.users.connection(), natMap: stage.proxy.natMap, deadline: 10_000 });
  onTestFinished(() => close(db, { timeout: 100 }));
  await db.get('{k}none');
  await Promise.all(stage.admin.nodes('master').map((node) => node.flushall()));
  return db;
}

/** Loses the replies to what has been sent once it is executed and something has happened to the servers. */
async function afterLoss(isExecuted: () => Promise<boolean>, happen: () => Promise<void>): Promise<void> {
  await expect.poll(isExecuted).toBe(true);
  await happen();
  stage.proxy.mode = 'pass';
  stage.proxy.cut();
}

async function migrate({ from, to }: MovingSlot, ...keys: string[]): Promise<void> {
  const [[, user], [, password]] = await Promise.all(['masteruser', 'masterauth'].map((name) => from.call('CONFIG', 'GET', name))) as [string, string][];
  await from.call('MIGRATE', to.host, to.port, '', 0, 5_000, 'AUTH2', user, password, 'KEYS', ...keys);
}

/** Writes the same two keys two hundred times. */
function overwrite(db: Cluster) {
  const pipeline = db.pipeline();
  for (let number = 0; number < 200; number++) {
    pipeline.mset({ '{k}c': number, '{k}d': number });
  }
  return pipeline.exec();
}

async function finish(move: MovingSlot): Promise<void> {
  await pause(800);
  await moveKeys(move.from, move.to, slotOf('{k}'));
  await move.finish();
}

test('what is sent again stays before what was given after it', async () => {
  const { admin, proxy } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = Promise.all([db.pipeline().set('{k}c', '1').set('{k}c', '2').exec(), db.set('{k}c', '3'), db.pipeline().set('{k}c', '4').set('{k}d', '1').exec()]);
  await afterLoss(async () => await admin.get('{k}d') === '1', async () => undefined);
  await work;
  expect(await db.get('{k}c')).toBe('4');
});

test('commands of a pipeline for the same key are executed in their order, although a node refuses one of them when they are sent again', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = db.pipeline().mset({ '{k}c': '1', '{k}d': '2' }).del('{k}c').set('{k}e', '3').exec();
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}e') === '3', async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
  });
  await finish(move);
  expect(await work).toEqual([[null, 'OK'], [null, 1], [null, 'OK']]);
  expect(await db.mget('{k}c', '{k}d')).toEqual([null, '2']);
});

test('what is refused when it is sent again, and was overtaken by then, is in doubt', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = db.pipeline().mset({ '{k}c': '1', '{k}d': '2' }).get('{k}d').set('{k}d', '5').set('{k}e', '3').exec();
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}e') === '3', async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
    await migrate(move, '{k}c');
  });
  await finish(move);
  const [[overtaken], [read], ...rest] = (await work)!;
  expect(overtaken).toMatchObject({ code: 'EINDOUBT', command: 'mset', message: expect.stringMatching(/executed since: TRYAGAIN /) });
  expect(read).toMatchObject({ code: 'EINDOUBT', command: 'get' });
  expect(rest).toEqual([[null, 'OK'], [null, 'OK']]);
  expect(await db.get('{k}d')).toBe('5');
});

test.each([0, 1_200])('commands of a pipeline whose replies are lost twice go where their keys are then (on connections of %i ms)', async (age) => {
  const { admin, proxy, users } = stage;
  const db = await open();
  await pause(age);
  proxy.mode = 'mute';
  const work = db.pipeline().set('{k}c', '1').set('{k}d', '2').exec();
  await afterLoss(async () => await admin.get('{k}d') === '2', () => users.onAllNodes('CLIENT', 'PAUSE', '20000', 'WRITE'));
  await expect.poll(async () => (await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'clients')))).join()).toMatch(/blocked_clients:[1-9]/);
  proxy.mode = 'refuse';
  proxy.cut();
  await users.onAllNodes('CLIENT', 'UNPAUSE');
  const move = await startMove(users.cluster, slotOf('{k}'));
  await migrate(move, '{k}c', '{k}d');
  proxy.mode = 'pass';
  await finish(move);
  expect(await work).toEqual([[null, 'OK'], [null, 'OK']]);
});

test('thousands of commands for one key go together to where its slot is when they are sent again', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  const numbers = Array.from({ length: 5_000 }, (_, index) => index);
  proxy.mode = 'mute';
  const pipeline = db.pipeline();
  numbers.forEach((number) => pipeline.hset('{k}h', 'field', number));
  const work = pipeline.exec();
  await afterLoss(async () => await admin.hget('{k}h', 'field') === '4999', async () => {
    const move = await startMove(users.cluster, slotOf('{k}'));
    await moveKeys(move.from, move.to, slotOf('{k}'));
    await move.finish();
  });
  expect((await work)!.map(([error]) => error)).toEqual(numbers.map(() => null));
  expect(await db.hget('{k}h', 'field')).toBe('4999');
});

test('commands of several keys do not wait for each other when the cluster is down as they are sent again', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = overwrite(db);
  const { primary: owner } = (await shardsOf(users.cluster)).find(({ start, end }) => start <= slotOf('{k}') && slotOf('{k}') <= end)!;
  await afterLoss(async () => await admin.get('{k}d') === '199', async () => void await owner.call('CLUSTER', 'DELSLOTS', slotOf('{k}')));
  await pause(500);
  await owner.call('CLUSTER', 'ADDSLOTS', slotOf('{k}'));
  expect((await work)!.filter(([error]) => error)).toHaveLength(0);
  expect(await db.get('{k}d')).toBe('199');
});

test('what a node has refused goes on with the first command of each key, and with the others once it takes that', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  const keys = Array.from({ length: 50 }, (_, index) => `{k}${index}`);
  proxy.mode = 'mute';
  const work = Promise.all(keys.map((key) => db.pipeline().del(key).sadd(key, 'member').smembers(key).exec()));
  const { primary: owner } = (await shardsOf(users.cluster)).find(({ start, end }) => start <= slotOf('{k}') && slotOf('{k}') <= end)!;
  await afterLoss(async () => await admin.scard(keys.at(-1)!) === 1, async () => {
    await owner.call('CLUSTER', 'DELSLOTS', slotOf('{k}'));
    await owner.call('CONFIG', 'RESETSTAT');
  });
  await pause(500);
  await owner.call('CLUSTER', 'ADDSLOTS', slotOf('{k}'));
  expect(await work).toEqual(keys.map(() => [[null, 1], [null, 1], [null, ['member']]]));
  const stats = String(await owner.call('INFO', 'commandstats'));
  const [first, ...others] = ['del', 'sadd', 'smembers'].map((name) => Number(new RegExp(`_${name}:.*rejected_calls=(\\d+)`).exec(stats)![1]));
  expect(first).toBeGreaterThan(keys.length);
  expect(others).toEqual([keys.length, keys.length]);
});

test('commands of several keys do not each wait for a slot that has moved when they are sent again', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = overwrite(db);
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}d') === '199', async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
    await migrate(move, '{k}c');
  });
  await finish(move);
  expect((await work)!.filter(([error]) => error)).toHaveLength(0);
  expect(await db.mget('{k}c', '{k}d')).toEqual(['199', '199']);
});

test.each<[string, (slots: string[][], slot: number, owner: string) => void]>([
  ['does not know', (slots, slot) => delete slots[slot]],
  ['has another one for', (slots, slot, owner) => (slots[slot] = slots.find(([name]) => name !== owner)!)],
])('commands for the same key stay in their order when a node takes them again that the client %s their slot', async (_, mistake) => {
  const { proxy, users } = stage;
  const db = await open();
  const slot = slotOf('{k}');
  const { primary } = (await shardsOf(users.cluster)).find(({ start, end }) => start <= slot && slot <= end)!;
  const [owner] = db.slots[slot];
  const pool = (db as unknown as { connectionPool: { recreate?(): void } }).connectionPool;
  const recreate = pool.recreate && vi.spyOn(pool as { recreate(): void }, 'recreate');
  const keys = Array.from({ length: 30 }, (__, index) => `{k}${index}`);
  proxy.mode = 'mute';
  const work = Promise.all(keys.map((key) => db.pipeline().del(key).sadd(key, 'a').sadd(key, 'b').scard(key).exec()));
  await afterLoss(async () => await stage.admin.scard(keys.at(-1)!) === 2, async () => void await primary.call('CLUSTER', 'DELSLOTS', slot));
  await pause(500);
  const timer = setInterval(() => mistake(db.slots, slot, owner), 1);
  await primary.call('CLUSTER', 'ADDSLOTS', slot);
  expect(await work.finally(() => clearInterval(timer))).toEqual(keys.map(() => [[null, 1], [null, 1], [null, 1], [null, 2]]));
  expect(recreate?.mock.calls ?? []).toEqual([]);
});

test('a transaction that only reads is never in doubt', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  await db.mset('{k}b', '1', '{k}d', '2');
  await transaction(db, 'k', (tx) => tx.get('{k}none'));
  const before = await callsOf(users.cluster, 'mget');
  proxy.mode = 'mute';
  const work = transaction(db, 'k', (tx) => tx.mget('{k}b', '{k}d'));
  let move!: MovingSlot;
  await afterLoss(async () => await callsOf(users.cluster, 'mget') > before, async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
    await migrate(move, '{k}b');
  });
  await finish(move);
  expect(await work).toEqual([['1', '2']]);
  expect(await admin.get('{k}b')).toBe('1');
});

test('a MULTI that was executed, and is refused when it is sent again, is in doubt', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = expect(db.multi().mset('{k}b', '1', '{k}d', '2').sadd('{k}c', 'z').exec()).rejects.toMatchObject({
    code: 'EINDOUBT', command: 'multi', message: expect.stringContaining('may have been executed the first time: EXECABORT'),
  });
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}d') === '2', async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
    await migrate(move, '{k}c', '{k}b');
  });
  await finish(move);
  await work;
});

test('a pipeline with a MULTI that was executed, and is refused in part when it is sent again, is in doubt in part', async () => {
  const { admin, proxy, users } = stage;
  const db = await open();
  proxy.mode = 'mute';
  const work = db.pipeline().sadd('{k}c', 'z').call('multi').set('{k}b', '1').call('exec').set('{k}d', '2').exec();
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}d') === '2', async () => {
    move = await startMove(users.cluster, slotOf('{k}'));
    await migrate(move, '{k}c');
  });
  await finish(move);
  const [[first], ...rest] = (await work)!;
  expect(first).toMatchObject({ code: 'EINDOUBT' });
  expect(rest.map(([error]) => error)).toEqual([null, null, null, null]);
});

test.each<[string, (db: Awaited<ReturnType<typeof open>>) => Promise<unknown>]>([
  ['transaction()', (db) => transaction(db, 'k', (tx) => tx.set('{k}b', '1'))],
  ['SET', (db) => db.set('{k}b', '1')],
  ['SET in a pipeline', async (db) => Promise.reject((await db.pipeline().set('{k}b', '1').get('{k}none').exec())![0][0]!)],
])('%s that was executed, and finds no memory when it is sent again, is in doubt', async (_, write) => {
  const { admin, proxy, users } = stage;
  const db = await open();
  await transaction(db, 'k', (tx) => tx.get('{k}none'));
  proxy.mode = 'mute';
  const work = expect(write(db)).rejects.toMatchObject({ code: 'EINDOUBT' });
  await afterLoss(async () => await admin.get('{k}b') === '1', () => users.onAllNodes('CONFIG', 'SET', 'maxmemory', '1'));
  await work;
  await users.onAllNodes('CONFIG', 'SET', 'maxmemory', '0');
});
