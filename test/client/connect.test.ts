import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as connectTcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startSecretsEndpoint } from './support/secrets-endpoint';
import { MINIMUM, passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, connectionFromEnv, connectionFromOutputs, iamCredentials, secretCredentials, staticCredentials } from '../../src/client';
import type { ConnectOptions, CredentialsProvider } from '../../src/client';
import { CONNECTION_FIELDS, outputName, variableName } from '../../src/contract';

let users: Users;

beforeAll(async () => {
  users = await startUsers({
    app: 'on ~* &* +@all',
    minimal: `on ~app:* -@all +@read +@write ${MINIMUM.join(' ')}`,
  });
});

afterAll(async () => users?.local.stop());

async function using<T>(options: ConnectOptions, work: (db: Cluster) => Promise<T>): Promise<T> {
  const db = connect({ connection: users.connection(), deadline: 5_000, ...options });
  try {
    return await work(db);
  } finally {
    await close(db);
  }
}

describe('a client', () => {
  test('is the Cluster of ioredis', async () => {
    await using({}, async (db) => {
      expect(db).toBeInstanceOf(Cluster);
      expect(db.constructor.name).toBe('Cluster');
      expect(db.isCluster).toBe(true);
    });
  });

  test('reads the environment by default', async () => {
    const environment = users.cluster.environment('app', 'FROM_ENV');
    Object.assign(process.env, environment);
    try {
      await using({ connection: undefined, prefix: 'FROM_ENV' }, (db) => db.set('env', '1'));
    } finally {
      Object.keys(environment).forEach((name) => delete process.env[name]);
    }
  });

  test('connects with the outputs of a deployment', async () => {
    const environment = users.cluster.environment('app');
    const outputs = Object.fromEntries(CONNECTION_FIELDS.map((field) => [outputName(field), environment[variableName(field)]]));
    const connection = connectionFromOutputs({ Network: { VpcId: 'vpc-1' }, Database: outputs });
    await using({ connection }, async (db) => expect(await db.set('outputs', '1')).toBe('OK'));
  });

  test('stores strings, hashes and sorted sets on all shards', async () => {
    await using({}, async (db) => {
      const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);
      await Promise.all(keys.map((key) => db.set(key, key)));
      expect(await Promise.all(keys.map((key) => db.get(key)))).toEqual(keys);
      const stored = await Promise.all(db.nodes('master').map((node) => node.dbsize()));
      expect(stored).toHaveLength(3);
      expect(Math.min(...stored)).toBeGreaterThan(0);
      await db.hset('hash', { a: '1', b: '2' });
      expect(await db.hgetall('hash')).toEqual({ a: '1', b: '2' });
      await db.zadd('board', 3, 'c', 1, 'a', 2, 'b');
      expect(await db.zrange('board', '0', '-1', 'WITHSCORES')).toEqual(['a', '1', 'b', '2', 'c', '3']);
    });
  });

  test('runs pipelines and transactions, also as the first thing it does', async () => {
    await using({}, async (db) => {
      expect(await db.pipeline().set('{a}1', '1').incr('{a}1').get('{a}1').exec()).toEqual([[null, 'OK'], [null, 2], [null, '2']]);
    });
    await using({}, async (db) => {
      expect(await db.multi().set('{b}1', '1').incr('{b}1').get('{b}1').exec()).toEqual([[null, 'OK'], [null, 2], [null, '2']]);
      const replies = await new Promise((resolve, reject) => {
        void db.multi([['set', '{b}2', 'x'], ['get', '{b}2']]).exec((error, result) => (error ? reject(error) : resolve(result)));
      });
      expect(replies).toEqual([[null, 'OK'], [null, 'x']]);
      expect(await db.pipeline([['get', '{b}1'], ['lpop', '{b}1']]).exec()).toMatchObject([[null, '2'], [{ message: expect.stringMatching(/^WRONGTYPE/) }]]);
    });
  });

  test('runs transactions inside pipelines, with buffers, also as the first thing it does', async () => {
    await using({}, async (db) => {
      for (let round = 0; round < 2; round++) {
        // The types of ioredis leave out `multi` of a pipeline, and say that its `exec` gives a promise.
        const pipeline = db.pipeline().set('{c}0', '0') as unknown as { multi(): ReturnType<Cluster['pipeline']> };
        const inside = pipeline.multi().set('{c}1', '1').getBuffer('{c}1').exec() as unknown as ReturnType<Cluster['pipeline']>;
        expect(await inside.get('{c}0').exec()).toEqual([
          [null, 'OK'], [null, 'OK'], [null, 'QUEUED'], [null, Buffer.from('QUEUED')], [null, ['OK', Buffer.from('1')]], [null, '0'],
        ]);
      }
    });
  });

  test('runs scripts', async () => {
    await using({}, async (db) => {
      db.defineCommand('double', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], redis.call("GET", KEYS[1]))' });
      await db.set('script', '21');
      expect(await (db as unknown as { double(key: string): Promise<number> }).double('script')).toBe(42);
    });
  });

  test('subscribes', async () => {
    await using({}, async (db) => {
      const message = new Promise((resolve) => db.on('message', (channel, text) => resolve([channel, text])));
      await db.subscribe('news');
      await db.publish('news', 'hello');
      expect(await message).toEqual(['news', 'hello']);
    });
  });

  test('lets a blocking command take its time', async () => {
    await using({ deadline: 700, redisOptions: { socketTimeout: 300 } }, async (db) => {
      const start = performance.now();
      expect(await db.blpop('empty', 1)).toBeNull();
      expect(performance.now() - start).toBeGreaterThan(950);
      const other = db.duplicate();
      const blocked = db.blpop('jobs', 0);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      await other.rpush('jobs', 'job');
      expect(await blocked).toEqual(['jobs', 'job']);
      await close(other);
    });
  });

  test('connects over every address family of a name', async () => {
    const { port } = users.connection();
    const hasIpv6 = Object.values(networkInterfaces()).flat().some((address) => address?.address === '::1');
    for (const address of ['127.0.0.1', ...hasIpv6 ? ['::1'] : []]) {
      const seen: string[] = [];
      const forwarder = createServer((socket) => {
        seen.push(socket.localAddress!);
        const upstream = connectTcp(port, '127.0.0.1');
        socket.on('error', () => upstream.destroy()).pipe(upstream);
        upstream.on('error', () => socket.destroy()).pipe(socket);
      });
      await new Promise<void>((resolve) => forwarder.listen(0, address, resolve));
      const seed = (forwarder.address() as AddressInfo).port;
      const dnsLookup: ConnectOptions['dnsLookup'] = (_, callback) => callback(null, address);
      await using({ connection: { ...users.connection(), port: seed }, dnsLookup }, async (db) => {
        await new Promise((resolve) => db.once('refresh', resolve));
      });
      expect(seen).toContain(address);
      forwarder.close();
    }
  });

  test('works with the smallest access string', async () => {
    await using({ connection: users.connection('minimal') }, async (db) => {
      expect(await db.set('app:1', '1')).toBe('OK');
      expect(await db.get('app:1')).toBe('1');
    });
  });

  test('asks for nothing that the smallest access string does not allow', async () => {
    await users.onAllNodes('ACL', 'LOG', 'RESET');
    await using({ connection: users.connection('minimal'), slotsRefreshInterval: 100 }, async (db) => {
      await db.set('app:1', '1');
      await sleep(500);
    });
    expect((await Promise.all(users.cluster.nodes.map((node) => node.call('ACL', 'LOG')))).flat()).toEqual([]);
  });

  test('passes on at once that a key is not allowed', async () => {
    await using({ connection: users.connection('minimal') }, async (db) => {
      await db.get('app:1');
      const start = performance.now();
      await expect(db.get('other:1')).rejects.toThrow(/^NOPERM/);
      expect(performance.now() - start).toBeLessThan(500);
      expect(await db.pipeline().get('other:1').exec()).toMatchObject([[{ message: expect.stringMatching(/^NOPERM/) }]]);
    });
  });

  test('shows why the host name matters: ioredis alone looks it up first and then cannot check it', async () => {
    const { host, port, caFile } = users.connection();
    const db = new Cluster([{ host, port }], {
      clusterRetryStrategy: () => null,
      redisOptions: { username: 'app', password: passwordOf('app'), tls: { ca: readFileSync(caFile!) } },
    });
    db.on('error', () => undefined);
    await expect(db.get('a')).rejects.toThrow();
    db.disconnect();
  });
});

describe('credentials', () => {
  test('are there before the first command', async () => {
    const order: string[] = [];
    const credentials: CredentialsProvider = {
      username: 'app',
      async getPassword() {
        order.push('asked');
        await new Promise((resolve) => setTimeout(resolve, 200));
        order.push('answered');
        return passwordOf('app');
      },
    };
    await using({ credentials }, async (db) => {
      await db.set('first', '1');
      expect(order.slice(0, 2)).toEqual(['asked', 'answered']);
    });
  });

  test('come from a secret, user name included', async () => {
    const endpoint = await startSecretsEndpoint(JSON.stringify({ username: 'app', password: passwordOf('app') }));
    try {
      const credentials = secretCredentials({ secretArn: 'app', client: endpoint.client });
      await using({ credentials }, async (db) => {
        expect(await db.call('ACL', 'WHOAMI')).toBe('app');
        expect(endpoint.reads).toBe(1);
      });
    } finally {
      await endpoint.stop();
    }
  });

  test('come from the secret that the environment names', async () => {
    const endpoint = await startSecretsEndpoint(JSON.stringify({ username: 'ignored', password: passwordOf('app') }));
    const { FROM_ENV_PASSWORD: _, ...environment } = users.cluster.environment('app', 'FROM_ENV');
    const { AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
    const before = { AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint.url,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    });
    try {
      const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf';
      const connection = connectionFromEnv('FROM_ENV', { ...environment, FROM_ENV_AUTH: 'secret', FROM_ENV_SECRET_ARN: secretArn });
      await using({ connection }, async (db) => expect(await db.call('ACL', 'WHOAMI')).toBe('app'));
      expect(endpoint.reads).toBe(1);
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) {
          delete process.env[name];
        } else {
          process.env[name] = value;
        }
      }
      await endpoint.stop();
    }
  });

  test('are read again when the password was changed', async () => {
    const endpoint = await startSecretsEndpoint(JSON.stringify({ username: 'app', password: passwordOf('app') }));
    try {
      const credentials = secretCredentials({ secretArn: 'app', client: endpoint.client });
      await using({ credentials }, async (db) => {
        const refusals: unknown[] = [];
        db.on('node error', ({ cause }: Error) => (cause as { code?: string } | undefined)?.code === 'WRONGPASS' && refusals.push(cause));
        await db.subscribe('news');
        await db.set('rotation', '1');
        endpoint.put(JSON.stringify({ username: 'app', password: passwordOf('rotated') }));
        await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('rotated')}`);
        await users.disconnectAll();
        expect(await db.get('rotation')).toBe('1');
        expect(refusals).toEqual([]);
        expect(endpoint.reads).toBe(2);
        const message = new Promise((resolve) => db.on('message', (_, text) => resolve(text)));
        await expect.poll(() => db.publish('news', 'hello').then(() => Promise.race([message, 'nothing'])), { timeout: 5_000 }).toBe('hello');
      });
    } finally {
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`);
      await endpoint.stop();
    }
  });

  test('of an IAM user are signed for the cluster and the user of the connection', async () => {
    // A local server cannot check a signature, so it is told the very token that the client is going to sign at this time.
    vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z'), toFake: ['Date'] });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
    vi.stubEnv('AWS_SESSION_TOKEN', 's'.repeat(1_000));
    try {
      const token = await iamCredentials({ clusterName: 'orders', username: 'app', region: 'eu-west-1' }).getPassword();
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${token}`);
      const connection = { ...users.connection(), auth: 'iam', region: 'eu-west-1', password: undefined } as const;
      await using({ connection }, async (db) => expect(await db.set('iam', '1')).toBe('OK'));
    } finally {
      vi.useRealTimers();
      vi.unstubAllEnvs();
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`);
    }
  });

  test('may be given for a connection whose password is kept elsewhere', async () => {
    const { FROM_ENV_PASSWORD: password, ...environment } = users.cluster.environment('app', 'FROM_ENV');
    const credentials = staticCredentials({ username: 'app', password });
    Object.assign(process.env, environment);
    try {
      await using({ connection: undefined, prefix: 'FROM_ENV', credentials }, (db) => db.set('elsewhere', '1'));
      expect(() => connect({ prefix: 'FROM_ENV' }))
        .toThrow(/^FROM_ENV_PASSWORD is not set: it is needed when FROM_ENV_AUTH is password, unless `credentials` are given$/);
    } finally {
      Object.keys(environment).forEach((name) => delete process.env[name]);
    }
    const outputs = Object.fromEntries(CONNECTION_FIELDS.map((field) => [outputName(field), environment[variableName(field, 'FROM_ENV')]]));
    await using({ connection: connectionFromOutputs({ Database: outputs }), credentials }, (db) => db.get('elsewhere'));
  });

  test('may be given for a connection that needs tokens', async () => {
    const connection = { ...users.connection(), auth: 'iam', password: undefined } as const;
    await using({ connection, credentials: staticCredentials({ username: 'app', password: passwordOf('app') }) }, (db) => db.get('a'));
  });
});

describe('options', () => {
  test('of ioredis replace the defaults one by one', async () => {
    await using({ maxRedirections: 7, retryDelayOnMoved: undefined, keyPrefix: 'p:', redisOptions: { connectTimeout: 900, disconnectTimeout: undefined, tls: { minVersion: 'TLSv1.3' } } }, async (db) => {
      expect(db.options).toMatchObject({ maxRedirections: 7, retryDelayOnMoved: 20 });
      expect(db.options.redisOptions).toMatchObject({ connectTimeout: 900, socketTimeout: 5_000, disconnectTimeout: 500 });
      expect(db.options.redisOptions!.tls).toMatchObject({ minVersion: 'TLSv1.3', rejectUnauthorized: true });
      await db.set('prefixed', '1');
    });
    await using({}, async (db) => {
      expect(await db.get('p:prefixed')).toBe('1');
    });
  });

  test('of TLS are made once for clients with the same certificate authorities', async () => {
    const contexts = await Promise.all([undefined, {}, { minVersion: 'TLSv1.3' } as const].map(async (tls) => {
      let context: unknown;
      await using({ lazyConnect: true, redisOptions: { tls } }, async (db) => {
        context = db.options.redisOptions!.tls!.secureContext;
      });
      return context;
    }));
    expect(contexts[0]).toBe(contexts[1]);
    expect(contexts[2]).not.toBe(contexts[0]);
  });

  test('cannot turn certificate checks off', async () => {
    expect(() => connect({ connection: users.connection(), redisOptions: { tls: { rejectUnauthorized: false } } }))
      .toThrow(/^redisOptions\.tls\.rejectUnauthorized must not be false/);
    const options = { deadline: 3_000, dnsLookup: ((_, callback) => callback(null, '127.0.0.1')) as ConnectOptions['dnsLookup'] };
    const connection = { ...users.connection(), host: 'another.name' };
    const redisOptions = { tls: { checkServerIdentity: () => undefined } };
    await using({ ...options, connection, redisOptions }, (db) => expect(db.get('a')).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/));
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await using({ ...options, connection }, (db) => expect(db.get('a')).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/));
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  test('can add a check', async () => {
    const redisOptions = { tls: { checkServerIdentity: () => new Error('not the one I know') } };
    await using({ redisOptions, deadline: 1_000 }, (db) => expect(db.get('a')).rejects.toThrow(/not the one I know/));
  });

  test.each(['username', 'password', 'Connector'])('fail with redisOptions.%s', (name) => {
    expect(() => connect({ connection: users.connection(), redisOptions: { [name]: 'x' } })).toThrow(`redisOptions.${name} cannot be overridden`);
  });

  test('fail with a connection that is not complete, and name what is missing', () => {
    expect(() => connect({ connection: { ...users.connection(), password: undefined } })).toThrow(/^connection\.password is not set/);
    expect(() => connect({ connection: { ...users.connection(), auth: 'secret', password: undefined } })).toThrow(/^connection\.secretArn is not set/);
    expect(() => connect({ prefix: 'NOWHERE' })).toThrow(/^NOWHERE_HOST is not set: expected the host name of the cluster endpoint$/);
  });

  test('fail with credentials for a connection without TLS', () => {
    const connection = { host: 'localhost', port: 6379, tls: false, auth: 'none' } as const;
    const credentials = staticCredentials({ username: 'app', password: passwordOf('app') });
    expect(() => connect({ connection, credentials })).toThrow(/^credentials are given although connection\.tls is false/);
  });

  test('fail with TLS options for a connection without TLS', () => {
    const connection = { host: 'localhost', port: 6379, tls: false, auth: 'none' } as const;
    expect(() => connect({ connection, redisOptions: { tls: {} } })).toThrow(/^redisOptions\.tls is given although/);
  });

  test.each([0, -1, NaN, Infinity, 2 ** 31, '5000'])('fail with the deadline %j', (deadline) => {
    expect(() => connect({ connection: users.connection(), deadline: deadline as number })).toThrow(`deadline is ${inspect(deadline)}: expected a number of milliseconds`);
  });

  test('fail with a CA file that is missing, contains no certificate or a damaged one', () => {
    const connect1 = (caFile: string) => () => connect({ connection: { ...users.connection(), caFile } });
    expect(connect1('/nowhere/ca.pem')).toThrow(/^cannot read the CA file \/nowhere\/ca\.pem: ENOENT/);
    expect(connect1(__filename)).toThrow(/contains no certificate in PEM format$/);
    const directory = mkdtempSync(join(tmpdir(), 'client-'));
    const damaged = join(directory, 'damaged.pem');
    const pem = readFileSync(users.connection().caFile!, 'utf8');
    writeFileSync(damaged, `${pem}\n${pem.replace(/[A-Za-z0-9+/]{60}/, '')}`);
    expect(connect1(damaged)).toThrow(/^cannot use the certificates of the CA file .*damaged\.pem: /);
    rmSync(directory, { recursive: true });
  });
});
