import { inspect } from 'node:util';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import * as client from '../../src/client';

/** What JavaScript lets callers give, which the types would refuse. */
const untyped = client as unknown as Record<string, (...args: any[]) => any>;
const { connect, connectionFromOutputs, iamCredentials, secretCredentials, staticCredentials } = untyped;
const { asNodeRedisClient, del, healthCheck, mget, mset, observe, scanAll, transaction } = untyped;

let users: Users;
let db: Cluster;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = client.connect({ connection: users.connection(), deadline: 500 });
  await db.set('other', '1');
});

afterAll(async () => {
  await (db && client.close(db));
  await users?.local.stop();
});

const CONNECTION = { host: 'localhost', port: 6379, tls: true, auth: 'none' };

describe('connect refuses', () => {
  test.each([
    ['a URL', ['rediss://other:6379'], 'connect takes one object of options: say which cluster with `connection`'],
    ['a list of nodes', [[{ host: 'other', port: 6379 }]], 'connect takes one object of options'],
    ['a host', [{ host: 'other', port: 6379 }], 'host is no option of connect: give it as part of `connection`'],
    ['a URL as an option', [{ url: 'rediss://other:6379' }], 'url is no option of connect'],
    ['a password', [{ connection: CONNECTION, password: 'secret' }], 'password is no option of connect'],
    ['a connection that does not say whether it is encrypted', [{ connection: { ...CONNECTION, tls: undefined } }], 'connection.tls is undefined: expected true or false'],
    ['a text for that', [{ connection: { ...CONNECTION, tls: 'false' } }], 'connection.tls is "false": expected true or false'],
    ['a password as credentials', [{ connection: CONNECTION, credentials: 'secret' }], 'credentials have no getPassword() or no username'],
    ['what staticCredentials takes', [{ connection: CONNECTION, credentials: { username: 'app', password: 'secret' } }], 'make them with staticCredentials'],
    ['a number as user name', [{ connection: { ...CONNECTION, auth: 'password', username: 1234, password: 'secret' } }], 'connection.username is of type number: expected text'],
    ['an object as user name', [{ connection: { ...CONNECTION, auth: 'secret', username: { password: 'secret' }, secretArn: 'arn' } }], 'connection.username is of type object: expected text'],
    ['nothing', [null], 'connect takes one object of options'],
    ['no connection', [{ connection: null }], 'connection is no object: expected what connectionFromEnv or connectionFromOutputs gives'],
    ['a host with its port', [{ connection: { ...CONNECTION, host: 'other:6379' } }], 'connection.host is no host name alone: expected that of the cluster endpoint, without scheme, user and port'],
    ['a URL as a host', [{ connection: { ...CONNECTION, host: 'rediss://app:secret@other' } }], 'connection.host is no host name alone'],
    ['a URL as a connection', [{ connection: 'rediss://app:secret@other' }], 'connection is no object'],
    ['an option of nodes', [{ connection: CONNECTION, connectTimeout: 100 }], 'connectTimeout is an option of each node, which ioredis would ignore here: give it as redisOptions.connectTimeout'],
    ['a database', [{ connection: CONNECTION, redisOptions: { db: 1 } }], 'redisOptions.db is 1: a cluster has no database but 0, give what has to be apart a `keyPrefix` or a cluster of its own'],
    ['no options of nodes', [{ connection: CONNECTION, redisOptions: null }], 'redisOptions is null: expected an object'],
    ['a URL as options of nodes', [{ connection: CONNECTION, redisOptions: 'rediss://app:secret@other' }], 'redisOptions is string: expected an object'],
    ['names that stand for nodes', [{ connection: CONNECTION, useSRVRecords: true }], 'useSRVRecords is true: no command could be sent with it, leave it out'],
    ['to monitor', [{ connection: CONNECTION, redisOptions: { monitor: true } }], 'redisOptions.monitor is true: no command could be sent with it, leave it out'],
    ['a time with its unit', [{ connection: CONNECTION, redisOptions: { socketTimeout: '5s' } }], 'redisOptions.socketTimeout is \'5s\': expected a number of milliseconds'],
    ['a time of the cluster', [{ connection: CONNECTION, slotsRefreshInterval: NaN }], 'slotsRefreshInterval is NaN: expected a number of milliseconds'],
    ['another spelling', [{ connection: CONNECTION, readfrom: 'replica' }], 'connect has no option readfrom: expected one of prefix, connection'],
    ...[0, -1, NaN, '900', null].map((sessionLifetime) => [
      `a session of ${sessionLifetime}`,
      [{ connection: CONNECTION, credentials: { username: 'app', sessionLifetime, getPassword: async () => 'secret' } }],
      `sessionLifetime of the credentials is ${inspect(sessionLifetime)}: expected milliseconds, more than 0`,
    ] as [string, unknown[], string]),
    ['credentials of nobody', [{ connection: CONNECTION, credentials: { getPassword: async () => 'secret' } }], 'credentials have no getPassword() or no username'],
  ])('%s', (_, args, message) => {
    expect(() => connect(...args)).toThrow(client.ConfigurationError);
    expect(() => connect(...args)).toThrow(message);
    expect(() => connect(...args)).not.toThrow('secret@');
    expect(() => connect(...args)).not.toThrow('secret"');
  });
});

test('credentials say what they lack', () => {
  expect(() => iamCredentials({ username: 'app', region: 'eu-west-1' })).toThrow('clusterName of iamCredentials is not set: the token is signed for it');
  expect(() => iamCredentials({ clusterName: 'orders', region: 'eu-west-1' })).toThrow('username of iamCredentials is not set');
  expect(() => iamCredentials({ cluster: 'orders', username: 'app', region: 'eu-west-1' })).toThrow('iamCredentials has no option cluster: expected one of clusterName');
  expect(() => secretCredentials({})).toThrow('secretArn of secretCredentials is not set: expected the ARN or name of the secret');
  expect(() => secretCredentials({ arn: 'arn' })).toThrow('secretCredentials has no option arn: expected one of secretArn');
  expect(() => staticCredentials('app', 'secret')).toThrow(client.ConfigurationError);
  expect(() => staticCredentials()).toThrow(new client.ConfigurationError('the user name of the credentials is empty'));
});

test('a token is for a cluster and a Region that can be', () => {
  const options = { clusterName: 'orders', username: 'app', region: 'eu-west-1' };
  for (const clusterName of ['clustercfg.orders.abc123.memorydb.eu-west-1.amazonaws.com', 'orders ', ' orders', 'orders:6379', 'or_ders', '1orders', 'rediss://app:secret@orders', 7]) {
    expect(() => iamCredentials({ ...options, clusterName })).toThrow(new client.ConfigurationError(
      'clusterName of iamCredentials is not a name of letters, digits and hyphens, which an endpoint or a URL is not',
    ));
  }
  for (const region of ['eu-west-1 ', 'eu west 1', 'eu-west-1\n', 'eu-west-1a.', 1]) {
    expect(() => iamCredentials({ ...options, region })).toThrow('region of iamCredentials is not a name of letters');
  }
  expect(() => iamCredentials({ ...options, clusterName: 'Orders-2', region: 'us-gov-west-1' })).not.toThrow();
});

test('credentials have a text as user name', () => {
  const refusal = new client.ConfigurationError('username of the credentials is of type number: expected text');
  expect(() => staticCredentials({ username: 1234, password: 'x' })).toThrow(refusal);
  expect(() => iamCredentials({ username: 1234, clusterName: 'orders', region: 'eu-west-1' })).toThrow(refusal);
  expect(() => secretCredentials({ username: 1234, secretArn: 'arn' })).toThrow(refusal);
});

test('a provider with another user name fails its commands, not the process', async () => {
  const credentials = { username: 1234, getPassword: async () => 'secret' };
  const other = connect({ connection: users.connection(), credentials, deadline: 2_000 });
  await expect(other.get('key')).rejects.toThrow(/username of the credentials is of type number: expected text/);
  await client.close(other, { timeout: 100 });
});

test('a duplicate has the options of its client', () => {
  expect(() => untyped.connect({ connection: CONNECTION, lazyConnect: true }).duplicate([], { deadline: 300 }))
    .toThrow('deadline cannot be changed by duplicate(), which takes the options of ioredis: make another client with connect()');
});

test('outputs are the document', () => {
  expect(() => connectionFromOutputs('outputs.json')).toThrow('the outputs are "outputs.json": expected the parsed document, not its path or text');
  for (const outputs of [null, undefined]) {
    expect(() => connectionFromOutputs(outputs)).toThrow(new client.ConfigurationError(`the outputs are ${outputs}: expected the parsed document, not its path or text`));
  }
});

test('a scan for a pattern never becomes one for everything', async () => {
  await expect(scanAll(db, { MATCH: 'tmp:*' }).next()).rejects.toThrow(new TypeError('scanAll has no option MATCH: expected one of match, count, type'));
  await expect(scanAll(db, 'tmp:*').next()).rejects.toThrow('the options of scanAll are of type string: expected an object with match, count, type');
});

test('nor does one in the shape of node-redis', () => {
  expect(() => asNodeRedisClient(db).scanIterator({ match: 'tmp:*' })).toThrow(new TypeError('scanIterator has no option match: expected one of MATCH, COUNT, TYPE'));
});

test('keys come as one list', async () => {
  await expect(mget(db, 'a', 'b')).rejects.toThrow(new TypeError('mget takes its keys as one list: mget(db, [\'a\', \'b\'])'));
  await expect(del(db, 'a', 'b')).rejects.toThrow('del takes its keys as one list');
  for (const args of [[['a', '1']], ['a', '1'], [], [null], [7], [Promise.resolve({ a: '1' })], [new Date()]]) {
    await expect(mset(db, ...args)).rejects.toThrow(new TypeError('mset takes an object, a Map, or a list of pairs of key and value'));
  }
});

test('a transaction has a function, and keys to watch are a list', async () => {
  const message = 'transaction takes a function that adds the commands, alone or after options with the list of keys to `watch`';
  for (const args of [[], [{ watch: ['{main}'] }], [{ wtach: ['{main}'] }, () => undefined], [{ watch: '{main}' }, () => undefined]]) {
    await expect(transaction(db, 'main', ...args)).rejects.toThrow(new TypeError(message));
  }
});

test('a key to watch is text, a number or bytes', async () => {
  expect(await transaction(db, 7, { watch: ['{7}', new Uint8Array([123, 55, 125])] }, (tx: Cluster) => void tx.get('{7}'))).toEqual([null]);
  await expect(transaction(db, 7, { watch: [7] }, (tx: Cluster) => void tx.get('{7}'))).resolves.toEqual([null]);
  await expect(transaction(db, 'main', { watch: [undefined] }, () => undefined)).rejects.toThrow(
    new TypeError('a key must be text, a number or bytes, got undefined'),
  );
});

test('a transaction refuses options that it could not heed', async () => {
  const call = (options: object) => transaction(db, 'main', { watch: ['{main}'], ...options }, () => undefined);
  await expect(call({ timeOut: 5 })).rejects.toThrow('transaction has no option timeOut: expected one of watch, attempts, timeout');
  for (const timeout of [NaN, -1, '5', null]) {
    await expect(call({ timeout })).rejects.toThrow(new TypeError(`timeout of transaction is ${inspect(timeout)}: expected a number of milliseconds`));
  }
});

test('what calls close and healthCheck with more than they take gets what it wants', async () => {
  const other = untyped.connect({ connection: users.connection() });
  expect(await Promise.all([other].map(healthCheck))).toMatchObject([{ healthy: true }]);
  await Promise.all([other].map(untyped.close));
  expect(other.status).toBe('end');
});

test('a transaction is tried at least once', async () => {
  for (const attempts of [0, -1, NaN, '2', null]) {
    await expect(transaction(db, 'main', { watch: ['{main}'], attempts }, () => undefined)).rejects.toThrow(
      new TypeError(`attempts of transaction is ${inspect(attempts)}: expected a number of attempts, 1 or more`),
    );
  }
});

test('events are known by their own names', () => {
  expect(() => observe('cdk-memorydb:error', () => undefined)).toThrow(
    'there is no event "cdk-memorydb:error": expected one of connect, reauth, token-refresh, failover, slots-refresh, error, deadline',
  );
});

test('nothing is left of a health check without a client', async () => {
  await expect(healthCheck(undefined, { timeout: 10 })).rejects.toThrow(TypeError);
  await new Promise((resolve) => setTimeout(resolve, 50));
});

test('a command that waits for one that blocks is told so', async () => {
  const blocked = db.blpop('jobs', 2);
  await expect(db.rpush('jobs:{jobs}', '1')).rejects.toThrow(/but the reply did not come; if it waited for "blpop", which blocks, give that a client of its own$/);
  await blocked;
});

test('so is one that blocks, too, but not one that waits for nothing but its reply', async () => {
  const blocked = db.blpop('jobs', 2);
  await expect(db.blpop('jobs:{jobs}', 0.1)).rejects.toThrow(/but the reply did not come; if it waited for "blpop", which blocks, give that a client of its own$/);
  await blocked;
  // Of several nodes, none of which answers.
  await users.onAllNodes('CLIENT', 'PAUSE', '1500');
  const errors = await Promise.all(['{a}', '{b}', '{c}', '{d}'].map((key) => db.blpop(key, 0.1).catch((error: Error) => error.message)));
  expect(errors.filter((message) => /but the reply did not come$/.test(String(message))).length).toBeGreaterThan(1);
});
