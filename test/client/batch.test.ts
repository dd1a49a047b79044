import fc from 'fast-check';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { flush } from './support/primaries';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { batch, close, connect, slotOf } from '../../src/client';

let users: Users;
let db: Cluster;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = connect({ connection: users.connection(), deadline: 15_000 });
});

afterAll(async () => {
  await (db && close(db));
  await users?.local.stop();
});

/** A string or a list by key, as the server would have it. */
class Model {
  readonly #values = new Map<string, string | string[]>();

  run([name, key, value]: readonly [string, string, string]): unknown {
    const found = this.#values.get(key);
    if (name === 'set') {
      this.#values.set(key, value);
      return 'OK';
    }
    if (found !== undefined && (name === 'rpush') !== Array.isArray(found)) {
      return 'WRONGTYPE';
    }
    if (name === 'get') {
      return found ?? null;
    }
    const list = [...found ?? [], value];
    this.#values.set(key, list);
    return list.length;
  }
}

const command = fc.tuple(fc.constantFrom('set', 'get', 'rpush'), fc.nat(20).map((i) => `key-${i}`), fc.string());

test('replies come in the order of the commands, and a faulty command fails alone', async () => {
  await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 100 }), async (commands) => {
    await flush(users.cluster);
    const model = new Model();
    const collected = batch(db);
    for (const [name, key, value] of commands) {
      collected.call(name, key, ...name === 'get' ? [] : [value]);
    }
    expect(collected.length).toBe(commands.length);
    const replies = await collected.exec();
    const seen = replies!.map(([error, reply]) => (error ? error.message.split(' ')[0] : reply));
    expect(seen).toEqual(commands.map((each) => model.run(each)));
  }), { numRuns: 50 });
});

test('it looks like a pipeline of ioredis', async () => {
  await flush(users.cluster);
  db.defineCommand('twice', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], 2)' });
  const replies: unknown[] = [];
  const collected = batch(db)
    .set('a', '1')
    .incr('b', (error, reply) => replies.push(error, reply))
    .hset('c', { field: 'x' })
    .hgetall('c')
    .getBuffer('a');
  (collected as unknown as { twice(key: string): void }).twice('d');
  expect(await collected.exec()).toEqual([[null, 'OK'], [null, 1], [null, 1], [null, { field: 'x' }], [null, Buffer.from('1')], [null, 2]]);
  expect(replies).toEqual([null, 1]);
  await expect(new Promise((resolve) => void batch(db).get('a').exec((_, result) => resolve(result)))).resolves.toEqual([[null, '1']]);
  expect(await batch(db).exec()).toEqual([]);
});

test('what was executed is not sent again', async () => {
  await flush(users.cluster);
  const collected = batch(db).incr('counter');
  expect(await collected.exec()).toEqual([[null, 1]]);
  expect(await collected.exec()).toEqual([]);
  expect(await collected.incr('counter').incr('other').exec()).toEqual([[null, 2], [null, 1]]);
});

test('a command over keys of several slots fails alone', async () => {
  const [[, reply], [error]] = (await batch(db).set('a', '1').mget('a', 'b', 'c').exec())!;
  expect(reply).toBe('OK');
  expect(error?.message).toMatch(/^CROSSSLOT/);
});

test('10,000 commands are one batch', async () => {
  const collected = batch(db);
  for (let i = 0; i < 10_000; i += 1) {
    collected.set(`many-${i}`, i).get(`many-${i}`);
  }
  const replies = (await collected.exec())!;
  expect(replies.filter((_, i) => i % 2 === 1).map(([, reply]) => reply)).toEqual(Array.from({ length: 10_000 }, (_, i) => String(i)));
});

test('writes follow a slot that is moving, one by one', async () => {
  await flush(users.cluster);
  const keys = Array.from({ length: 20 }, (_, i) => `{moving}${i}`);
  await batch(db).set(keys[0], 'stays').set('elsewhere', '0').exec();
  const move = await startMove(users.cluster, slotOf(keys[0]));
  const collected = batch(db).append(keys[0], '!').incr('elsewhere');
  keys.slice(1).forEach((key) => collected.incr(key));
  expect(await collected.exec()).toEqual([[null, 6], [null, 1], ...keys.slice(1).map(() => [null, 1])]);
  await move.from.call('DEL', keys[0]);
  await move.finish();
  const after = batch(db);
  keys.slice(1).forEach((key) => after.incr(key));
  expect(await after.exec()).toEqual(keys.slice(1).map(() => [null, 2]));
});

test('fails on what would turn the shared connection into a transaction', () => {
  expect(() => (batch(db) as unknown as Cluster).multi()).toThrow(/^MULTI cannot be in a batch, which is no transaction: use transaction\(\)$/);
  expect(() => batch(db).watch('a')).toThrow(TypeError);
  expect(() => batch(db).call('Exec')).toThrow(/^EXEC cannot/);
});

test('reads see the writes before them, also with readFrom: replica', async () => {
  const reader = connect({ connection: users.connection(), readFrom: 'replica' });
  await expect.poll(async () => {
    await reader.get('a');
    return reader.nodes('slave').some(({ status }) => status === 'ready');
  }).toBe(true);
  for (let number = 0; number < 300; number++) {
    expect(await batch(reader).set('a', number).get('a').exec()).toEqual([[null, 'OK'], [null, String(number)]]);
  }
  await close(reader);
});
