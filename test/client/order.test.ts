import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { moveSlots, shardsOf } from './support/faults';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

function open(options: ConnectOptions) {
  const db = connect({ connection: stage.users.connection(), ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

async function shardOf(key: string) {
  return (await shardsOf(stage.users.cluster)).find(({ start, end }) => start <= slotOf(key) && slotOf(key) <= end)!;
}

test.each([
  ['behind a proxy', true],
  ['without one', false],
])('commands of a pipeline for the same key are executed in their order when its slot has moved (%s)', async (_, isProxied) => {
  const { users, admin, proxy } = stage;
  const owner = await shardOf('{k}');
  let [from, to] = [owner.primary, (await shardsOf(users.cluster)).find(({ start }) => start !== owner.start)!.primary];
  const isHere = (tag: string) => slotOf(tag) !== slotOf('{k}') && owner.start <= slotOf(tag) && slotOf(tag) <= owner.end;
  const stays = Array.from({ length: 999 }, (__, index) => `{s${index}}`).find(isHere)!;
  const db = open({ natMap: isProxied ? proxy.natMap : undefined });
  await db.get('{k}a');
  const seen: unknown[] = [];
  for (let number = 0; number < 24; number++) {
    await moveSlots(users.cluster, from, to, [slotOf('{k}')]);
    [from, to] = [to, from];
    if (number % 2 === 0) {
      const replies = await db.pipeline().set(stays, 'x').set('{k}a', 'first').set('{k}a', 'last').exec();
      seen.push([replies!.map(([error, reply]) => error?.message ?? reply).join(), await admin.get('{k}a')]);
    } else {
      // The client gets to know it.
      await db.get('{k}a');
      await pause(100);
      await new Promise((resolve) => db.refreshSlotsCache(resolve));
    }
  }
  expect(seen).toEqual(seen.map(() => ['OK,OK,OK', 'last']));
});

test.each([
  ['a failover', true],
  ['a restart', false],
])('commands of a pipeline for the same key are executed in their order over %s', async (_, isFailover) => {
  const shard = await shardOf('{k}');
  const db = open({ deadline: 30_000 });
  await Promise.all(['{k}', '{a}', '{d}'].map((key) => db.get(key)));
  await pause(1_100);
  await shard.primary.kill('SIGSTOP');
  const keys = Array.from({ length: 200 }, (__, index) => `{k}${isFailover ? 'f' : 'r'}${index}`);
  const results = Promise.all(keys.map((key) => db.pipeline().del(key).sadd(key, 'member').smembers(key).exec()));
  await pause(100);
  await shard.primary.kill();
  if (!isFailover) {
    shard.primary.restart();
  }
  expect(await results).toEqual(keys.map(() => [[null, expect.any(Number)], [null, expect.any(Number)], [null, ['member']]]));
  expect(await Promise.all(keys.map((key) => db.smembers(key)))).toEqual(keys.map(() => ['member']));
});
