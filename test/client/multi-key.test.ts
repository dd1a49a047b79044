import fc from 'fast-check';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { callsOf, flush } from './support/primaries';
import { MINIMUM, startUsers } from './support/users';
import type { Users } from './support/users';
import { BatchError, close, connect, del, mget, mgetBuffer, mset, sameSlot, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;
let db: Cluster;

const open = (user: string, options?: ConnectOptions) =>
  connect({ connection: users.connection(user), deadline: 15_000, ...options });

beforeAll(async () => {
  users = await startUsers({
    app: 'on ~* &* +@all',
    limited: `on ~may:* -@all +@read +@write ${MINIMUM.join(' ')}`,
  });
  db = open('app');
});

afterAll(async () => {
  await (db && close(db));
  await users?.local.stop();
});

beforeEach(async () => {
  await flush(users.cluster);
});

/** The same since the last time, or since the statistics were reset. */
async function newCallsOf(name: string): Promise<number> {
  const calls = await callsOf(users.cluster, name);
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  return calls;
}

async function errorOf(work: Promise<unknown>): Promise<BatchError> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(BatchError);
  return error as BatchError;
}

// Few tags, so that many keys share a slot, and some that are binary.
const keys = fc.array(fc.oneof(
  fc.tuple(fc.constantFrom('{a}', '{b}', '{}x}', ''), fc.string({ maxLength: 3 })).map(([tag, rest]) => `${tag}${rest}`),
  fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
), { maxLength: 60 });

test('keys of all slots are written, read and deleted as single commands would do it', async () => {
  await fc.assert(fc.asyncProperty(keys, keys, keys, async (written, read, deleted) => {
    const bytesOf = (key: string | Buffer) => Buffer.from(key as string).toString('hex');
    const expected = new Map(written.map((key, i) => [bytesOf(key), `v${i}`]));
    expect(await mset(db, written.map((key, i) => [key, `v${i}`] as const))).toBe('OK');
    expect(await mget(db, read)).toEqual(read.map((key) => expected.get(bytesOf(key)) ?? null));
    expect(await mget(db, written)).toEqual(written.map((key) => expected.get(bytesOf(key))));
    expect(await del(db, deleted)).toBe(new Set(deleted.map(bytesOf).filter((key) => expected.has(key))).size);
    deleted.forEach((key) => expected.delete(bytesOf(key)));
    expect(await mget(db, written)).toEqual(written.map((key) => expected.get(bytesOf(key)) ?? null));
    await del(db, written);
  }), { numRuns: 30 });
});

test('what is written can be an object, a map or pairs; bytes stay what they are', async () => {
  const bytes = Buffer.from([0, 255, 128, 13, 10]);
  await mset(db, { text: 'é', number: 7 });
  await mset(db, new Map([[bytes, bytes]]));
  await mset(db, [['twice', '1'], ['twice', '2'], [Buffer.from('twice'), '3']]);
  expect(await mget(db, ['text', 'number', 'twice', 'missing', 'text'])).toEqual(['é', '7', '3', null, 'é']);
  expect(await mgetBuffer(db, [bytes, 'text', 'missing'])).toEqual([bytes, Buffer.from('é'), null]);
});

test('a value is text, a number or bytes, and nothing is written with one that is not', async () => {
  for (const [value, kind] of [
    [undefined, 'undefined'], [null, 'null'], [{ a: 1 }, 'object'], [['a'], 'array'], [new Map(), 'map'], [() => 1, 'function'], [new Uint16Array(1), 'uint16array'],
  ]) {
    const message = `the value of "bad" must be text, a number or bytes, got ${kind}`;
    await expect(mset(db, { good: '1', bad: value as string })).rejects.toThrow(new TypeError(message));
  }
  expect(await mget(db, ['good', 'bad'])).toEqual([null, null]);
  await mset(db, { flag: true, large: 12n } as object as Record<string, string>);
  expect(await mget(db, ['flag', 'large'])).toEqual(['true', '12']);
  await mset(db, { bytes: new Uint8Array([0, 1, 255, 2]).subarray(1, 3) as Buffer });
  expect(await mgetBuffer(db, ['bytes'])).toEqual([Buffer.from([1, 255])]);
});

test('a key may be a number, as for ioredis, or plain bytes, and nothing is done with one that is neither', async () => {
  const bytes = new Uint8Array([255, 97]) as Buffer;
  await mset(db, new Map<unknown, string>([[1, 'one'], [bytes, 'bytes']]) as Map<string, string>);
  expect(await mget(db, [1, bytes, '1', Buffer.from(bytes)] as string[])).toEqual(['one', 'bytes', 'one', 'bytes']);
  for (const [key, kind] of [[undefined, 'undefined'], [null, 'null'], [{}, 'object'], [['a'], 'array']]) {
    const refusal = new TypeError(`a key must be text, a number or bytes, got ${kind}`);
    for (const work of [mget, mgetBuffer, del]) {
      await expect(work(db, ['1', key as string])).rejects.toThrow(refusal);
    }
    await expect(mset(db, [['2', 'two'], [key as string, '3']])).rejects.toThrow(refusal);
  }
  expect(await mget(db, ['1', '2'])).toEqual(['one', null]);
  expect(await del(db, [1, bytes] as unknown as string[])).toBe(2);
});

test('a key that fails is known by what the caller gave for it', async () => {
  const limited = open('limited');
  const key = new Uint8Array([49]) as Buffer;
  const { errors } = await errorOf(mget(limited, [key, 1 as unknown as string]));
  expect([...errors.keys()]).toEqual([key, 1]);
  await close(limited);
});

test('nothing is asked for when there is nothing to do', async () => {
  await db.get('ready');
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  expect([await mget(db, []), await mset(db, {}), await del(db, [])]).toEqual([[], 'OK', 0]);
  expect([await callsOf(users.cluster, 'mget'), await callsOf(users.cluster, 'mset'), await callsOf(users.cluster, 'del')]).toEqual([0, 0, 0]);
});

test('there is one command for each slot, and none is longer than 1,000 keys', async () => {
  await db.get('ready');
  const some = Array.from({ length: 300 }, (_, i) => `{tag-${i % 30}}${i}`);
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  await mget(db, some);
  expect(await newCallsOf('mget')).toBe(new Set(some.map(slotOf)).size);
  await mget(db, Array.from({ length: 2_500 }, (_, i) => `{one}${i}`));
  expect(await newCallsOf('mget')).toBe(3);
});

test('a key that has its slot for itself is read with GET, which tells no other story than MGET', async () => {
  await db.rpush('list', 'a');
  await db.rpush('{tag}list', 'a');
  await mset(db, { 'alone': '1', '{tag}1': '2' });
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  expect(await mget(db, ['alone', 'list', 'missing', '{tag}1', '{tag}list'])).toEqual(['1', null, null, '2', null]);
  expect([await callsOf(users.cluster, 'get'), await callsOf(users.cluster, 'mget')]).toEqual([3, 1]);
});

test('100,000 keys of all slots are no problem, nor are 20,000 of one', async () => {
  for (const [prefix, length] of [['', 100_000], ['{one}', 20_000]] as const) {
    const many = Array.from({ length }, (_, i) => `${prefix}${i}`);
    await mset(db, many.map((key) => [key, key] as const));
    expect(await mget(db, many)).toEqual(many);
    expect(await del(db, many)).toBe(many.length);
  }
}, 60_000);

test('a key prefix counts for the slot', async () => {
  const prefixed = open('app', { keyPrefix: 'prefix:' });
  // in one slot without the prefix, in two with it
  const [first, second] = await inOneSlot();
  expect(sameSlot(first, second)).toBe(true);
  await mset(prefixed, { [first]: '1', [second]: '2' });
  expect(await mget(prefixed, [first, Buffer.from(second)])).toEqual(['1', '2']);
  expect(await mget(db, [`prefix:${first}`])).toEqual(['1']);
  expect(await del(prefixed, [first, second])).toBe(2);
  await close(prefixed);
});

async function inOneSlot(): Promise<[string, string]> {
  const bySlot = new Map<number, string>();
  for (let i = 0; ; i += 1) {
    const other = bySlot.get(slotOf(`k${i}`));
    if (other !== undefined) {
      return [other, `k${i}`];
    }
    bySlot.set(slotOf(`k${i}`), `k${i}`);
  }
}

describe('when some keys fail', () => {
  let limited: Cluster;

  beforeAll(() => {
    limited = open('limited');
  });

  afterAll(() => close(limited));

  test('the others are done, and the error says which is which', async () => {
    const written = await errorOf(mset(limited, { 'may:1': '1', 'must-not': '2', 'may:3': '3' }));
    expect(written).toMatchObject({ name: 'BatchError', code: 'EBATCH', cause: written.errors.get('must-not') });
    expect(written.message).toMatch(/^mset failed for 1 of 3 keys, first for "must-not": NOPERM /);
    expect([...written.errors.keys()]).toEqual(['must-not']);
    expect(written.results).toEqual(new Map([['may:1', 'OK'], ['may:3', 'OK']]));

    const read = await errorOf(mget(limited, ['may:1', 'must-not', 'may:2']));
    expect(read.results).toEqual(new Map([['may:1', '1'], ['may:2', null]]));

    const deleted = await errorOf(del(limited, ['may:1', 'must-not']));
    expect(deleted.results).toEqual(new Map([['may:1', 'OK']]));
    expect(await mget(limited, ['may:1', 'may:3'])).toEqual([null, '3']);
  });

  test('keys of the same slot fail together', async () => {
    const { errors, results } = await errorOf(mset(limited, { 'may:{t}': '1', 'not:{t}': '2', 'may:{u}': '3' }));
    expect([...errors.keys()]).toEqual(['may:{t}', 'not:{t}']);
    expect([...results.keys()]).toEqual(['may:{u}']);
    expect(await db.exists('may:{t}')).toBe(0);
  });

  test('the errors are those of the keys, whatever their mixture', async () => {
    const mixture = fc.uniqueArray(fc.tuple(fc.boolean(), fc.nat(500)), { selector: ([, i]) => i, minLength: 1, maxLength: 40 });
    await fc.assert(fc.asyncProperty(mixture, async (some) => {
      const all = some.map(([may, i]) => `${may ? 'may:' : 'not:'}{${i}}`);
      const forbidden = all.filter((key) => key.startsWith('not:'));
      const outcome = mset(limited, all.map((key) => [key, key] as const));
      if (forbidden.length === 0) {
        expect(await outcome).toBe('OK');
        return;
      }
      const { errors, results } = await errorOf(outcome);
      expect([...errors.keys()].sort()).toEqual(forbidden.sort());
      expect([...results.keys()].sort()).toEqual(all.filter((key) => !forbidden.includes(key)).sort());
    }), { numRuns: 40 });
  });
});

test('a slot on the move is asked where its keys are, and waited for while they are apart', async () => {
  const [staying, going, other] = ['{moving}staying', '{moving}going', 'other'];
  await mset(db, { [staying]: '1', [other]: '3' });
  const move = await startMove(users.cluster, slotOf(staying));
  await mset(db, { [going]: '2' });
  expect(await mget(db, [going, other])).toEqual(['2', '3']);
  let done = false;
  const apart = mget(db, [staying, other, going]).finally(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(done).toBe(false);
  await move.from.call('DEL', staying);
  await move.finish();
  await move.to.call('SET', staying, '1');
  expect(['1', null]).toContain((await apart)[0]);
  expect((await apart).slice(1)).toEqual(['3', '2']);
  expect(await mget(db, [staying, other, going])).toEqual(['1', '3', '2']);
  expect(await del(db, [staying, other, going])).toBe(3);
});

test('all of them work beside others in the pipelines that ioredis makes by itself', async () => {
  const auto = open('app', { enableAutoPipelining: true });
  const names = Array.from({ length: 30 }, (_, i) => `key:${i}`);
  for (let round = 0; round < 5; round++) {
    const written = mset(auto, Object.fromEntries(names.map((name) => [name, `${name}-${round}`])));
    await Promise.all([written, auto.set('alone', '1'), auto.get('alone'), mget(auto, names), del(auto, ['gone', 'as well'])]);
    expect(await mget(auto, names)).toEqual(names.map((name) => `${name}-${round}`));
  }
  await close(auto);
});
