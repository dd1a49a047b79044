import { setImmediate as turn } from 'node:timers/promises';
import type { ChainableCommander, Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shardsOf } from './support/faults';
import type { Shard } from './support/faults';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import type { ConnectOptions } from '../../src/client';
import { close, connect } from '../../src/client';
import type { LocalNode } from '../../src/local';

type Scripted = Cluster & { bump(key: string): Promise<number>; look(key: string): Promise<string> };
type ScriptedPipeline = ChainableCommander & { bump(key: string): ScriptedPipeline; look(key: string): ScriptedPipeline };

let users: Users;
let shard: Shard;
let db: Scripted;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' }, { shards: 1 });
});

beforeEach(async () => {
  [shard] = await shardsOf(users.cluster);
});

afterEach(async () => close(db, { timeout: 200 }));
afterAll(async () => users?.local.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilFollowing(replica: LocalNode): Promise<void> {
  await expect.poll(async () => String(await replica.call('INFO', 'replication')), { timeout: 20_000 }).toContain('master_link_status:up');
}

/** Makes a replica the primary; one that has just changed its role may need to be told more than once. */
async function promote(replica: LocalNode): Promise<void> {
  await untilFollowing(replica);
  await expect.poll(async () => {
    await replica.call('CLUSTER', 'FAILOVER').catch(() => undefined);
    return String(await replica.call('ROLE'));
  }, { timeout: 20_000, interval: 500 }).toContain('master');
}

/** A client whose connections are there already. */
async function open(options: ConnectOptions = {}): Promise<void> {
  db = connect({ connection: users.connection(), ...options }) as Scripted;
  db.defineCommand('bump', { numberOfKeys: 1, lua: "return redis.call('INCR', KEYS[1])" });
  db.defineCommand('look', { numberOfKeys: 1, lua: "return redis.call('GET', KEYS[1])" });
  await db.set('{v}alue', 'old');
  await db.bump('{v}count');
  await db.look('{v}alue');
  await expect.poll(() => db.nodes('slave').map(({ status }) => status)).not.toContain('connecting');
  // A replica's connection is opened by its first command.
  await Promise.all(db.nodes('slave').map((node) => node.ping()));
}

test('a pipeline with CLUSTER while there is no primary does not mix up the replies of others', async () => {
  await open({ deadline: 8_000 });
  await Promise.all([db.set('{v}a', 'a'), db.set('{v}b', 'b')]);
  await shard.primary.kill();
  await expect.poll(() => db.nodes('master').every(({ status }) => status !== 'ready')).toBe(true);
  const pipeline = db.pipeline().cluster('KEYSLOT', 'x').get('{v}a').exec();
  await pause(300);
  const early = ['a', 'b', 'a', 'b'].map((name) => db.get(`{v}${name}`));
  await shard.replica.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
  expect(await Promise.all(early)).toEqual(['a', 'b', 'a', 'b']);
  expect(await pipeline).toEqual([[null, expect.any(Number)], [null, 'a']]);
  expect(await Promise.all(['a', 'b', 'a'].map((name) => db.get(`{v}${name}`)))).toEqual(['a', 'b', 'a']);
  shard.primary.restart();
  await untilFollowing(shard.primary);
});

/** Gives commands to the client while its connections to the primary break, one after the other. */
async function breakConnections<T>(use: () => Promise<T>[], times = 5): Promise<PromiseSettledResult<T>[]> {
  const pending: Promise<PromiseSettledResult<T>[]>[] = [];
  for (let i = 0; i < times; i++) {
    const until = performance.now() + 100;
    const broken = shard.primary.call('CLIENT', 'KILL', 'USER', 'app');
    while (performance.now() < until) {
      pending.push(Promise.allSettled(use()));
      await turn();
    }
    await broken;
    await Promise.all(pending);
  }
  return (await Promise.all(pending)).flat();
}

/** Which of them failed because no primary answered them; one whose reply was lost may be in doubt. */
const failures = (results: PromiseSettledResult<unknown>[]) => [...new Set(results.flatMap((result) => {
  const replies = result.status === 'fulfilled' ? result.value : [[result.reason]];
  const errors = Array.isArray(replies) ? replies.map(([error]: [Error | null]) => error) : [];
  return errors.filter((error) => error && (error as { code?: string }).code !== 'EINDOUBT').map(String);
}))];

/** How many commands the replica has executed for the client. */
async function servedByReplica(): Promise<Record<string, number>> {
  const stats = String(await shard.replica.call('INFO', 'commandstats'));
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return Object.fromEntries(['get', 'dbsize', 'eval', 'evalsha', 'multi'].map((name) => [name, calls(name)]));
}

const everything = () => [
  db.get('{v}alue'),
  db.dbsize(),
  db.bump('{v}count'),
  db.look('{v}alue'),
  db.pipeline().get('{v}alue').exists('{v}alue').exec(),
  (db.pipeline() as ScriptedPipeline).look('{v}alue').bump('{v}count').exec(),
  db.multi().get('{v}alue').exec(),
  db.multi().get('{v}alue').incr('{v}count').exec(),
];

describe('while no primary is connected', () => {
  test('nothing goes to a replica, and nothing fails', async () => {
    await open();
    const before = await servedByReplica();
    const results = await breakConnections<unknown>(everything);
    expect(results.length).toBeGreaterThan(100);
    expect(failures(results)).toEqual([]);
    expect(await servedByReplica()).toEqual(before);
  });

  test('an acknowledged write is seen by all that follows, however far behind the replica is', async () => {
    await open();
    const [, password] = await shard.replica.call('CONFIG', 'GET', 'masterauth') as string[];
    await shard.replica.call('CONFIG', 'SET', 'masterauth', 'another');
    await shard.primary.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await expect.poll(async () => String(await shard.replica.call('INFO', 'replication'))).toContain('master_link_status:down');
    expect(await db.set('{v}alue', 'new')).toBe('OK');
    const results = await breakConnections<unknown>(() => [
      db.get('{v}alue'),
      db.look('{v}alue').catch((error: { code?: string }) => (error.code === 'EINDOUBT' ? 'new' : Promise.reject(error))),
      db.pipeline().get('{v}alue').exec().then((replies) => replies![0][1]),
      db.multi().get('{v}alue').exec().then((replies) => replies![0][1]),
    ]);
    await shard.replica.call('CONFIG', 'SET', 'masterauth', password);
    expect(new Set(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))))).toEqual(new Set(['new']));
    await untilFollowing(shard.replica);
  });

  test.each(['replica', 'any'] as const)('only what reads goes to a replica with readFrom: %s', async (readFrom) => {
    await open({ readFrom });
    await pause(100);
    const before = await servedByReplica();
    const results = await breakConnections<unknown>(everything);
    expect(failures(results)).toEqual([]);
    const { get, dbsize, ...others } = await servedByReplica();
    expect(get).toBeGreaterThan(before.get);
    expect(dbsize).toBeGreaterThan(before.dbsize);
    expect(others).toEqual({ eval: before.eval, evalsha: before.evalsha, multi: before.multi });
  });
});

test('a primary that has become a replica is no answer to a command without a key', async () => {
  await open();
  await promote(shard.replica);
  await expect.poll(async () => String(await shard.primary.call('ROLE')), { timeout: 20_000 }).toContain('slave');
  expect(await db.flushall()).toBe('OK');
  const errors = String(await shard.primary.call('INFO', 'errorstats'));
  expect(errors).toContain('errorstat_READONLY');
  expect(await shard.replica.call('DBSIZE')).toBe(0);
});

test('what blocks goes on at the new primary', async () => {
  await open();
  const other = db.duplicate();
  const third = db.duplicate();
  const fourth = db.duplicate();
  const pending = Promise.all([db.blpop('{v}jobs', 20), other.xread('BLOCK', 20_000, 'STREAMS', '{v}news', '0'), third.blpop('{v}none', 4)]);
  // What comes between its two attempts would be missed.
  const fromNow = expect(fourth.xread('BLOCK', 20_000, 'STREAMS', '{v}news', '$')).rejects.toThrow(/^UNBLOCKED force unblock/);
  const blocked = async (node: LocalNode) => Number(/blocked_clients:(\d+)/.exec(String(await node.call('INFO', 'clients')))![1]);
  await expect.poll(() => blocked(shard.primary)).toBe(4);
  await promote(shard.replica);
  await expect.poll(() => blocked(shard.replica), { timeout: 20_000 }).toBe(3);
  await shard.replica.call('RPUSH', '{v}jobs', 'job');
  await shard.replica.call('XADD', '{v}news', '*', 'field', 'value');
  expect(await pending).toEqual([['{v}jobs', 'job'], [['{v}news', [[expect.any(String), ['field', 'value']]]]], null]);
  await fromNow;
  await Promise.all([other, third, fourth].map((each) => close(each)));
});

test('a command that is unblocked by somebody is not sent again', async () => {
  await open();
  const id = await db.client('ID');
  const pending = expect(db.blpop('{v}jobs', 20)).rejects.toThrow('UNBLOCKED client unblocked via CLIENT UNBLOCK');
  await expect.poll(() => shard.primary.call('CLIENT', 'UNBLOCK', id, 'ERROR')).toBe(1);
  await pending;
});
