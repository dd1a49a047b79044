import { once } from 'node:events';
import type { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import type { Proxy } from './support/proxy';
import { passwordOf } from './support/users';
import type { Users } from './support/users';
import { close, connect, observe } from '../../src/client';

const KEYS = ['{k}', '{a}', '{d}'];

let stage: ProxiedUsers;
let users: Users;
let proxy: Proxy;
let admin: Cluster;
let db: Cluster;

const credentials = { username: 'app', sessionLifetime: 800, getPassword: async () => passwordOf('app') };

beforeAll(async () => {
  stage = await startProxiedUsers();
  ({ users, proxy, admin } = stage);
});

afterAll(() => stage?.stop());

afterEach(async () => {
  proxy.mode = 'pass';
  await close(db, { timeout: 200 });
});

/** Opens a connection to every shard. */
const use = () => Promise.all(KEYS.map((key) => db.get(key)));

async function endFirst(): Promise<void> {
  db.disconnect();
  await once(db, 'end');
  await db.connect();
}

async function atOnce(): Promise<void> {
  db.disconnect();
  // It fails, and goes on trying, when the old connections end too late.
  await db.connect().catch(() => undefined);
}

describe.each([
  ['after its end', endFirst],
  ['while it is being closed', atOnce],
  ['while it is being closed, for the second time', async () => {
    await atOnce();
    await use();
    await atOnce();
  }],
])('a client that connects again %s', (_, connectAgain) => {
  beforeEach(async () => {
    await Promise.all(admin.nodes('master').map((node) => node.flushall()));
    db = connect({ connection: users.connection(), credentials, deadline: 8_000, natMap: proxy.natMap, redisOptions: { socketTimeout: 1_000 } });
    await use();
    await connectAgain();
    await use();
  });

  test('does nothing twice', async () => {
    proxy.mode = 'mute';
    const results = Promise.allSettled([db.incr('{k}n'), db.multi().incr('{k}m').exec()]);
    await expect.poll(() => admin.mget('{k}n', '{k}m'), { timeout: 5_000 }).toEqual(['1', '1']);
    proxy.mode = 'pass';
    proxy.cut();
    expect(await results).toMatchObject([{ reason: { code: 'EINDOUBT', command: 'incr' } }, { reason: { code: 'EINDOUBT', command: 'multi' } }]);
    expect(await db.get('{k}n')).toBe('1');
    expect(await admin.mget('{k}n', '{k}m')).toEqual(['1', '1']);
  });

  test('keeps signing in', async () => {
    let signedIn = 0;
    onTestFinished(observe('reauth', () => (signedIn += 1)));
    await expect.poll(() => signedIn, { timeout: 5_000 }).toBeGreaterThan(6);
  });

  test('notices connections that went silent', async () => {
    proxy.lose();
    expect(await db.get('{k}n')).toBeNull();
  });

  test('ends', async () => {
    await close(db);
    expect(db.status).toBe('end');
    await expect(db.get('{k}n')).rejects.toThrow('Connection is closed.');
    await expect.poll(() => proxy.open).toBe(0);
  });
});

test('a client that its caller\'s strategy has ended is as good as new when it connects again', async () => {
  db = connect({
    connection: users.connection(),
    credentials,
    deadline: 8_000,
    natMap: proxy.natMap,
    redisOptions: { socketTimeout: 1_000 },
    clusterRetryStrategy: () => null,
  });
  await use();
  const end = once(db, 'end');
  proxy.mode = 'refuse';
  proxy.cut();
  await Promise.allSettled([db.get('{k}'), end]);
  proxy.mode = 'pass';
  await db.connect();
  await use();
  const reauths: unknown[] = [];
  onTestFinished(observe('reauth', (event) => reauths.push(event)));
  await expect.poll(() => reauths.length, { timeout: 5_000 }).toBeGreaterThan(0);
  const start = performance.now();
  proxy.lose();
  await db.get('{k}');
  expect(performance.now() - start).toBeLessThan(4_000);
});
