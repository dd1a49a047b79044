import { inspect } from 'node:util';
import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { outputOf } from './support/output';
import { traffic } from './support/traffic';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import type { CredentialsProvider } from '../../src/client';
import { close, connect, connectionFromEnv, iamCredentials, observe } from '../../src/client';

let users: Users;

beforeAll(async () => {
  // Two users in place of two tokens: the server tells as which one a connection has signed in last.
  users = await startUsers({ early: 'on ~* &* +@all', later: 'on ~* &* +@all', app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The connections of a user by what identifies them, and as whom they have signed in. */
async function connections(...names: string[]): Promise<Map<string, string>> {
  const lists = await Promise.all(users.cluster.nodes.map((node) => node.call('CLIENT', 'LIST')));
  const lines = lists.flatMap((list, i) => String(list).trim().split('\n').map((line) => ({ i, line })));
  const found = lines.map(({ i, line }) => [`${i}/${/\bid=(\d+)/.exec(line)![1]}`, /\buser=(\S+)/.exec(line)![1]] as const);
  return new Map(found.filter(([, user]) => names.includes(user)));
}

// With RESP2, connections with subscriptions take no AUTH.
test.skipIf(process.env.IOREDIS === '5')('every connection signs in again in time, under load, and none is lost', async () => {
  let username = 'early';
  const credentials: CredentialsProvider = {
    get username() {
      return username;
    },
    sessionLifetime: 1_500,
    getPassword: async () => passwordOf(username),
  };
  const signedIn: unknown[] = [];
  onTestFinished(observe('reauth', (event) => signedIn.push(event)));
  const db = connect({ connection: users.connection(), credentials, shardedSubscribers: true });
  const received: string[] = [];
  db.on('message', (_, text) => received.push(text)).on('smessage', (_, text) => received.push(text));
  await Promise.all([db.subscribe('news'), db.ssubscribe('{a}news')]);
  const keys = ['{a}', '{b}', '{c}', '{d}'];
  const commands = traffic(db, { keys, interval: 10 });
  const transactions = traffic(db, {
    keys,
    interval: 10,
    use: async (client, key) => expect(await client.multi().incr(`${key}x`).incr(`${key}y`).exec()).toEqual([[null, expect.any(Number)], [null, expect.any(Number)]]),
  });
  const sent: string[] = [];
  const messages = traffic(db, {
    keys: ['news', '{a}news'],
    use: (client, channel, n) => {
      sent.push(`${channel}${n}`);
      return channel === 'news' ? client.publish(channel, `${channel}${n}`) : client.spublish(channel, `${channel}${n}`);
    },
  });
  await expect.poll(async () => (await connections('early')).size).toBeGreaterThan(4);
  await pause(200);
  const before = await connections('early');
  username = 'later';
  await expect.poll(async () => (await connections('early')).size, { timeout: 5_000 }).toBe(0);
  // As the service does with sessions that have become too old.
  await users.onAllNodes('CLIENT', 'KILL', 'USER', 'early');
  await pause(300);
  const after = await connections('later');
  expect([...before.keys()].filter((id) => !after.has(id))).toEqual([]);
  expect(await Promise.all([commands, transactions, messages].map((each) => each.stop()))).toEqual([0, 0, 0]);
  expect([...commands.errors, ...transactions.errors, ...messages.errors]).toEqual([]);
  await expect.poll(() => received.length, { timeout: 5_000 }).toBe(sent.length);
  expect(new Set(received)).toEqual(new Set(sent));
  expect(signedIn).toContainEqual({ endpoint: expect.any(String), host: 'localhost', port: expect.any(Number), duration: expect.any(Number) });
  await close(db);
});

test('a password that is refused then is asked for again, and shown nowhere', async () => {
  const refused: (string | undefined)[] = [];
  let current = passwordOf('app');
  const credentials: CredentialsProvider = {
    username: 'app',
    sessionLifetime: 400,
    async getPassword(other) {
      refused.push(other);
      return other === undefined ? current : passwordOf('app');
    },
  };
  const printed = await outputOf(async () => {
    const db = connect({ connection: users.connection(), credentials });
    await db.set('a', '1');
    current = 'an-outdated-password-of-the-user';
    await expect.poll(() => refused, { timeout: 5_000 }).toContain(current);
    expect(await db.get('a')).toBe('1');
    await close(db);
    const asked = refused.length;
    await pause(800);
    expect(refused.length).toBe(asked);
  });
  expect(printed).toBe('');
});

describe('signing in again goes on', () => {
  let hangs: boolean;
  let signedIn: number;
  let db: Cluster;

  beforeEach(async () => {
    hangs = false;
    signedIn = 0;
    onTestFinished(observe('reauth', () => (signedIn += 1)));
    const credentials: CredentialsProvider = {
      username: 'app',
      sessionLifetime: 600,
      getPassword: () => (hangs ? new Promise(() => undefined) : Promise.resolve(passwordOf('app'))),
    };
    db = connect({ connection: users.connection(), credentials });
    onTestFinished(() => close(db, { timeout: 100 }));
    await Promise.all(['{k}', '{a}', '{d}'].map((key) => db.get(key)));
  });

  test('after the provider has not answered once', async () => {
    hangs = true;
    await pause(700);
    hangs = false;
    const before = signedIn;
    await expect.poll(() => signedIn - before, { timeout: 10_000 }).toBeGreaterThan(6);
  });

  test('while one connection waits for a blocking command', async () => {
    const blocked = expect(db.blpop('{k}nothing', 0)).rejects.toThrow();
    await pause(700);
    const before = signedIn;
    await expect.poll(() => signedIn - before, { timeout: 10_000 }).toBeGreaterThan(6);
    await close(db, { timeout: 100 });
    await blocked;
  });
});

describe('a failure to sign in again is told once for all connections', () => {
  test.each<[string, (refused?: string) => unknown, string]>([
    ['the provider throws', () => Promise.reject(new Error('the vault is closed')), 'the vault is closed'],
    ['the password is wrong', () => passwordOf('early'), 'WRONGPASS invalid username-password pair or user is disabled; look'],
    ['there is none', () => undefined, 'the credentials provider gave no password'],
    ['none comes', () => new Promise(() => undefined), 'gave up waiting for the credentials provider'],
    ['none comes after a refusal', (refused) => (refused ? Promise.reject(new Error('the vault is closed')) : passwordOf('early')), 'WRONGPASS'],
  ])('when %s', async (_, answer, message) => {
    let fails = false;
    const getPassword = async (refused?: string) => (fails ? await answer(refused) as string : passwordOf('app'));
    const db = connect({ connection: users.connection(), credentials: { username: 'app', refusalHint: 'look', sessionLifetime: 2_000, getPassword } });
    onTestFinished(() => close(db, { timeout: 100 }));
    await Promise.all(['{k}', '{a}', '{d}'].map((key) => db.get(key)));
    const told: Error[] = [];
    onTestFinished(observe('error', ({ error }) => told.push(error)));
    fails = true;
    await expect.poll(() => told.map((error) => error.message), { timeout: 5_000 }).toContainEqual(expect.stringContaining(message));
    // Those of all connections come in the same moment.
    await pause(10);
    expect(told.length).toBeLessThan(3);
    expect([inspect(told, { depth: Infinity, showHidden: true }), JSON.stringify(told)].join()).not.toContain(passwordOf('early'));
    await expect(db.get('{k}')).resolves.toBeNull();
    await close(db);
    const { length } = told;
    await pause(200);
    expect(told).toHaveLength(length);
  });

  test('but not of a connection that has signed in anew meanwhile', async () => {
    let answer: ((password: string) => void) | undefined;
    let hangs = false;
    const getPassword = () => new Promise<string>((resolve) => {
      if (hangs) {
        answer = resolve;
      } else {
        resolve(passwordOf('app'));
      }
    });
    const db = connect({ connection: users.connection(), credentials: { username: 'app', sessionLifetime: 2_000, getPassword } });
    onTestFinished(() => close(db, { timeout: 100 }));
    await db.get('{k}');
    hangs = true;
    await expect.poll(() => answer, { timeout: 5_000 }).toBeDefined();
    const told: unknown[] = [];
    onTestFinished(observe('error', ({ error }) => told.push(error)));
    hangs = false;
    await users.disconnectAll();
    await db.get('{k}');
    await pause(2_300);
    expect(told).toEqual([]);
  });
});

test('a transaction that is not sent in one piece is waited for', async () => {
  const credentials: CredentialsProvider = { username: 'early', sessionLifetime: 200, getPassword: async () => passwordOf('early') };
  const db = connect({ connection: users.connection(), credentials });
  await db.get('key');
  const node = db.nodes().find(({ status }) => status === 'ready')!;
  await node.multi({ pipeline: false });
  const first = node.call('ECHO', 'a');
  await pause(500);
  const signedIn: number[] = [];
  onTestFinished(observe('reauth', ({ port }) => signedIn.push(port)));
  const second = node.call('ECHO', 'b');
  expect(await node.call('EXEC')).toEqual(['a', 'b']);
  expect(await Promise.all([first, second])).toEqual(['QUEUED', 'QUEUED']);
  await expect.poll(() => signedIn).toContain(node.options.port);
  await close(db);
});

test('nor does the second attempt come in between, after a refused one', async () => {
  let current = passwordOf('early');
  let begun: Promise<unknown> | undefined;
  let node: Redis | undefined;
  const credentials: CredentialsProvider = {
    username: 'early',
    sessionLifetime: 500,
    async getPassword(refused) {
      if (refused !== undefined && node && !begun) {
        begun = node.multi({ pipeline: false });
        await pause(50);
      }
      return refused === undefined ? current : passwordOf('early');
    },
  };
  const db = connect({ connection: users.connection('early'), credentials });
  onTestFinished(() => close(db, { timeout: 100 }));
  await db.get('key');
  node = db.nodes().find(({ status }) => status === 'ready')!;
  current = 'outdated';
  await expect.poll(() => begun, { timeout: 5_000 }).toBeDefined();
  current = passwordOf('early');
  const first = node.call('ECHO', 'a');
  await pause(300);
  const second = node.call('ECHO', 'b');
  expect(await node.call('EXEC')).toEqual(['a', 'b']);
  expect(await Promise.all([first, second])).toEqual(['QUEUED', 'QUEUED']);
});

test('tokens are for connections that the service ends after twelve hours', () => {
  expect(iamCredentials({ clusterName: 'orders', username: 'app', region: 'eu-west-1' }).sessionLifetime).toBe(12 * 60 * 60 * 1_000);
});

test('a subscription comes back after its password has expired, although nothing else needs a connection', async () => {
  let current = passwordOf('app');
  const credentials: CredentialsProvider = { username: 'app', getPassword: async () => current };
  const db = connect({ connection: users.connection(), credentials });
  const publisher = connect({ connection: users.connection('early') });
  onTestFinished(() => Promise.all([close(db), close(publisher)]).then(() => undefined));
  let received = 0;
  db.on('message', () => (received += 1));
  await db.subscribe('quiet');
  current = passwordOf('renewed');
  await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${current}`);
  onTestFinished(() => users.onAllNodes('ACL', 'SETUSER', 'app', `>${passwordOf('app')}`));
  await users.onAllNodes('CLIENT', 'KILL', 'USER', 'app');
  await expect.poll(() => publisher.publish('quiet', 'text').then(() => received), { timeout: 10_000 }).toBeGreaterThan(0);
});

const seconds = Number(process.env.CLIENT_TOKEN_TEST_S ?? 8);

test('tokens that expire all the time, with nodes that fail, are no error to callers', { timeout: (seconds + 60) * 1_000 }, async () => {
  const { cluster, local, onAllNodes } = await startUsers({ app: 'on ~* &* +@all' });
  let token = passwordOf('app');
  const credentials: CredentialsProvider = { username: 'app', sessionLifetime: 1_200, getPassword: async () => token };
  const db: Cluster = connect({ connection: connectionFromEnv(undefined, cluster.environment('app')), credentials });
  let received = 0;
  db.on('message', () => (received += 1));
  await db.subscribe('news');
  const commands = traffic(db, { keys: ['{a}', '{b}', '{c}', '{d}'] });
  const reachable = (...args: string[]) => onAllNodes(...args).catch(() => undefined);
  const start = performance.now();
  for (let round = 0; performance.now() - start < seconds * 1_000; round++) {
    await pause(700);
    // The old one is refused from now on, and half of the time nobody may stay.
    const next = passwordOf(`token-${round}`);
    await reachable('ACL', 'SETUSER', 'app', `>${next}`);
    const last = token;
    token = next;
    await reachable('ACL', 'SETUSER', 'app', `<${last}`);
    if (round % 2 === 0) {
      await reachable('CLIENT', 'KILL', 'USER', 'app');
    }
    if (round === 2) {
      await cluster.nodes[0].kill();
    }
    if (round % 20 === 10) {
      await cluster.nodes[round % 40 === 10 ? 3 : 2].call('CLUSTER', 'FAILOVER');
    }
  }
  expect(await commands.stop()).toBe(0);
  expect(commands.errors).toEqual([]);
  expect(commands.answered).toBeGreaterThan(seconds * 50);
  const before = received;
  await expect.poll(() => db.publish('news', 'text').then(() => received), { timeout: 10_000 }).toBeGreaterThan(before);
  await close(db);
  await local.stop();
});
