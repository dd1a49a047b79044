import { Command } from 'ioredis';
import type { ChainableCommander, Cluster } from 'ioredis';
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

/** Keys that a node serves, as `host:port`. */
const keysAt = (db: Cluster, node: string) => Array.from({ length: 100 }, (_, i) => `key-${i}`).filter((key) => db.slots[slotOf(key)]![0] === node);

/** A key of another slot on the node that serves that of `{s}`. */
const neighbourOf = (db: Cluster) => keysAt(db, db.slots[slotOf('{s}')]![0])[0];

test.each(['primary', 'replica'] as const)('what a node no longer has of a slot on its way is asked of the next one, reading from the %s', async (readFrom) => {
  const db = await open({ readFrom });
  const results = await db.pipeline().set('{s}stays', '1').set('{s}goes', '2').append('{s}goes', '3').get('{s}stays').getBuffer('{s}goes').exec();
  expect(results).toEqual([[null, 'OK'], [null, 'OK'], [null, 2], [null, '1'], [null, Buffer.from('23')]]);
  expect(await move.from.call('EXISTS', '{s}stays')).toBe(1);
});

test('what is for a slot that has moved goes where it is, and the rest is done once', async () => {
  const db = await open();
  const key = neighbourOf(db);
  await db.del('{s}stays');
  await move.finish();
  expect(await db.pipeline().incr(key).rpush('{s}goes', 'a').rpush('{s}goes', 'b').incr(key).exec()).toEqual([[null, 1], [null, 1], [null, 2], [null, 2]]);
  expect(await db.lrange('{s}goes', 0, -1)).toEqual(['a', 'b']);
});

test('what has only been read is not read again where the slot goes to', async () => {
  const db = await open();
  expect(await db.pipeline().get('{s}stays').set('{s}goes', '2').exec()).toEqual([[null, '0'], [null, 'OK']]);
  expect(await db.pipeline().get('{s}stays').get('{s}goes').exec()).toEqual([[null, '0'], [null, '2']]);
});

test('what has only been read of another slot does not keep the rest from going where the slot is', async () => {
  const db = await open();
  const key = neighbourOf(db);
  await db.set(key, 'v');
  await db.del('{s}stays');
  await move.finish();
  expect(await db.pipeline().get(key).rpush('{s}goes', 'a').exec()).toEqual([[null, 'v'], [null, 1]]);
});

test('commands for the same key keep their order, however long one of them waits', async () => {
  const db = await open();
  const pipeline = db.pipeline().set(neighbourOf(db), 'x').mset({ '{s}stays': '1', '{s}goes': '1' }).set('{s}goes', '3').append('{s}goes', '4').exec();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await move.from.call('DEL', '{s}stays');
  await move.finish();
  expect(await pipeline).toEqual([[null, 'OK'], [null, 'OK'], [null, 'OK'], [null, 2]]);
  expect(await db.get('{s}goes')).toBe('34');
});

test('thousands of commands of several keys have the time to wait for each other', async () => {
  const db = await open({ deadline: 10_000 });
  const key = neighbourOf(db);
  await db.del('{s}stays');
  await move.finish();
  const pipeline = db.pipeline().set(key, 'x');
  for (let number = 0; number < 4_000; number++) {
    pipeline.mset({ '{s}a': number, [`{s}${number}`]: number, [`{s}${number + 1}`]: number });
  }
  expect((await pipeline.exec())!.filter(([error]) => error)).toHaveLength(0);
  expect(await db.mget('{s}a', '{s}1', '{s}4000')).toEqual(['3999', '1', '3999']);
});

test('callbacks of single commands and scripts come once', async () => {
  const db = await open();
  db.defineCommand('put', { numberOfKeys: 1, lua: 'return redis.call("set", KEYS[1], ARGV[1])' });
  const replies: unknown[] = [];
  const callback = (error: unknown, reply: unknown) => void replies.push(error ?? reply);
  const pipeline = db.pipeline().set('{s}stays', '1').set('{s}goes', '2', callback) as ChainableCommander & { put(...args: unknown[]): ChainableCommander };
  await pipeline.put('{s}too', '3', callback).exec();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(replies).toEqual(['OK', 'OK']);
});

test('a script that the next node does not know is sent as a whole', async () => {
  const db = await open();
  db.defineCommand('put', { numberOfKeys: 1, lua: 'return redis.call("set", KEYS[1], ARGV[1])' });
  const { put } = db as Cluster & { put(...args: unknown[]): Promise<unknown> };
  const there = keysAt(db, `${move.to.host}:${move.to.port}`)[0];
  await put.call(db, there, '1');
  await users.onAllNodes('SCRIPT', 'FLUSH');
  await put.call(db, '{s}stays', '1');
  const pipeline = db.pipeline().set('{s}stays', '1') as ChainableCommander & { put(...args: unknown[]): ChainableCommander };
  expect(await pipeline.put('{s}goes', '2').exec()).toEqual([[null, 'OK'], [null, 'OK']]);
});

test('keys that differ in a byte that is no text are different keys', async () => {
  const db = await open();
  const [stays, goes] = [0xfe, 0xff].map((byte) => Buffer.from([...Buffer.from('{s}'), byte]));
  await move.from.call('CLUSTER', 'SETSLOT', slotOf('{s}'), 'STABLE');
  await db.set(stays, '0');
  await move.from.call('CLUSTER', 'SETSLOT', slotOf('{s}'), 'MIGRATING', String(await move.to.call('CLUSTER', 'MYID')));
  expect(await db.pipeline().set(goes, '1').set(stays, '1').exec()).toEqual([[null, 'OK'], [null, 'OK']]);
});

test('a transaction among other commands is left to the caller', async () => {
  const db = await open();
  const inside = (db.pipeline().set('{s}stays', '1') as unknown as { multi(): ChainableCommander }).multi().set('{s}goes', '2').exec();
  const replies = await (inside as unknown as ChainableCommander).exec();
  expect(replies!.map(([error, reply]) => error?.message.split(' ')[0] ?? reply)).toEqual(['OK', 'OK', 'ASK', 'EXECABORT']);
});

const REFUSED = expect.objectContaining({ message: expect.stringMatching(/^ASK /) });

test('so is one that ioredis does not know of', async () => {
  const db = await open();
  const replies = await db.pipeline().call('multi').set('{s}stays', '1').set('{s}goes', '2').call('exec').exec();
  expect(replies!.map(([error]) => error?.message.split(' ')[0])).toEqual([undefined, undefined, 'ASK', 'EXECABORT']);
  expect(await db.get('{s}stays')).toBe('0');
});

test('nor is anything sent again that ioredis may have failed, or whose keys it does not know', async () => {
  const timed = await open({ redisOptions: { commandTimeout: 5_000 } });
  expect(await timed.pipeline().set('{s}stays', '1').set('{s}goes', '2').exec()).toEqual([[null, 'OK'], [REFUSED]]);
  const db = connect({ connection: users.connection() });
  onTestFinished(() => close(db, { timeout: 200 }));
  expect(await db.pipeline().set('{s}stays', '1').blpop('{s}list', 1).exec()).toEqual([[null, 'OK'], [REFUSED]]);
  const unknown = Object.assign(new Command('append', ['{s}goes', '1'], { replyEncoding: 'utf8' }), { getKeys: () => [] });
  const pipeline = db.pipeline().set('{s}stays', '1');
  (pipeline as unknown as { sendCommand(command: Command): void }).sendCommand(unknown);
  expect(await pipeline.set('{s}goes', '2').exec()).toEqual([[null, 'OK'], [REFUSED], [REFUSED]]);
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

test('nor that the client learns of it between a command and its pipeline', async () => {
  const db = connect({ connection: users.connection(), enableAutoPipelining: true });
  onTestFinished(() => close(db, { timeout: 200 }));
  await db.get('{s}stays');
  const neighbour = neighbourOf(db);
  const [other] = db.slots.map(([primary]) => primary).filter((primary) => primary !== db.slots[slotOf('{s}')]![0]);
  for (let n = 1; n <= 3; n++) {
    const replies = Promise.all([db.incr('{s}n'), db.incr(neighbour), db.incr('{s}n'), db.get('{s}stays')]);
    // As with a refresh.
    db.slots[slotOf('{s}')] = [other!];
    (db as unknown as { _groupsBySlot: number[] })._groupsBySlot[slotOf('{s}')] = -1;
    expect(await replies).toEqual([2 * n - 1, n, 2 * n, null]);
    await new Promise<void>((resolve) => db.refreshSlotsCache(() => resolve()));
  }
  // What a caller has put together is refused.
  const parted = keysAt(db, other!)[0];
  await expect(db.pipeline().get('{s}stays').get(parted).exec()).rejects.toThrow('All keys in the pipeline should belong to the same slots allocation group');
});

test('nor do reads of another slot of the node', async () => {
  const db = await open({ enableAutoPipelining: true });
  const key = neighbourOf(db);
  await db.set(key, 'v');
  await db.del('{s}stays');
  await move.finish();
  expect(await Promise.all([db.get(key), db.get('{s}goes')])).toEqual(['v', null]);
});

test('a callback gets the same', async () => {
  const db = await open();
  const results = await new Promise((resolve, reject) => {
    void db.pipeline().set('{s}stays', '1').set('{s}goes', '2').exec((error, replies) => (error ? reject(error) : resolve(replies)));
  });
  expect(results).toEqual([[null, 'OK'], [null, 'OK']]);
});

test('what waits for a slot survives the node that it waits for', async () => {
  const db = await open();
  const pipeline = db.pipeline().set(neighbourOf(db), 'x').mset({ '{s}stays': '1', '{s}goes': '1' }).append('{s}goes', '2').exec();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await move.from.kill();
  expect(await pipeline).toEqual([[null, 'OK'], [null, 'OK'], [null, 2]]);
  expect(await db.mget('{s}stays', '{s}goes')).toEqual(['1', '12']);
});

test('what waits for a slot has no more time than the pipeline', async () => {
  const db = await open({ deadline: 500 });
  const start = performance.now();
  const [set, refused] = (await db.pipeline().set('{s}stays', '1').mset({ '{s}stays': '1', '{s}goes': '1' }).exec())!;
  expect(set).toEqual([null, 'OK']);
  expect(refused[0]).toMatchObject({ code: 'EDEADLINE' });
  expect(performance.now() - start).toBeLessThan(1_500);
});

test('what a script in a transaction says is left as it is', async () => {
  const db = await open();
  const replies = await db.multi().eval("return redis.error_reply('MOVED 1 elsewhere:1')", 1, '{s}stays').get('{s}stays').exec();
  expect(replies).toEqual([[expect.objectContaining({ message: 'MOVED 1 elsewhere:1' })], [null, '0']]);
});
