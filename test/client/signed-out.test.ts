import { Command, Redis } from 'ioredis';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { batch, close, connect, transaction } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

const TAGS = ['{a}', '{b}', '{c}', '{d}'];

async function open(options: ConnectOptions = {}): Promise<Cluster> {
  const db = connect({ connection: users.connection(), deadline: 3_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  await Promise.all(TAGS.map((tag) => db.set(`${tag}n`, 0)));
  return db;
}

test.each([
  ['a command', (db: Cluster) => db.call('reset')],
  ['one in capitals', (db: Cluster) => db.call('RESET')],
  ['one by its name', (db: Cluster) => db.reset()],
  ['one for a node', (db: Cluster) => db.nodes('master')[0].call('reset')],
  ['a part of a pipeline', (db: Cluster) => db.pipeline().get('{a}n').call('Reset').exec()],
  ['a part of a pipeline for a node', (db: Cluster) => db.nodes('master')[0].pipeline().call('reset').exec()],
  ['a part of a transaction', (db: Cluster) => db.multi().get('{a}n').reset().exec()],
])('RESET is refused as %s, since it would sign out the connection of all callers', async (_, reset) => {
  for (const enableAutoPipelining of [false, true]) {
    const db = await open({ enableAutoPipelining });
    const [, values] = await Promise.all([
      expect(reset(db)).rejects.toThrow(new TypeError('RESET would sign out the connection that all callers share')),
      Promise.all(TAGS.map((tag) => db.get(`${tag}n`))),
    ]);
    expect(values).toEqual(['0', '0', '0', '0']);
  }
});

/** Ends the sign-in of all connections, past what the client lets its callers do. */
const signOut = (db: Cluster) => Promise.all(db.nodes().filter(({ status }) => status === 'ready').map((node) =>
  Redis.prototype.sendCommand.call(node, new Command('reset'))));

test.each([
  ['a command', (db: Cluster, tag: string) => db.incr(`${tag}n`)],
  ['a pipeline', async (db: Cluster, tag: string) => (await db.pipeline().incr(`${tag}n`).get(`${tag}n`).exec())![0][1]],
  ['a batch', async (db: Cluster, tag: string) => (await batch(db).incr(`${tag}n`).exec())![0][1]],
])('%s on a connection that is signed out is executed once it has signed in again', async (_, count) => {
  const db = await open();
  for (let round = 1; round <= 3; round++) {
    await signOut(db);
    expect(await Promise.all(TAGS.map((tag) => count(db, tag)))).toEqual([round, round, round, round]);
  }
});

test('a transaction there is refused, and the next one is executed', async () => {
  const db = await open();
  await signOut(db);
  const count = () => transaction(db, 'a', (tx) => void tx.incr('{a}n'));
  await expect(count()).rejects.toMatchObject({ code: 'EABORTED' });
  await expect.poll(count).toEqual([1]);
});

test('the error of a script that says so is its own, and it is executed once', async () => {
  const db = await open();
  const script = "redis.call('INCR', KEYS[1]) return redis.error_reply('NOAUTH Authentication required for tenant 7')";
  await expect(db.eval(script, 1, '{a}n')).rejects.toThrow('NOAUTH Authentication required for tenant 7');
  expect(await db.get('{a}n')).toBe('1');
});
