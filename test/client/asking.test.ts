import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { moveKeys, moveSlots, shardsOf } from './support/faults';
import { startMove } from './support/moving-slot';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

function open(options: ConnectOptions = {}) {
  const db = connect({ connection: stage.users.connection(), natMap: stage.proxy.natMap, deadline: 5_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

const nodeAt = (db: Cluster, port: number) => db.nodes('master').find(({ options }) => options.port === port);

test('a command that is given up between two nodes leaves no ASKING behind, with which others would be executed where their key is not', async () => {
  const { admin, proxy, users } = stage;
  const db = open({ deadline: 250 });
  await admin.get('key');
  const [{ primary: from }, { primary: to }] = await shardsOf(users.cluster);
  const keys = Array.from({ length: 3_000 }, (_, index) => `key-${index}`).filter((key) => admin.slots[slotOf(key)][0] === `${from.host}:${from.port}`);
  const [tag, ...others] = keys;
  const [stays, goes] = [`{${tag}}stays`, `{${tag}}goes`];
  await db.set(stays, '0');
  await Promise.all(db.nodes('master').map((node) => node.ping()));
  const move = await startMove(users.cluster, slotOf(tag), `${to.host}:${to.port}`);
  const replies: number[] = [];
  for (const other of others.slice(0, 8)) {
    // Of another slot that has moved already, so that the client learns of the new node.
    await moveSlots(users.cluster, from, to, [slotOf(other)]);
    const release = proxy.hold();
    await Promise.allSettled([db.get(other), db.get(goes)]);
    release();
    const end = performance.now() + 30;
    const counted: Promise<unknown>[] = [];
    while (performance.now() < end) {
      counted.push(db.incr(stays).then((reply) => replies.push(reply)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(counted);
  }
  expect(replies.length).toBeGreaterThan(50);
  expect(new Set(replies).size).toBe(replies.length);
  expect(await to.call('CLUSTER', 'COUNTKEYSINSLOT', slotOf(tag))).toBe(0);
  await moveKeys(move.from, move.to, slotOf(tag));
  await move.finish();
  await expect.poll(() => admin.get(stays).catch(() => undefined)).toBe(String(replies.length));
});

test('an ASKING whose reply was lost is not sent again, whatever becomes of its command', async () => {
  const { proxy, users } = stage;
  const db = open();
  await db.set('{asked}stays', 'here');
  const move = await startMove(users.cluster, slotOf('{asked}'));
  const { port } = proxy.natMap[`${move.to.host}:${move.to.port}`];
  await Promise.all(db.nodes('master').map((node) => node.ping()));
  // After this time, a connection that is lost is opened anew for what waits.
  await pause(1_200);
  const { stream } = nodeAt(db, port)!;
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) => {
    if (String(args[0]).includes('asking')) {
      proxy.mode = 'mute';
      setTimeout(() => {
        stream.destroy();
        proxy.mode = 'pass';
      }, 50);
    }
    return write(...args);
  };
  await expect(db.incr('{asked}goes')).rejects.toMatchObject({ code: 'EINDOUBT' });
  await expect.poll(() => nodeAt(db, port)?.status).toBe('ready');
  await pause(20);
  await expect(nodeAt(db, port)!.get('{asked}stays')).rejects.toThrow(/^MOVED /);
  await moveKeys(move.from, move.to, slotOf('{asked}'));
  await move.finish();
});

test('a caller may ask a node by himself', async () => {
  const { users } = stage;
  const db = open();
  await db.set('{own}stays', 'here');
  const move = await startMove(users.cluster, slotOf('{own}'));
  const { port } = stage.proxy.natMap[`${move.to.host}:${move.to.port}`];
  const node = nodeAt(db, port)!;
  expect(await node.asking()).toBe('OK');
  expect(await node.get('{own}stays')).toBe(null);
  void node.asking();
  expect(await node.get('{own}stays')).toBe(null);
  await expect(node.get('{own}stays')).rejects.toThrow(/^MOVED /);
  await moveKeys(move.from, move.to, slotOf('{own}'));
  await move.finish();
});
