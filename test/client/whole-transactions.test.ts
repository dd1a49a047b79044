import type { ChainableCommander, Cluster } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { flush } from './support/primaries';
import { useProxiedUsers } from './support/proxied-users';
import type { Proxy } from './support/proxy';
import type { Users } from './support/users';
import { close, connect, slotOf, transaction } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

/** More than one TLS record, so that a server answers the first commands of a transaction before it has got the last. */
const LARGE = 'x'.repeat(40_000);

let users: Users;
let proxy: Proxy;
let admin: Cluster;
let db: Cluster;

useProxiedUsers((started) => ({ users, proxy, admin } = started));

beforeEach(() => flush(users.cluster));

afterEach(async () => {
  proxy.mode = 'pass';
  await close(db, { timeout: 200 });
});

async function open(options: ConnectOptions = {}): Promise<Cluster> {
  db = connect({ connection: users.connection(), deadline: 10_000, ...options });
  await Promise.all(['{k}1', '{a}1', '{d}1'].map((key) => db.get(key)));
  return db;
}

/** Waits until connections that are lost come back by themselves. */
const age = () => new Promise((resolve) => setTimeout(resolve, 1_100));

describe('a transaction of which some commands were answered when the connection broke is in doubt, and executed once:', () => {
  const ways: [string, () => Promise<unknown>][] = [
    ['multi()', () => db.multi().incr('{k}n').set('{k}s', LARGE).exec()],
    ['transaction()', () => transaction(db, 'k', (tx) => tx.incr('{k}n').set('{k}s', LARGE))],
  ];

  test.each(ways)('%s', async (_, execute) => {
    await open({ natMap: proxy.natMap });
    await transaction(db, 'k', (tx) => tx.get('{k}n'));
    await age();
    proxy.loseRest();
    await expect(execute()).rejects.toMatchObject({ code: 'EINDOUBT' });
    expect(await db.get('{k}n')).toBe('1');
  });

  test('and in any case, it is sent again with retryWrites: always', async () => {
    await open({ natMap: proxy.natMap, retryWrites: 'always' });
    await age();
    proxy.loseRest();
    expect(await db.multi().incr('{k}n').set('{k}s', LARGE).exec()).toEqual([[null, 2], [null, 'OK']]);
  });
});

describe('a pipeline in a connection that is lost again and again gives everybody their own replies', () => {
  test.each([['MULTI', 'exec'], ['Multi', 'EXEC'], ['multi', 'exec']])('with %s and %s by call()', async (begin, end) => {
    await open();
    await db.set('{k}other', 'mine');
    const wrong: unknown[] = [];
    const gets: Promise<unknown>[] = [];
    const note = (value: unknown) => value !== 'mine' && wrong.push(value);
    const timer = setInterval(() => {
      void db.pipeline().call(begin).incr('{k}n').call(end).exec().catch(() => undefined).then((result) => {
        const [first, second, last] = result ?? [];
        if (first && !first[0] && !last[0] && (first[1] !== 'OK' || second[1] !== 'QUEUED' || !Array.isArray(last[1]))) {
          wrong.push(result);
        }
      });
      gets.push(db.get('{k}other').then(note, note));
    }, 1);
    for (let i = 0; i < 3; i++) {
      await age();
      await users.disconnectAll();
    }
    await age();
    clearInterval(timer);
    await Promise.all(gets);
    expect(wrong).toEqual([]);
  }, 20_000);
});

describe('a transaction that is left open on the connection that all share is refused', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['DISCARD with an argument', () => db.pipeline().call('multi').incr('{k}n').call('discard', 'x').exec()],
    ['DISCARD', () => db.pipeline().call('multi').incr('{k}n').call('discard').exec()],
  ])('by %s, which the server may refuse', async (_, execute) => {
    await open();
    await expect(execute()).rejects.toThrow(/^MULTI without its EXEC/);
    expect(await db.get('{k}n')).toBeNull();
    expect(await db.set('{k}n', '1')).toBe('OK');
    expect(await db.get('{k}n')).toBe('1');
  });
});

test('transaction() says that nothing was applied because somebody watches a key with the client, and it was changed', async () => {
  await open();
  await transaction(db, 'k', (tx) => tx.get('{k}n'));
  await db.watch('{k}n');
  await admin.set('{k}n', '10');
  await expect(transaction(db, 'k', (tx) => tx.incr('{k}n'))).rejects.toMatchObject({ code: 'ECONFLICT' });
  expect(await db.get('{k}n')).toBe('10');
  expect(await transaction(db, 'k', (tx) => tx.incr('{k}n'))).toEqual([11]);
});

test('transaction() calls its function once when that fails, for whatever reason', async () => {
  await open();
  let calls = 0;
  const failed = transaction(db, 'k', async (tx) => {
    calls += 1;
    tx.incr('{k}n');
    await transaction(db, 'd', { watch: ['{d}w'], attempts: 1 }, async (inner) => {
      await admin.incr('{d}w');
      inner.set('{d}z', '1');
    });
  });
  await expect(failed).rejects.toMatchObject({ code: 'ECONFLICT' });
  expect(calls).toBe(1);
  expect(await db.get('{k}n')).toBeNull();
});

test('a WATCH among commands that are sent again does not put the others in doubt', async () => {
  await open({ natMap: proxy.natMap });
  await age();
  proxy.mode = 'mute';
  const result = db.pipeline().get('{k}a').watch('{k}w').get('{k}b').exec();
  await new Promise((resolve) => setTimeout(resolve, 200));
  proxy.mode = 'pass';
  proxy.cut();
  expect(await result).toEqual([[null, null], [expect.objectContaining({ code: 'EINDOUBT' })], [null, null]]);
});

test('what a pipeline has answered is what it answers, also when its slot is on its way', async () => {
  await open({ deadline: 2_000 });
  await db.set('{k}balance', '500');
  const move = await startMove(users.cluster, slotOf('{k}'));
  const slow = connect({ connection: users.connection(), redisOptions: { commandTimeout: 5_000 } });
  onTestFinished(() => close(slow, { timeout: 100 }));
  const isAsked = [expect.objectContaining({ message: expect.stringMatching(/^ASK /) })];
  const withTransaction = (db.pipeline().get('{k}balance') as unknown as { multi(): ChainableCommander }).multi().set('{k}new', '1').exec() as unknown as ChainableCommander;
  const replies = await withTransaction.get('{k}balance').exec();
  expect(replies!.map(([, reply]) => reply)).toEqual(['500', 'OK', undefined, undefined, '500']);
  expect(await db.pipeline().get('{k}balance').blpop('{k}none', 0.1).exec()).toEqual([[null, '500'], isAsked]);
  expect(await slow.pipeline().get('{k}balance').get('{k}none').exec()).toEqual([[null, '500'], isAsked]);
  await db.del('{k}balance');
  await move.finish();
});

test('what blocks outside of transactions does not lengthen their deadline', async () => {
  await open({ natMap: proxy.natMap, deadline: 1_000 });
  proxy.mode = 'deaf';
  const start = performance.now();
  const isLate = { code: 'EDEADLINE' };
  await Promise.all([
    expect(db.multi().blpop('{k}list', 0).incr('{k}n').exec()).rejects.toMatchObject(isLate),
    expect(db.pipeline().call('multi').blpop('{k}list', 0).call('exec').exec()).rejects.toMatchObject(isLate),
  ]);
  expect(performance.now() - start).toBeLessThan(2_500);
});

test('what waits for the pipeline before it, which ioredis has made, is done by its own deadline', async () => {
  await open({ natMap: proxy.natMap, deadline: 1_000, enableAutoPipelining: true });
  proxy.mode = 'deaf';
  const first = expect(db.get('{k}1')).rejects.toMatchObject({ code: 'EDEADLINE' });
  await new Promise((resolve) => setTimeout(resolve, 400));
  const start = performance.now();
  await expect(db.get('{k}1')).rejects.toMatchObject({ code: 'EDEADLINE', message: expect.stringContaining('within') });
  expect(performance.now() - start).toBeLessThan(1_450);
  await first;
});

describe('what would be executed twice is not:', () => {
  test('a list with EXEC, which ends it too early', async () => {
    await open();
    expect(() => db.pipeline([['incr', '{k}n'], ['exec']])).toThrow(/^EXEC in the list of pipeline\(\) would execute what comes before it twice/);
    expect(() => db.multi([['incr', '{k}n'], ['exec']])).toThrow(/^EXEC in the list of multi\(\)/);
    expect(await db.pipeline([['multi'], ['incr', '{k}n'], ['exec'], ['get', '{k}n']]).exec()).toEqual([[null, 'OK'], [null, 'QUEUED'], [null, [1]], [null, '1']]);
  });

  test.each<[string, () => ReturnType<Cluster['pipeline']>]>([
    ['a pipeline', () => db.pipeline().incr('{k}n')],
    ['a transaction', () => db.multi().incr('{k}n')],
  ])('%s on which exec() is called again', async (_, make) => {
    await open();
    const pipeline = make();
    const both = await Promise.all([pipeline.exec(), pipeline.exec()]);
    expect(both).toEqual([[[null, 1]], [[null, 1]]]);
    pipeline.incr('{k}other');
    await expect(pipeline.exec()).rejects.toThrow(/^commands were added to a pipeline that is executed already/);
    expect(await db.get('{k}other')).toBeNull();
  });

  test('an empty pipeline to which commands are added when it was executed', async () => {
    await open();
    const pipeline = db.pipeline();
    expect(await pipeline.exec()).toEqual([]);
    pipeline.incr('{k}n');
    await expect(pipeline.exec()).rejects.toThrow(/^commands were added to a pipeline that is executed already/);
    expect(await db.get('{k}n')).toBeNull();
  });

  test.each<[string, () => ReturnType<Cluster['pipeline']>]>([
    ['a pipeline', () => db.pipeline().incr('{k}n')],
    ['a transaction', () => db.multi().incr('{k}n')],
  ])('%s on which exec() is called again before the client is connected', async (_, make) => {
    db = connect({ connection: users.connection(), lazyConnect: true });
    const pipeline = make();
    const called: unknown[] = [];
    const both = await Promise.all([pipeline.exec((_error, result) => called.push(result)), pipeline.exec((_error, result) => called.push(result))]);
    expect(both).toEqual([[[null, 1]], [[null, 1]]]);
    await expect.poll(() => called).toEqual(both);
    expect(await db.get('{k}n')).toBe('1');
    expect(called).toHaveLength(2);
  });

  test.each<[string, () => ReturnType<Cluster['pipeline']>]>([
    ['a pipeline', () => db.pipeline().incr('{k}n')],
    ['a transaction', () => db.multi().incr('{k}n')],
  ])('%s on which exec() is called again while the client finds out what a freeze has left', async (_, make) => {
    await open();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    const pipeline = make();
    expect(await Promise.all([pipeline.exec(), pipeline.exec()])).toEqual([[[null, 1]], [[null, 1]]]);
    const called = new Promise((resolve) => void pipeline.exec((error, result) => resolve([error, result])));
    expect(await called).toEqual([null, [[null, 1]]]);
    expect(await db.get('{k}n')).toBe('1');
  });
});

test.each(['reset', 'quit', 'exec', 'discard', 'watch'])('transaction() refuses %s', async (name) => {
  await open();
  await expect(transaction(db, 'k', (tx) => tx.incr('{k}n').call(name))).rejects.toThrow(`${name.toUpperCase()} cannot be in a transaction`);
  expect(await db.get('{k}n')).toBeNull();
});
