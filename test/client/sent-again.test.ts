import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { moveKeys } from './support/faults';
import { startMove } from './support/moving-slot';
import type { MovingSlot } from './support/moving-slot';
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

async function finish(move: MovingSlot): Promise<void> {
  await pause(800);
  await moveKeys(move.from, move.to, slotOf('{k}'));
  await move.finish();
}

test.each([0, 1_200])('commands of a pipeline for the same key that are sent again keep their order when one of them has to be tried again (after %i ms)', async (age) => {
  const { admin, proxy, users } = stage;
  const db = await open();
  await pause(age);
  proxy.mode = 'mute';
  const replies = db.pipeline().mset('{k}c', '1', '{k}d', '2').del('{k}c').exec();
  let move!: MovingSlot;
  await afterLoss(async () => await admin.get('{k}d') === '2', async () => void (move = await startMove(users.cluster, slotOf('{k}'))));
  await finish(move);
  expect((await replies)![0]).toEqual([null, 'OK']);
  expect(await admin.get('{k}c')).toBe(null);
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
