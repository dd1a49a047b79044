import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startMove } from './support/moving-slot';
import type { MovingSlot } from './support/moving-slot';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import type { ConnectOptions } from '../../src/client';
import { close, connect, slotOf } from '../../src/client';

let users: Users;
let move: MovingSlot;

beforeEach(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterEach(async () => users?.local.stop());

/** A client that knows the slots, of which that of `{s}` is on its way, with the key `{s}stays` still where it was. */
async function open(options: ConnectOptions = {}) {
  const db = connect({ connection: users.connection(), ...options });
  onTestFinished(() => close(db, { timeout: 200 }));
  await db.set('{s}stays', '0');
  move = await startMove(users.cluster, slotOf('{s}'));
  return db;
}

test.each(['primary', 'replica'] as const)('what a node no longer has of a slot on its way is asked of the next one, reading from the %s', async (readFrom) => {
  const db = await open({ readFrom });
  const results = await db.pipeline().set('{s}stays', '1').set('{s}goes', '2').append('{s}goes', '3').get('{s}stays').getBuffer('{s}goes').exec();
  expect(results).toEqual([[null, 'OK'], [null, 'OK'], [null, 2], [null, '1'], [null, Buffer.from('23')]]);
  expect(await move.from.call('EXISTS', '{s}stays')).toBe(1);
});

test('what is for a slot that has moved goes where it is, and the rest is done once', async () => {
  const db = await open();
  const key = Array.from({ length: 100 }, (_, i) => `key-${i}`).find((each) => db.slots[slotOf(each)]![0] === db.slots[slotOf('{s}')]![0])!;
  await db.del('{s}stays');
  await move.finish();
  expect(await db.pipeline().incr(key).rpush('{s}goes', 'a').rpush('{s}goes', 'b').incr(key).exec()).toEqual([[null, 1], [null, 1], [null, 2], [null, 2]]);
  expect(await db.lrange('{s}goes', 0, -1)).toEqual(['a', 'b']);
});

test('a command that another one has overtaken stays refused', async () => {
  const db = await open();
  const [refused, overtaking, later] = (await db.pipeline().mset({ '{s}stays': '1', '{s}goes': '1' }).set('{s}stays', '2').set('{s}goes', '3').exec())!;
  expect(refused[0]?.message).toMatch(/^TRYAGAIN /);
  expect([overtaking, later]).toEqual([[null, 'OK'], [null, 'OK']]);
  expect(await db.get('{s}stays')).toBe('2');
});

test('what is wrong in itself stays so', async () => {
  const db = await open();
  const [set, wrong] = (await db.pipeline().set('{s}goes', 'a').lpush('{s}stays', 'b').exec())!;
  expect(set).toEqual([null, 'OK']);
  expect(wrong[0]?.message).toMatch(/^WRONGTYPE /);
});

test('single commands that ioredis puts into pipelines do not see that a slot moves', async () => {
  const db = await open({ enableAutoPipelining: true });
  const replies = await Promise.all([db.set('{s}stays', '1'), db.set('{s}goes', '2'), db.append('{s}goes', '3'), db.get('{s}goes')]);
  expect(replies).toEqual(['OK', 'OK', 2, '23']);
});

test('a callback gets the same', async () => {
  const db = await open();
  const results = await new Promise((resolve, reject) => {
    void db.pipeline().set('{s}stays', '1').set('{s}goes', '2').exec((error, replies) => (error ? reject(error) : resolve(replies)));
  });
  expect(results).toEqual([[null, 'OK'], [null, 'OK']]);
});

test('what waits for a slot has no more time than the pipeline', async () => {
  const db = await open({ deadline: 500 });
  const start = performance.now();
  const [set, refused] = (await db.pipeline().set('{s}stays', '1').mset({ '{s}stays': '1', '{s}goes': '1' }).exec())!;
  expect(set).toEqual([null, 'OK']);
  expect(refused[0]).toMatchObject({ code: 'EDEADLINE' });
  expect(performance.now() - start).toBeLessThan(1_500);
});
