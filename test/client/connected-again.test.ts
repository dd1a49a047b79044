import { once } from 'node:events';
import type { Cluster, Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { useProxiedUsers } from './support/proxied-users';
import type { Proxy } from './support/proxy';
import { passwordOf } from './support/users';
import type { Users } from './support/users';
import { close, connect, observe } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

const KEYS = ['{k}', '{a}', '{d}'];

let users: Users;
let proxy: Proxy;
let admin: Cluster;
let db: Cluster;

const credentials = { username: 'app', sessionLifetime: 800, getPassword: async () => passwordOf('app') };

useProxiedUsers((started) => ({ users, proxy, admin } = started));

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
  await db.connect();
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
    await expect.poll(() => proxy.open, { timeout: 5_000 }).toBe(0);
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
  const ended = performance.now();
  const told = await Promise.allSettled([db.get('{k}'), db.multi().get('{k}').exec(), db.pipeline().get('{k}').exec()]);
  const reason = expect.objectContaining({ message: 'Connection is closed.' });
  expect(told).toMatchObject([{ reason }, { reason }, { value: [[reason]] }]);
  expect(performance.now() - ended).toBeLessThan(500);
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

describe('a client that was closed stays so', () => {
  const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
  const open = (options: ConnectOptions = {}) => (db = connect({ connection: users.connection(), deadline: 8_000, ...options }));

  const reconnecting = () => new Promise((resolve) => db.once('reconnecting', resolve));

  async function staysClosed(): Promise<void> {
    await close(db);
    let attempts = 0;
    db.on('connecting', () => (attempts += 1));
    await pause(600);
    expect({ status: db.status, attempts }).toEqual({ status: 'end', attempts: 0 });
  }

  test('after it had been told to connect while it was being closed', async () => {
    open();
    await use();
    void db.quit();
    const connected = expect(db.connect()).rejects.toThrow('Connection is closed.');
    await staysClosed();
    await connected;
    void db.connect();
    await use();
    void db.quit();
    await db.connect();
    await staysClosed();
  });

  test('after it had been told to connect while it waited for that', async () => {
    open({ connection: { ...users.connection(), port: 1 } });
    for (let i = 0; i < 4; i++) {
      await reconnecting();
      db.connect().catch(() => undefined);
    }
    await reconnecting();
    await staysClosed();
  });

  test('after it had lost its connections, for the second time', async () => {
    open({ clusterRetryStrategy: () => 300 });
    await use();
    await atOnce();
    await use();
    db.nodes().forEach((node) => node.disconnect());
    await reconnecting();
    await staysClosed();
  });
});

describe('a client that is told to connect', () => {
  test('once more before it has any node does', async () => {
    db = connect({ connection: users.connection(), deadline: 8_000 });
    db.disconnect(true);
    await use();
  });

  test.each([0, 1, 5])('again after %d ms does, also when it was never used', async (age) => {
    db = connect({ connection: users.connection(), deadline: 8_000, lazyConnect: true });
    await new Promise((resolve) => setTimeout(resolve, age));
    void db.quit();
    await db.connect();
    await use();
    db.disconnect();
    await db.connect();
    await use();
  });

  test('in the turn in which it was closed does, also when it was never used', async () => {
    db = connect({ connection: users.connection(), deadline: 8_000, lazyConnect: true });
    await Promise.resolve();
    db.disconnect();
    await db.connect();
    await use();
  });

  test('says why it cannot', async () => {
    db = connect({ connection: { ...users.connection(), port: 1 }, lazyConnect: true });
    await expect(db.connect()).rejects.toMatchObject({
      message: expect.stringMatching(/^None of startup nodes is available: connect ECONNREFUSED/),
      cause: { code: 'ECONNREFUSED' },
    });
    await close(db);
    db = connect({ connection: users.connection(), credentials: { username: 'app', getPassword: async () => 'wrong' }, lazyConnect: true });
    await expect(db.connect()).rejects.toMatchObject({ cause: { code: 'WRONGPASS' } });
  });
});

test('commands of a client that is closed say so, whenever they were given', async () => {
  db = connect({ connection: users.connection() });
  const young = db.set('a', '1');
  await Promise.all([expect(young).rejects.toThrow('Connection is closed.'), close(db)]);
  db = connect({ connection: users.connection() });
  await use();
  void db.quit();
  await expect(db.get('a')).rejects.toThrow('Connection is closed.');
});

test('the end of a connection leaves the one alone that has taken its place', async () => {
  db = connect({ connection: users.connection() });
  await use();
  const pool = (db as unknown as { connectionPool: { removeNode(key: string): void; findOrCreate(node: object): Redis } }).connectionPool;
  const [former] = db.nodes('master');
  const { host, port } = former.options;
  pool.removeNode(`${host}:${port}`);
  const next = pool.findOrCreate({ host, port });
  former.disconnect();
  await once(former, 'end');
  expect(db.nodes('master')).toContain(next);
  next.disconnect();
  await expect.poll(() => db.nodes('master')).not.toContain(next);
});

test('commands that wait when a caller\'s strategy ends the client are told why', async () => {
  db = connect({ connection: { ...users.connection(), port: 1 }, clusterRetryStrategy: () => null });
  await expect(db.get('a')).rejects.toMatchObject({ message: expect.stringMatching(/^None of startup nodes is available: /), cause: { code: 'ECONNREFUSED' } });
});

test('a server that wants TLS is the reason', async () => {
  const { host, port } = users.connection();
  db = connect({ connection: { host, port, tls: false, auth: 'none' }, deadline: 500 });
  await expect(db.get('a')).rejects.toThrow(/closed the connection before it answered: tls is false, does it want TLS\?$/);
});

test('what is given up leaves the queue, also behind what waits longer', async () => {
  db = connect({ connection: { ...users.connection(), port: 1 }, deadline: 100 });
  const patient = db.blpop('jobs', 0).catch(() => undefined);
  for (let i = 0; i < 50; i++) {
    await Promise.allSettled(Array.from({ length: 100 }, () => db.set('a', 'x')));
  }
  expect((db as unknown as { offlineQueue: { length: number } }).offlineQueue.length).toBeLessThan(300);
  await close(db);
  await patient;
});

test('a client may be closed by many', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  db = connect({ connection: users.connection() });
  await use();
  await Promise.all(Array.from({ length: 30 }, () => close(db)));
  expect(db.status).toBe('end');
  expect(warnings).toEqual([]);
});

test('a client that gave up and connects again gets messages', async () => {
  const connection = users.connection();
  const [, { port }] = Object.entries(proxy.natMap).find(([node]) => node.endsWith(`:${connection.port}`))!;
  const clusterRetryStrategy = (times: number) => (times > 3 ? null : 100);
  db = connect({ connection: { ...connection, port }, natMap: proxy.natMap, deadline: 3_000, clusterRetryStrategy });
  const received: string[] = [];
  db.on('message', (_, text) => received.push(text));
  await db.subscribe('news');
  const end = new Promise((resolve) => db.once('end', resolve));
  proxy.mode = 'refuse';
  proxy.cut();
  await end;
  proxy.mode = 'pass';
  await db.connect();
  await expect.poll(() => admin.publish('news', 'text').then(() => received), { timeout: 5_000 }).toContain('text');
  await db.subscribe('other');
});
