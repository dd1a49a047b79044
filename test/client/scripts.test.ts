import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { callsOf } from './support/primaries';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { batch, close, connect, slotOf, transaction } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

beforeAll(async () => (users = await startUsers({ app: 'on ~* &* +@all', few: 'on ~{main}* &* +@all' })));

afterAll(async () => users?.local.stop());

type Scripts = Record<'credit' | 'creditFrom' | 'push', (key: string, ...values: (string | number)[]) => any>;

function open(options: ConnectOptions = {}, user = 'app') {
  const db = connect({ connection: users.connection(user), deadline: 5_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  db.defineCommand('credit', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
  db.defineCommand('creditFrom', { numberOfKeys: 2, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
  db.defineCommand('push', { numberOfKeys: 1, lua: 'return redis.call("RPUSH", KEYS[1], ARGV[1])' });
  return db;
}

const scripts = (db: object) => db as Scripts;
const [ann, ben] = ['{main}ann', '{main}ben'];

beforeEach(async () => {
  await users.onAllNodes('SCRIPT', 'FLUSH');
  const db = open();
  await db.mset(ann, 100, ben, 100);
});

test('a transaction with a script is applied as a whole after one that was not', async () => {
  const db = open();
  const pay = () => transaction(db, 'main', (tx) => scripts(tx.decrby(ann, 10)).credit(ben, 10));
  await expect(transaction(db, 'main', (tx) => scripts(tx).credit(ben, 10).call('nonsense'))).rejects.toMatchObject({ code: 'EABORTED' });
  expect(await pay()).toEqual([90, 110]);
  await users.onAllNodes('SCRIPT', 'FLUSH');
  expect(await pay()).toEqual([80, 120]);
  await expect(scripts(db.multi().call('nonsense') as object).credit(ben, 10).exec()).rejects.toThrow('EXECABORT');
  expect(await scripts(db.multi().decrby(ann, 10)).credit(ben, 10).exec()).toEqual([[null, 70], [null, 130]]);
});

test('a transaction that watches and has a script is applied as a whole after a conflict', async () => {
  const db = open();
  const other = open();
  let attempts = 0;
  const replies = await transaction(db, 'main', { watch: [ann] }, async (tx) => {
    attempts += 1;
    if (attempts === 1) {
      await other.incr(ann);
    }
    scripts(tx.decrby(ann, 10)).credit(ben, 10);
  });
  expect([attempts, replies]).toEqual([2, [91, 110]]);
});

test('in a pipeline, a script that the server has forgotten keeps its place', async () => {
  const db = open();
  await scripts(db).push('{main}list', 'zero');
  await users.onAllNodes('SCRIPT', 'FLUSH');
  expect(await scripts(db.pipeline()).push('{main}list', 'first').rpush('{main}list', 'second').exec()).toEqual([[null, 2], [null, 3]]);
  expect(await db.lrange('{main}list', 0, -1)).toEqual(['zero', 'first', 'second']);
});

test('in a batch, a script that only reads goes to the primary also when the server has forgotten it', async () => {
  const db = open({ readFrom: 'replica' });
  db.defineCommand('look', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1])', readOnly: true });
  await (db as unknown as { look(key: string): Promise<string> }).look(ann);
  for (let round = 0; round < 20; round++) {
    await users.onAllNodes('SCRIPT', 'FLUSH');
    const looked = batch(db).set(ann, round) as unknown as { look(key: string): ReturnType<typeof batch> };
    expect(await looked.look(ann).exec()).toEqual([[null, 'OK'], [null, String(round)]]);
  }
});

test('a script whose own error is that of a closed connection is executed once', async () => {
  const db = open();
  const lua = 'redis.call("INCR", KEYS[1]) return redis.error_reply("Connection is closed.")';
  await expect(db.eval(lua, 1, ann)).rejects.toThrow('Connection is closed.');
  expect((await db.pipeline().eval(lua, 1, ben).exec())![0][0]).toMatchObject({ message: 'Connection is closed.' });
  expect(await db.mget(ann, ben)).toEqual(['101', '101']);
});

test('the text of a script is sent once in a MULTI, and with every command of a pipeline or batch, which may be refused by themselves', async () => {
  const db = open();
  const calls = async (name: string) => callsOf(users.cluster, name);
  const before = { text: await calls('eval'), sum: await calls('evalsha') };
  const push = (to: object) => scripts(scripts(scripts(to).push('{main}a', 1)).push('{main}a', 2)).push('{main}a', 3).exec();
  expect(await push(db.pipeline())).toEqual([[null, 1], [null, 2], [null, 3]]);
  expect(await push(db.multi())).toEqual([[null, 4], [null, 5], [null, 6]]);
  expect(await push(batch(db))).toEqual([[null, 7], [null, 8], [null, 9]]);
  expect([await calls('eval') - before.text, await calls('evalsha') - before.sum]).toEqual([7, 2]);
  const automatic = open({ enableAutoPipelining: true });
  for (let round = 10; round < 20; round++) {
    expect(await scripts(automatic).push('{main}a', round)).toBe(round);
  }
  expect([await calls('eval') - before.text, await calls('evalsha') - before.sum]).toEqual([8, 11]);
});

/** A key of another slot that the same node serves. */
async function besideMain(db: ReturnType<typeof open>, name: string): Promise<string> {
  await db.get(ann);
  const [node] = db.slots[slotOf(ann)];
  const tag = Array.from({ length: 1_000 }, (_, index) => `{t${index}}`).find((each) => db.slots[slotOf(each)][0] === node && slotOf(each) !== slotOf(ann))!;
  return tag + name;
}

test.each<[string, (db: ReturnType<typeof open>) => Promise<unknown>]>([
  ['transaction()', async (db) => transaction(db, 'main', (tx) => scripts(tx.decrby(ann, 10)).creditFrom(ben, '{main}none', 10))],
  ['db.multi()', async (db) => scripts(db.multi().decrby(ann, 10)).creditFrom(ben, '{main}none', 10).exec()],
])('%s with a script that has to be tried again over the same connection is applied as a whole', async (_, pay) => {
  const db = open();
  await transaction(db, 'main', (tx) => tx.get(ann));
  const slot = slotOf(ann);
  const { from, to } = await startMove(users.cluster, slot);
  const paid = pay(db);
  await new Promise((resolve) => setTimeout(resolve, 400));
  await from.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
  await to.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
  await paid.catch(() => undefined);
  expect(['90 110', '100 100']).toContain((await db.mget(ann, ben)).join(' '));
});

test('in a pipeline, a script keeps its place after the same one was redirected', async () => {
  const db = open();
  const list = await besideMain(db, 'list');
  await Promise.all([db.del('{main}goes'), db.del(list)]);
  const slot = slotOf(ann);
  const { from, to } = await startMove(users.cluster, slot);
  await scripts(scripts(scripts(db.pipeline()).push('{main}goes', 'a')).push(list, 'first').rpush(list, 'second')).push(list, 'third').exec();
  await from.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
  await to.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
  await to.call('FLUSHALL');
  expect(await db.lrange(list, 0, -1)).toEqual(['first', 'second', 'third']);
});

test('in a pipeline, a script keeps its place after the same one was refused for want of a permission', async () => {
  const db = open();
  const few = open({}, 'few');
  const forbidden = await besideMain(few, 'list');
  await db.del('{main}list');
  await scripts(scripts(few.pipeline()).push(forbidden, 'a')).push('{main}list', 'first').rpush('{main}list', 'second').exec();
  expect(await db.lrange('{main}list', 0, -1)).toEqual(['first', 'second']);
});

test('in a pipeline, a MULTI after the same script was refused is applied as a whole', async () => {
  const db = open();
  const few = open({}, 'few');
  const forbidden = await besideMain(few, 'list');
  await db.del('{main}list');
  const pipeline = scripts(few.pipeline()).push(forbidden, 'a').multi();
  scripts(pipeline.decrby(ann, 10)).push('{main}list', 'ten');
  pipeline.exec();
  await pipeline.exec();
  expect([await db.get(ann), await db.lrange('{main}list', 0, -1)]).toEqual(['90', ['ten']]);
});
