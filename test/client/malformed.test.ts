import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import type { Command } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { batch, close, connect, mset, slotOf, transaction } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

beforeAll(async () => (users = await startUsers({ app: 'on ~* &* +@all' })));

afterAll(async () => users?.local.stop());

function open(options: ConnectOptions = {}) {
  const db = connect({ connection: users.connection(), deadline: 2_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

type Db = ReturnType<typeof open>;

/** Without the types that ask for every key. */
const lacking = (pipeline: unknown) => pipeline as Record<string, (...args: unknown[]) => ReturnType<typeof batch>>;

/** No text can be made of it. */
const BARE = Object.create(null) as string;
const KEYS = Array.from({ length: 20 }, (_, index) => `{k}${index}`);

async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
  await work();
  process.off('unhandledRejection', note);
  before.forEach((listener) => process.on('unhandledRejection', listener));
  return unhandled;
}

/** The connection to the primary of a key. */
const nodeOf = (db: Db, key: string) => {
  const [address] = db.slots[slotOf(key)];
  return db.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === address)!;
};

const untilDeadlines = () => new Promise((resolve) => setTimeout(resolve, 2_500));

test.each<[string, ConnectOptions, (db: Db) => Promise<unknown>]>([
  ['a pipeline with a value that is no text', {}, async (db) => db.pipeline().get('{k}0').get('{k}1').set('{k}note', BARE).exec()],
  ['a MULTI with a value that is no text', {}, async (db) => db.multi().get('{k}0').get('{k}1').set('{k}note', BARE).exec()],
  ['a transaction with a value that is no text', {}, async (db) => transaction(db, 'k', (tx) => tx.get('{k}0').get('{k}1').set('{k}note', BARE))],
  ['a transaction that watches with a value that is no text', {}, async (db) => transaction(db, 'k', { watch: ['{k}0'] }, (tx) => tx.get('{k}0').get('{k}1').set('{k}note', BARE))],
  ['a batch with a value that is no text', {}, async (db) => {
    const [[, first], [, second], [error]] = (await batch(db).get('{k}0').get('{k}1').set('{k}note', BARE).exec())!;
    expect([first, second]).toEqual(['0', '1']);
    throw error;
  }],
  ['a command with a value that is no text', {}, async (db) => db.set('{k}note', BARE)],
  ['a command that is put into a pipeline with a value that is no text', { enableAutoPipelining: true }, async (db) => {
    const [first, second, third] = await Promise.allSettled([db.get('{k}0'), db.get('{k}1'), db.set('{k}note', BARE)]);
    expect([first, second]).toMatchObject([{ value: '0' }, { value: '1' }]);
    throw (third as PromiseRejectedResult).reason;
  }],
  ['a pipeline of a node with a value that is no text', {}, async (db) => {
    await db.get('{k}0');
    return nodeOf(db, '{k}').pipeline().get('{k}0').get('{k}1').set('{k}note', BARE).exec();
  }],
  ['a MULTI of a node with a value that is no text', {}, async (db) => {
    await db.get('{k}0');
    return nodeOf(db, '{k}').multi().get('{k}0').get('{k}1').set('{k}note', BARE).exec();
  }],
  ['a pipeline with a MULTI of a node with a value that is no text', {}, async (db) => {
    await db.get('{k}0');
    const pipeline = lacking(nodeOf(db, '{k}').pipeline());
    (pipeline.multi() as unknown as typeof pipeline).set('{k}note', BARE);
    pipeline.exec();
    pipeline.get('{k}1');
    return pipeline.exec();
  }],
  ['a pipeline that lacks a key', {}, async (db) => lacking(db.pipeline().get('{k}0')).rename('{k}1').exec()],
  ['a MULTI that lacks a key', {}, async (db) => lacking(db.multi().get('{k}0')).eval('return 1', 2, '{k}1').exec()],
  ['a transaction that lacks a key', {}, async (db) => transaction(db, 'k', (tx) => lacking(tx.get('{k}0')).rename('{k}1'))],
])('%s is refused, and others get their own replies', async (_, options, use) => {
  const db = open(options);
  expect(await unhandledDuring(async () => {
    await db.mset(KEYS.flatMap((key, index) => [key, String(index)]));
    await expect(use(db)).rejects.toThrow(TypeError);
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all(KEYS.map((key) => db.get(key)))).toEqual(KEYS.map((__, index) => String(index)));
    }
    await untilDeadlines();
  })).toEqual([]);
});

test('a command whose keys are missing is rejected at once, and only once', async () => {
  const db = open();
  const lua = 'return 1';
  await db.get('{k}0');
  const commands = db as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  expect(await unhandledDuring(async () => {
    for (const give of [
      () => commands.rename('{k}0'), () => commands.smove('{k}0'), () => commands.call('get'), () => commands.eval(lua, 2, '{k}0'), () => commands.zinter(2, '{k}0'),
    ]) {
      await expect((async () => give())()).rejects.toThrow();
    }
    const cold = open();
    const [renamed, read] = await Promise.allSettled([(cold as unknown as typeof commands).rename('{k}0'), cold.get('{k}1')]);
    expect([renamed.status, read.status]).toEqual(['rejected', 'fulfilled']);
    await untilDeadlines();
  })).toEqual([]);
});

test('in a batch, a command whose keys are missing fails by itself', async () => {
  const db = open();
  await db.del('{k}count');
  const told: unknown[] = [];
  expect(await unhandledDuring(async () => {
    const results = await batch(db).incr('{k}count').eval('return 1', 2, '{k}0').exec((error, replies) => told.push(error, replies));
    expect(results).toEqual([[null, 1], [expect.any(Error), undefined]]);
    await untilDeadlines();
  })).toEqual([]);
  expect(told).toEqual([null, [[null, 1], [expect.any(Error), undefined]]]);
});

test('with enableAutoPipelining, a command that ioredis refuses does not fail others', async () => {
  const db = open({ enableAutoPipelining: true });
  await db.mset('{k}1', 'one', '{k}count', '0');
  const commands = db as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const refused = [() => commands.mget('{k}1', '{other}1'), () => commands.rename('{k}1'), () => commands.eval('return 1', 2, '{k}0')];
  for (const [index, give] of refused.entries()) {
    const settled = await Promise.allSettled([db.incr('{k}count'), give(), db.incr('{k}count')]);
    expect(settled).toMatchObject([{ value: 2 * index + 1 }, { status: 'rejected' }, { value: 2 * index + 2 }]);
  }
});

test('mset writes the keys that it is given, and no others', async () => {
  const db = open();
  const entries = { '{k}name': ['a', '{k}evil', 'injected'] } as unknown as Record<string, string>;
  await expect(mset(db, entries)).rejects.toThrow('the value of "{k}name" must be text, a number or bytes, got array');
  await expect(mset(db, [['{k}s1'], ['{k}s2']] as unknown as [string, string][])).rejects.toThrow('mset takes an object, a Map, or a list of pairs of key and value');
  expect(await db.mget('{k}evil', '{k}s1', '{k}name')).toEqual([null, null, null]);
});

test('with enableAutoPipelining, a key that is no text is rejected also before there is a connection', async () => {
  const key = { toString: 1 } as unknown as string;
  expect(await unhandledDuring(async () => {
    const db = open({ enableAutoPipelining: true });
    const [refused, read] = await Promise.allSettled([db.get(key), db.get('{k}none')]);
    expect([refused, read]).toMatchObject([{ reason: expect.any(TypeError) }, { value: null }]);
    await untilDeadlines();
  })).toEqual([]);
});

test.each([0, 1, 2])('a call that throws does not give others the replies of others, with %i behind it', async (behind) => {
  const db = open({ keyPrefix: 'p:', enableAutoPipelining: true });
  await db.mset('{k}a', 'A', '{k}b', 'B', '{k}c', 'C');
  const bare = () => db.del('{k}x', BARE);
  const reads = ['{k}b', '{k}c'].slice(0, behind).map((key) => () => db.get(key));
  let settled: unknown;
  // ioredis rejects a promise that nobody gets, and throws.
  await unhandledDuring(async () => {
    settled = await Promise.allSettled([db.get('{k}a'), bare(), bare(), ...reads.map((read) => read()), bare()]);
  });
  const refused = { status: 'rejected', reason: expect.any(TypeError) };
  expect(settled).toMatchObject([{ value: 'A' }, refused, refused, ...['B', 'C'].slice(0, behind).map((value) => ({ value })), refused]);
});

test('without this client, what is no text fails by itself in batches, too', async () => {
  const { host, port, caFile } = users.connection();
  const db = new Cluster([{ host, port }], {
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: { username: 'app', password: passwordOf('app'), tls: { ca: readFileSync(caFile!) } },
  });
  onTestFinished(() => db.disconnect());
  expect(await unhandledDuring(async () => {
    await expect(mset(db, { '{k}bare': BARE, '{k}1': '1' })).rejects.toThrow('the value of "{k}bare" must be text, a number or bytes, got object');
    expect(await batch(db).get('{k}none').set('{k}x', BARE).get('{k}none').exec()).toEqual([[null, null], [expect.any(TypeError), undefined], [null, null]]);
  })).toEqual([]);
});

test('a pipeline of a transaction that reads with a value that is no text is refused, and what is read after that is right', async () => {
  const db = open();
  await db.mset('{k}0', 'zero', '{k}1', 'one');
  const read: unknown[] = [];
  await transaction(db, 'k', { watch: ['{k}0'] }, async (tx, connection) => {
    await expect(connection.pipeline().get('{k}0').set('{k}note', BARE).exec()).rejects.toThrow(TypeError);
    read.push(await connection.get('{k}1'), await connection.get('{k}0'));
    tx.set('{k}2', 'two');
  });
  expect(read).toEqual(['one', 'zero']);
});

test.each([{}, { enableAutoPipelining: true }])('a pipeline that ioredis throws for while it writes is refused, and others get their own replies (%j)', async (options) => {
  const db = open(options);
  await db.mset(KEYS.flatMap((key, index) => [key, String(index)]));
  await db.del('{k}count');
  const pipeline = db.pipeline().incr('{k}count').get('{k}1').set('{k}big', 'x');
  const { _queue: [, , big] } = pipeline as unknown as { _queue: Command[] };
  // As ioredis does for more text than a string can hold.
  big.toWritable = () => {
    throw new RangeError('Invalid string length');
  };
  const before = KEYS.map((key) => db.get(key));
  await expect(pipeline.exec()).rejects.toThrow(new RangeError('Invalid string length'));
  const values = KEYS.map((_, index) => String(index));
  expect(await Promise.all([...before, ...KEYS.map((key) => db.get(key))])).toEqual([...values, ...values]);
  expect(await db.mget('{k}count', '{k}big')).toEqual([null, null]);
});

test('a subscription is refused among other commands of a pipeline', async () => {
  const db = open();
  await expect(db.pipeline().get('{k}0').subscribe('news').exec()).rejects.toThrow(
    new TypeError('"subscribe" in a pipeline with other commands would leave their connection to subscriptions: call it by itself'),
  );
  expect(await db.pipeline().subscribe('news').exec()).toEqual([[null, 1]]);
  expect(await db.set('{k}0', '0')).toBe('OK');
});
