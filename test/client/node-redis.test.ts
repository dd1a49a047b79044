import { readFileSync } from 'node:fs';
import type { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { flush } from './support/primaries';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { asNodeRedisClient, close, connect } from '../../src/client';
import type { NodeRedisClient, NodeRedisSetOptions } from '../../src/client';

let users: Users;
let db: Cluster;
let client: NodeRedisClient;
let real: ReturnType<typeof openReal>;

const open = (options?: { lazyConnect?: boolean; keyPrefix?: string }) =>
  connect({ connection: users.connection(), deadline: 10_000, ...options });

/** The real node-redis, as the measure. */
function openReal() {
  const { MEMORYDB_HOST: host, MEMORYDB_PORT: port, MEMORYDB_CA_FILE: caFile } = users.cluster.environment('app');
  const socket = { tls: true as const, ca: readFileSync(caFile) };
  return createCluster({
    rootNodes: [{ url: `rediss://${host}:${port}` }],
    defaults: { username: 'app', password: passwordOf('app'), socket },
  });
}

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = open();
  client = asNodeRedisClient(db);
  real = openReal();
  real.on('error', () => undefined);
  await real.connect();
});

afterAll(async () => {
  real?.destroy();
  await (db && close(db));
  await users?.local.stop();
});

beforeEach(() => flush(users.cluster));

const hour = 3_600;
const later = Math.floor(Date.now() / 1_000) + hour;

const optionSets: NodeRedisSetOptions[] = [
  {},
  { EX: hour },
  { PX: hour * 1_000 },
  { EXAT: later },
  { PXAT: later * 1_000 },
  { expiration: { type: 'EX', value: hour } },
  { expiration: { type: 'PX', value: hour * 1_000 } },
  { expiration: { type: 'EX', value: String(hour) as unknown as number } },
  { expiration: { type: 'EXAT', value: later } },
  { expiration: { type: 'KEEPTTL' } },
  { expiration: 'KEEPTTL' },
  { KEEPTTL: true },
  { NX: true },
  { NX: false, XX: undefined },
  { XX: true },
  { condition: 'NX' },
  { condition: 'XX', GET: true },
  { GET: true },
  { EX: hour, NX: true },
];

describe('SET does what node-redis does', () => {
  for (const options of optionSets) {
    test(JSON.stringify(options), async () => {
      const outcomes: unknown[] = [];
      for (const each of [client, real] as NodeRedisClient[]) {
        await flush(users.cluster);
        await db.set('there', 'before', 'EX', 60);
        const replies = [await each.set('there', 'after', options), await each.set('new', 'x', options)];
        // A second may pass between the two.
        const times = [await db.ttl('there'), await db.ttl('new')].map((time) => (time > 0 ? Math.ceil(time / 60) : time));
        outcomes.push([replies, await db.get('there'), await db.get('new'), times]);
      }
      expect(outcomes[0]).toEqual(outcomes[1]);
    });
  }

  test('and nothing at all with an option that it does not know', async () => {
    const unknown = [
      { nx: true }, { IFEQ: 'x' }, { condition: 'IFEQ', matchValue: 'x' }, { EX: '60' }, { conditionalSet: 'onlyIfDoesNotExist' }, { NX: 1 },
      { expiration: { type: 'EX', value: 10, EX: 3 } }, { expiration: { type: 'GET' } }, { expiration: { type: 'NX', value: 1 } }, { expiration: 'NX' },
      { expiration: null }, { expiration: { type: 'EX' } }, { expiration: { type: 'KEEPTTL', value: 1 } },
    ];
    for (const options of unknown as object[]) {
      await expect(client.set('key', 'x', options)).rejects.toThrow(TypeError);
    }
    await expect(client.set('key', 'x', { nx: true } as object)).rejects.toThrow(
      /^SET has no option nx: expected one of expiration, condition, EX, PX, EXAT, PXAT, KEEPTTL, NX, XX, GET$/,
    );
    await expect(client.set('key', 'x', { condition: 'nx' } as object)).rejects.toThrow(/^the option condition of SET is "nx": expected a value as in node-redis$/);
    await expect(client.set('key', 'x', { NX: true, XX: true })).rejects.toThrow(/^ERR syntax error/);
    expect(await client.get('key')).toBeNull();
  });
});

test('what is no key, and what is no object of options, is refused', async () => {
  await flush(users.cluster);
  for (const key of [undefined, null, ['a', 'b'], {}] as unknown as string[]) {
    const message = /^a key must be text, a number or bytes, got (undefined|null|array|object)$/;
    await expect(client.set(key, 'x')).rejects.toThrow(message);
    await expect(client.get(key)).rejects.toThrow(message);
    await expect(client.expire(key, 1)).rejects.toThrow(message);
  }
  await expect((client.del as () => Promise<number>)()).rejects.toThrow(new TypeError('a key must be text, a number or bytes, got undefined'));
  for (const options of [60, 'NX', new Map([['EX', 60]]), ['EX', 60], () => 60] as unknown as object[]) {
    await expect(client.set('key', 'x', options)).rejects.toThrow(/^the options of SET are of type (number|string|map|array|function): expected an object with expiration, condition, EX, PX/);
  }
  expect(await client.get('key')).toBeNull();
  const bytes = new Uint8Array([97, 255]) as Buffer;
  await client.set(bytes, 'x', { EX: 60 });
  expect([await client.get(bytes), await client.get(Buffer.from(bytes)), await client.expire(bytes, 0)]).toEqual(['x', 'x', 1]);
});

test('its other commands work over all slots', async () => {
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`);
  await Promise.all(keys.map((key, i) => client.set(key, i)));
  expect(await client.get('key-7')).toBe('7');
  expect(await client.mGet([...keys, 'missing'])).toEqual([...keys.map((_, i) => String(i)), null]);
  const found: string[] = [];
  for await (const page of client.scanIterator({ MATCH: 'key-1*', COUNT: 5 })) {
    found.push(...page);
  }
  expect(found.sort()).toEqual(keys.filter((key) => key.startsWith('key-1')).sort());
  for await (const page of client.scanIterator({ TYPE: 'hash' })) {
    expect(page).toEqual([]);
  }
  expect([await client.expire('key-1', 60), await client.expire('missing', 60), await db.ttl('key-1')]).toEqual([1, 0, 60]);
  expect([await client.del('key-0'), await client.del([...keys, 'missing'])]).toEqual([1, 49]);
});

test('EXPIRE takes a condition, and SET no value that node-redis would not take', async () => {
  const outcomes = await Promise.all([client, real as unknown as NodeRedisClient].map(async (each, index) => {
    const key = `key-${index}`;
    await db.set(key, '1', 'EX', 1_000);
    const replies = [await each.expire(key, 5, 'NX'), await each.expire(key, 900, 'LT'), await each.expire(key, 800, 'GT'), await db.ttl(key) > 800];
    for (const value of [undefined, null, true, { a: 1 }]) {
      await expect(each.set(key, value as unknown as string)).rejects.toThrow(TypeError);
    }
    return [...replies, await each.get(key), await each.set(key, Buffer.from('x'), null as unknown as undefined), await each.get(key)];
  }));
  expect(outcomes[0]).toEqual(outcomes[1]);
  await expect(client.set('key', null as unknown as string)).rejects.toThrow('the value of SET must be text, a number or bytes, got null');
  await client.set('key', new Uint8Array([104, 105]) as Buffer);
  expect(await client.get('key')).toBe('hi');
});

test('a prefix of the client stands before all keys, those that a scan finds, too', async () => {
  const prefixed = open({ keyPrefix: 'a[b]*:' });
  const adapter = asNodeRedisClient(prefixed);
  await Promise.all(['one', 'two'].map((key) => adapter.set(key, '1')));
  await db.set('aab*:one', 'not found');
  const found: string[] = [];
  for await (const page of adapter.scanIterator({ MATCH: 'o*' })) {
    found.push(...page);
  }
  for await (const page of adapter.scanIterator()) {
    found.push(...page);
    expect(await adapter.del(page)).toBe(page.length);
  }
  expect(found.sort()).toEqual(['one', 'one', 'two']);
  expect(await client.get('aab*:one')).toBe('not found');
  await close(prefixed);
});

test('it connects and closes with the cluster client', async () => {
  const clients = [0, 1, 2].map(() => asNodeRedisClient(open({ lazyConnect: true })));
  for (const each of clients) {
    expect([each.isOpen, each.isReady]).toEqual([false, false]);
    expect(await each.connect()).toBe(each);
    expect([each.isOpen, each.isReady]).toEqual([true, true]);
  }
  await clients[0].close();
  expect(await clients[1].quit()).toBe('OK');
  clients[2].destroy();
  await expect.poll(() => clients.map(({ isOpen, isReady }) => isOpen || isReady)).toEqual([false, false, false]);
  await expect(clients[0].get('key')).rejects.toThrow('Connection is closed.');
  expect(await clients[0].connect()).toBe(clients[0]);
  expect(await clients[0].get('key')).toBeNull();
  await clients[0].close();
});
