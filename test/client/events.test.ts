import { inspect } from 'node:util';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { dump, jsonOf } from './support/dump';
import { startSecretsEndpoint } from './support/secrets-endpoint';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import type { ClientEvents, ConnectOptions } from '../../src/client';
import { close, connect, iamCredentials, observe, secretCredentials } from '../../src/client';
import { ClientEventSource } from '../../src/client/event-source';
import { publish } from '../../src/client/events';

const EVENTS = ['connect', 'reauth', 'token-refresh', 'failover', 'slots-refresh', 'error', 'deadline'] as const;

type Told = { [E in keyof ClientEvents]: ClientEvents[E][] };

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

let told: Told;

beforeEach(() => {
  told = Object.fromEntries(EVENTS.map((event) => [event, []])) as unknown as Told;
});

function listen(): void {
  for (const event of EVENTS) {
    const stop = observe(event, (message) => void (told[event] as unknown[]).push(message));
    onTestFinished(stop);
  }
}

const open = (options: ConnectOptions = {}) => connect({ connection: users.connection(), deadline: 8_000, ...options });
const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);

test('every connection to a node is told, and what it was for', async () => {
  listen();
  const db = open();
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await close(db);
  const { host, port } = users.connection();
  const endpoint = `${host}:${port}`;
  for (const event of told.connect) {
    expect(event).toEqual({ endpoint, host, port: expect.any(Number), address: expect.stringMatching(/^(127\.|::1)/), purpose: event.purpose, duration: event.duration });
    expect(event.duration).toBeGreaterThan(0);
  }
  const primaries = users.cluster.nodes.filter(({ role }) => role === 'primary').map((node) => node.port);
  expect(told.connect.filter(({ purpose }) => purpose === 'commands').map((event) => event.port)).toEqual(expect.arrayContaining(primaries));
  expect(told.connect.filter(({ purpose }) => purpose === 'slots')).toHaveLength(1);
  expect(told['slots-refresh']).toEqual([
    { endpoint, duration: expect.any(Number), primaries: expect.any(Array), moved: 0, error: undefined },
  ]);
  expect([...told['slots-refresh'][0].primaries].sort()).toEqual(primaries.map((number) => `${host}:${number}`).sort());
  expect([told.failover, told.error, told.deadline]).toEqual([[], [], []]);
});

test('a message that nobody listens to is not even put together', () => {
  const message = () => {
    throw new Error('put together');
  };
  expect(() => publish('connect', message)).not.toThrow();
  const stop = observe('connect', () => undefined);
  expect(() => publish('connect', message)).toThrow('put together');
  stop();
  expect(() => publish('connect', message)).not.toThrow();
});

test('slots that move while nobody listens are not even looked at', () => {
  const source = new ClientEventSource('host:6379');
  const refreshed = (slots: () => string[][]) => source.slotsRefresh({ status: 'ready', get slots() { return slots(); } } as Cluster, undefined)!(null);
  expect(() => refreshed(() => { throw new Error('looked at'); })).not.toThrow();
  listen();
  // What the client knew before the first refresh that somebody listens to is the beginning.
  const cluster = { status: 'ready', slots: [['a:1']] };
  const done = source.slotsRefresh(cluster as Cluster, undefined)!;
  cluster.slots = [['b:1']];
  done(null);
  expect(told['slots-refresh'].map(({ moved }) => moved)).toEqual([1]);
  expect(told.failover).toEqual([{ endpoint: 'host:6379', from: 'a:1', to: 'b:1', slots: [{ start: 0, end: 0 }] }]);
});

test('a failover tells the old and the new primary', async () => {
  listen();
  const db = open();
  await Promise.all(keys.map((key) => db.set(key, '1')));
  const replica = users.cluster.nodes.find(({ role }) => role === 'replica')!;
  const primary = users.cluster.nodes.find(({ role, shard }) => role === 'primary' && shard === replica.shard)!;
  await replica.call('CLUSTER', 'FAILOVER');
  await expect.poll(async () => {
    await Promise.all(keys.map((key) => db.set(key, '2')));
    return told.failover;
  }, { timeout: 15_000, interval: 100 }).toContainEqual({
    endpoint: expect.any(String),
    from: `${primary.host}:${primary.port}`,
    to: `${replica.host}:${replica.port}`,
    slots: [expect.objectContaining({ start: expect.any(Number), end: expect.any(Number) })],
  });
  const [{ slots: [{ start, end }] }] = told.failover;
  expect(end - start).toBeGreaterThan(5_000);
  expect(told['slots-refresh'].reduce((sum, { moved }) => sum + moved, 0)).toBeGreaterThan(5_000);
  await close(db);
});

test('an error is told once with its true cause, and a command that is given up as well', async () => {
  listen();
  const db = open({ connection: { ...users.connection(), port: 1 }, deadline: 500 });
  const results = await Promise.allSettled([db.get('a'), db.pipeline().get('a').exec()]);
  await close(db);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(told.error.length).toBeGreaterThan(0);
  expect(new Set(told.error.map(({ error }) => error)).size).toBe(told.error.length);
  for (const { error } of told.error) {
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  }
  expect(told.deadline.map(({ error }) => error)).toEqual(expect.arrayContaining(results.map((result) => (result as PromiseRejectedResult).reason)));
  expect(told.deadline.map(({ error }) => error.command).sort()).toEqual(['get', 'pipeline']);
  for (const { endpoint, error } of told.deadline) {
    expect(endpoint).toBe('localhost:1');
    expect(error).toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
    expect(error.duration).toBeGreaterThan(400);
  }
  expect(told['slots-refresh'][0]).toMatchObject({ primaries: [], error: { code: 'ECONNREFUSED' } });
});

test('a command that the server refused is not given up at its deadline as well', async () => {
  listen();
  const db = open({ deadline: 2_000 });
  await db.set('text', 'not a number');
  await expect(db.incr('text')).rejects.toThrow('not an integer');
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  await close(db);
  expect(told.deadline).toEqual([]);
});

test('a token that was signed is told, one that is used again is not', async () => {
  listen();
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'Pr1vate-aws-secret' };
  const provider = iamCredentials({ clusterName: 'orders', username: 'app', region: 'eu-west-1', credentials });
  const token = await provider.getPassword();
  await provider.getPassword();
  expect(told['token-refresh']).toEqual([{ auth: 'iam', username: 'app', clusterName: 'orders', duration: expect.any(Number) }]);
  expect(dump(told)).not.toContain(new URL(`https://${token}`).searchParams.get('X-Amz-Signature'));
  expect(dump(told)).not.toContain(credentials.secretAccessKey);
});

test('no event shows a password through a rotation, a refusal and an outage of the secret', async () => {
  const passwords = [passwordOf('app'), 'Pr1vate-rotated-0123456789abcdef', 'Pr1vate-unknown-0123456789abcdef'];
  listen();
  const endpoint = await startSecretsEndpoint(JSON.stringify({ username: 'app', password: passwords[0] }));
  onTestFinished(() => endpoint.stop());
  const db = open({ credentials: secretCredentials({ secretArn: 'orders-secret', client: endpoint.client }) });
  await Promise.all(keys.map((key) => db.set(key, '1')));
  await users.onAllNodes('ACL', 'SETUSER', 'app', `>${passwords[1]}`);
  endpoint.put(JSON.stringify({ username: 'app', password: passwords[1] }));
  await users.onAllNodes('ACL', 'SETUSER', 'app', `<${passwords[0]}`);
  await users.disconnectAll();
  await expect.poll(() => Promise.all(keys.map((key) => db.set(key, '2'))).then(() => 'answered', () => 'refused'), { timeout: 10_000 }).toBe('answered');
  endpoint.put(JSON.stringify({ username: 'app', password: passwords[2] }));
  const refused = open({ credentials: secretCredentials({ secretArn: 'orders-secret', client: endpoint.client }), deadline: 1_500 });
  await expect(refused.get('a')).rejects.toMatchObject({ cause: { code: 'WRONGPASS' } });
  endpoint.put(`${passwords[2]} is not JSON`);
  const unreadable = open({ credentials: secretCredentials({ secretArn: 'orders-secret', client: endpoint.client }), deadline: 1_500 });
  await expect(unreadable.get('a')).rejects.toMatchObject({ cause: { code: 'ECREDENTIALS' } });
  await Promise.all([db, refused, unreadable].map((client) => close(client)));
  await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwords[0]}`);

  expect(told['token-refresh']).toContainEqual({ auth: 'secret', username: 'app', secretArn: 'orders-secret', duration: expect.any(Number) });
  expect(told.error.map(({ error }) => error.message)).toEqual(expect.arrayContaining([
    expect.stringMatching(/^WRONGPASS/),
    expect.stringMatching(/is not a JSON object/),
  ]));
  const shown = [dump(told), jsonOf(told), inspect(told)];
  for (const password of passwords) {
    expect(shown.filter((text) => text.includes(password))).toEqual([]);
  }
});
