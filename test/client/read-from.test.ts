import type { ChainableCommander, Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { replicated } from './support/primaries';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { batch, close, connect } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
const open = (readFrom: ConnectOptions['readFrom']) =>
  connect({ connection: users.connection(), deadline: 5_000, readFrom });

/** How many GETs the nodes of a role have answered. */
async function gets(role: 'primary' | 'replica'): Promise<number> {
  const stats = await Promise.all(users.cluster.nodes.filter((node) => node.role === role).map((node) => node.call('INFO', 'commandstats')));
  return stats.reduce<number>((sum, text) => sum + Number(/cmdstat_get:calls=(\d+)/.exec(String(text))?.[1] ?? 0), 0);
}

async function share(readFrom: ConnectOptions['readFrom']): Promise<{ primary: number; replica: number }> {
  const db = open(readFrom);
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await Promise.all(keys.map((key) => db.get(key)));
  await expect.poll(() => db.nodes('slave').filter(({ status }) => status === 'connecting').length).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  expect(await Promise.all(keys.map((key) => db.get(key)))).toEqual(keys.map(() => '1'));
  await close(db);
  return { primary: await gets('primary'), replica: await gets('replica') };
}

test('reads go where they are told', async () => {
  expect(await share('primary')).toEqual({ primary: keys.length, replica: 0 });
  expect(await share(undefined)).toEqual({ primary: keys.length, replica: 0 });
  expect(await share('replica')).toEqual({ primary: 0, replica: keys.length });
  const { primary, replica } = await share('any');
  expect(primary).toBeGreaterThan(0);
  expect(replica).toBeGreaterThan(0);
});

test.each<[string, ConnectOptions['scaleReads']]>([
  ['slave', 'slave'],
  ['all', 'all'],
  ['a function', ([primary, replica]: Redis[]) => replica ?? primary],
])('a batch goes where the own scaleReads of a caller says (%s)', async (_, scaleReads) => {
  const db = connect({ connection: users.connection(), scaleReads });
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await replicated(db);
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const reads = batch(db);
    keys.forEach((key) => reads.get(key));
    expect(await reads.exec()).toEqual(keys.map(() => [null, '1']));
    expect(performance.now() - start).toBeLessThan(2_000);
  }
  await close(db);
});

test('pipelines and transactions that start with a read go to the primary all the same', async () => {
  const db = open('replica');
  await Promise.all(keys.map((key) => db.get(key)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  for (const key of keys) {
    expect(await db.pipeline().exists(key).set(key, '1').exec()).toEqual([[null, expect.any(Number)], [null, 'OK']]);
    expect(await db.multi().get(key).set(key, '2').exec()).toEqual([[null, expect.anything()], [null, 'OK']]);
  }
  const errors = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'errorstats')));
  expect(errors.join()).not.toContain('MOVED');
  await close(db);
});

const outcomes = async (commands: ChainableCommander) => (await commands.exec())!.map(([error, reply]) => error?.message ?? reply);

test.each([
  'LOADING', 'MASTERDOWN', 'READONLY', 'CLUSTERDOWN', 'TRYAGAIN', 'UNBLOCKED', 'ASK', 'MOVED', 'MOVED 5',
])('a script whose own error begins with %s, as those of servers do, is executed once', async (word) => {
  const db = open('primary');
  const text = word === 'MOVED 5' ? word : `${word} the catalogue is not there`;
  const script = (key: string) => [`redis.call('INCR', KEYS[1]) return redis.error_reply('${text}')`, 1, `{${word}}${key}`] as const;
  await expect(db.eval(...script('single'))).rejects.toThrow(text);
  expect(await outcomes(db.pipeline().eval(...script('alone')))).toEqual([text]);
  expect(await outcomes(db.pipeline().incr(`{${word}}n`).eval(...script('pipeline')))).toEqual([1, text]);
  expect(await outcomes(batch(db).incr(`{${word}}n`).eval(...script('batch')))).toEqual([2, text]);
  expect(await outcomes(db.multi().incr(`{${word}}n`).eval(...script('multi')))).toEqual([3, text]);
  expect(await db.mget(['single', 'alone', 'pipeline', 'batch', 'multi'].map((key) => `{${word}}${key}`))).toEqual(['1', '1', '1', '1', '1']);
  await db.del(['single', 'alone', 'pipeline', 'batch', 'multi', 'n'].map((key) => `{${word}}${key}`));
  await close(db);
});

test.each(['replica', 'any'] as const)('no read fails with readFrom: %s when a replica cannot answer', async (readFrom) => {
  const db = open(readFrom);
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await Promise.all(keys.map((key) => db.get(key)));
  const replicas = users.cluster.nodes.filter(({ role }) => role === 'replica');
  const [replica] = replicas;
  const [, password] = await replica.call('CONFIG', 'GET', 'masterauth') as string[];
  onTestFinished(async () => {
    await Promise.all(replicas.flatMap((node) => [
      node.call('CONFIG', 'SET', 'masterauth', password),
      node.call('CONFIG', 'SET', 'replica-serve-stale-data', 'yes'),
    ]));
    await expect.poll(async () => (await Promise.all(replicas.map((node) => node.call('INFO', 'replication')))).join(), { timeout: 20_000 })
      .not.toContain('master_link_status:down');
  }, 30_000);
  await Promise.all(replicas.flatMap((node) => [
    node.call('CONFIG', 'SET', 'replica-serve-stale-data', 'no'),
    // Their link does not come back.
    node.call('CONFIG', 'SET', 'masterauth', 'wrong'),
  ]));
  await users.onAllNodes('CLIENT', 'KILL', 'TYPE', 'replica');
  await users.onAllNodes('CLIENT', 'KILL', 'TYPE', 'master');
  await expect.poll(async () => String(await replica.call('INFO', 'replication'))).toContain('master_link_status:down');
  await users.onAllNodes('CONFIG', 'RESETSTAT');
  for (let i = 0; i < 20; i++) {
    expect(await Promise.all(keys.map((key) => db.get(key)))).toEqual(keys.map(() => '1'));
  }
  expect(await gets('primary')).toBeGreaterThanOrEqual(20 * keys.length);
  await close(db);
});

test('no read fails when a replica dies', async () => {
  const db = open('replica');
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await Promise.all(keys.map((key) => db.get(key)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const replica = users.cluster.nodes.find((node) => node.role === 'replica')!;
  const until = performance.now() + 2_000;
  let reads = 0;
  const killed = new Promise((resolve) => setTimeout(resolve, 300)).then(() => replica.kill());
  while (performance.now() < until) {
    await Promise.all(keys.map((key) => db.get(key)));
    reads += keys.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await killed;
  expect(reads).toBeGreaterThan(1_000);
  await close(db);
});

test('fails on another choice', () => {
  expect(() => open('nearest' as 'any')).toThrow(/^readFrom is "nearest": expected one of primary, replica, any$/);
});

test.each([
  [{ scaleReads: 'slave' } as const, /^readFrom is "replica" although scaleReads is given: /],
  [{ enableAutoPipelining: true }, /^readFrom is "replica" although enableAutoPipelining is true: /],
])('fails with %o, which also says where reads go', (options, message) => {
  const connection = users.connection();
  expect(() => connect({ connection, readFrom: 'replica', ...options })).toThrow(message);
  const db = connect({ connection, lazyConnect: true, readFrom: 'primary', ...options });
  db.disconnect();
});

test.each(['replica', 'any'] as const)('a replica that went silent is not read from (%s)', async (readFrom) => {
  const db = open(readFrom);
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await Promise.all(keys.map((key) => db.get(key)));
  await expect.poll(() => db.nodes('slave').filter(({ status }) => status !== 'ready').length).toBe(0);
  const replicas = users.cluster.nodes.filter(({ role }) => role === 'replica');
  await Promise.all(replicas.map((node) => node.kill('SIGSTOP')));
  try {
    // These find out.
    const first = Promise.allSettled(keys.map((key) => db.get(key)));
    await new Promise((resolve) => setTimeout(resolve, 900));
    const start = performance.now();
    expect(await Promise.all(keys.map((key) => db.get(key)))).toEqual(keys.map(() => '1'));
    expect(performance.now() - start).toBeLessThan(1_000);
    await first;
  } finally {
    await Promise.all(replicas.map((node) => node.kill('SIGCONT')));
  }
  await close(db);
});
