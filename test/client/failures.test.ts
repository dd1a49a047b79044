import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outputOf } from './support/output';
import { startSecretsEndpoint } from './support/secrets-endpoint';
import { MINIMUM, passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import type { ConnectionDescriptor, ConnectOptions } from '../../src/client';
import { close, connect, CredentialsError, DeadlineError, iamCredentials, observe, secretCredentials } from '../../src/client';
import { Client } from '../../src/client/client';
import { createCertificates } from '../../src/local/certificates';

const DEADLINE = 1_500;

let users: Users;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'client-'));
  users = await startUsers({
    app: 'on ~* &* +@all',
    ...Object.fromEntries(MINIMUM.map((rule, i) => [
      `without-${i}`, `on ~* &* -@all +@read +@write +@pubsub ${MINIMUM.filter((other) => other !== rule).join(' ')}`,
    ])),
  });
});

afterAll(async () => {
  await users?.local.stop();
  rmSync(directory, { recursive: true, force: true });
});

const somewhere: ConnectionDescriptor = {
  host: 'localhost',
  port: 1,
  tls: true,
  auth: 'password',
  username: 'app',
  password: 'Pr1vate-stub-0123456789abcdef',
};

const to = (address: string): ConnectOptions['dnsLookup'] => (_, callback) => callback(null, address);

/** Gives a command, a pipeline and a transaction to a new client, all of which have to fail alike and in time. */
async function failureOf(options: ConnectOptions): Promise<{ error: DeadlineError; ms: number }> {
  const db = connect({ deadline: DEADLINE, ...options });
  const start = performance.now();
  try {
    const results = await Promise.allSettled([
      db.get('a').finally(() => expect(performance.now() - start).toBeLessThan(DEADLINE + 300)),
      db.pipeline().get('a').set('a', '1').exec(),
      db.multi().get('a').set('a', '1').exec(),
    ]);
    const ms = performance.now() - start;
    expect(ms).toBeLessThan(DEADLINE + 300);
    const errors = results.map((result) => (result as PromiseRejectedResult).reason as DeadlineError);
    const { host, port } = options.connection!;
    for (const [i, command] of ['get', 'pipeline', 'multi'].entries()) {
      expect(errors[i]).toBeInstanceOf(DeadlineError);
      expect(errors[i]).toMatchObject({ code: 'EDEADLINE', endpoint: `${host}:${port}`, command });
      expect(errors[i].message).toMatch(new RegExp(`^no answer from ${host}:${port} to "${command}" `));
      expect((errors[i].cause as Error).message).toBe((errors[0].cause as Error).message);
    }
    return { error: errors[0], ms };
  } finally {
    await close(db);
    expect(db.status).toBe('end');
  }
}

interface Stub {
  readonly connection: ConnectionDescriptor;
  stop(): void;
}

/** A server that is not MemoryDB; with TLS, one whose certificate is all right. */
async function listen(onConnection: (socket: Socket) => void, tls = false): Promise<Stub> {
  const sockets: Socket[] = [];
  const accept = (socket: Socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  };
  const { ca, certificate, key } = await createCertificates('localhost');
  const caFile = join(directory, 'stub-ca.pem');
  writeFileSync(caFile, ca);
  const server = tls ? createTlsServer({ cert: certificate, key }, accept) : createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    connection: { ...somewhere, port: (server.address() as AddressInfo).port, caFile },
    stop() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

describe('a cluster that cannot be reached', () => {
  test('because its name does not exist', async () => {
    const { error, ms } = await failureOf({ connection: { ...somewhere, host: 'no-such-cluster.invalid' } });
    expect(error.message).toMatch(/within \d+ ms: getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-cluster\.invalid$/);
    expect(error.cause).toMatchObject({ syscall: 'getaddrinfo' });
    expect(ms).toBeGreaterThan(DEADLINE - 50);
  });

  test('because the port refuses', async () => {
    const { connection, stop } = await listen(() => undefined);
    stop();
    const { error } = await failureOf({ connection });
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(error.message).toContain(`connect ECONNREFUSED 127.0.0.1:${connection.port}`);
  });

  test.each([[false, /no connection to localhost:\d+ \(127\.0\.0\.1\) within 500 ms/], [true, /no reply to AUTH within 500 ms/]])(
    'because nobody answers (after a TLS handshake: %s)',
    async (tls, message) => {
      const { connection, stop } = await listen(() => undefined, tls);
      try {
        const { error } = await failureOf({ connection, redisOptions: { connectTimeout: 500 } });
        expect(error.cause).toMatchObject({ code: 'ETIMEDOUT' });
        expect(error.message).toMatch(message);
      } finally {
        stop();
      }
    },
  );

  test('because nobody answers a client that does not sign in', async () => {
    const { connection, stop } = await listen(() => undefined);
    try {
      const db = connect({ connection: { host: 'localhost', port: connection.port, tls: false, auth: 'none' }, deadline: 500 });
      await expect(db.get('a')).rejects.toThrow(/^no answer from localhost:\d+ to "get" within \d+ ms: the connection is connecting, but the reply did not come$/);
      await close(db);
    } finally {
      stop();
    }
  });

  test.each([false, true])('because it closes the connection (after a TLS handshake: %s)', async (tls) => {
    const { connection, stop } = await listen((socket) => (tls ? socket.end() : socket.destroy()), tls);
    try {
      const { error } = await failureOf({ connection });
      expect(error.message).toMatch(tls ? /closed the connection before it answered AUTH/ : /ECONNRESET/);
    } finally {
      stop();
    }
  });

  test('because it does not speak TLS', async () => {
    const { connection, stop } = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    try {
      expect((await failureOf({ connection })).error.message).toMatch(/EPROTO|wrong version number/i);
    } finally {
      stop();
    }
  });

  test('because it speaks another protocol, or repeats what it does not understand', async () => {
    const { password } = somewhere;
    for (const reply of ['HTTP/1.1 400 Bad Request', `-ERR unknown command 'AUTH', with args beginning with: 'app' '${password}'`]) {
      const { connection, stop } = await listen((socket) => socket.once('data', () => socket.write(`${reply}\r\n`)), true);
      try {
        const { error } = await failureOf({ connection });
        expect(error.message).toMatch(/unexpected reply to AUTH|ERR unknown command 'AUTH'$/);
        expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(password);
      } finally {
        stop();
      }
    }
  });

  test.each([undefined, '', 42])('because the credentials provider gives %j', async (password) => {
    const { connection, stop } = await listen(() => undefined, true);
    const credentials = { username: 'app', getPassword: async () => password as string };
    try {
      const { error } = await failureOf({ connection, credentials });
      expect(error.message).toMatch(/the credentials provider gave no password$/);
      const named = await failureOf({ connection, credentials: { ...credentials, sourceName: 'the vault of orders' } });
      expect(named.error.message).toMatch(/: the vault of orders gave no password$/);
    } finally {
      stop();
    }
  });

  test.each([
    ['throws', () => {
      throw new Error('no vault');
    }, /no vault$/],
    ['rejects with a text', () => Promise.reject('Pr1vate'), /the credentials provider failed and gave no reason$/],
    ['rejects with nothing', () => Promise.reject(undefined), /the credentials provider failed and gave no reason$/],
  ])('because the credentials provider %s', async (_, fail, message) => {
    const { error } = await failureOf({ connection: somewhere, credentials: { username: 'app', getPassword: fail } });
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: Infinity })).not.toContain('Pr1vate');
    const later = { username: 'app', getPassword: (refused?: string) => (refused ? fail() : Promise.resolve('wrong')) };
    expect((await failureOf({ connection: users.connection(), credentials: later })).error.message).toMatch(message);
  });

  test('because the credentials provider does not answer', async () => {
    const silent = { username: 'app', getPassword: () => new Promise<string>(() => undefined) };
    const { error } = await failureOf({ connection: somewhere, credentials: silent, slotsRefreshTimeout: 400 });
    expect(error.message).toMatch(/gave up waiting for the credentials provider/);
  });

  test('because the credentials provider has not answered yet', async () => {
    const credentials = { username: 'app', getPassword: () => new Promise<string>(() => undefined) };
    const { error } = await failureOf({ connection: users.connection(), credentials });
    expect(error).toMatchObject({ cause: { code: 'ECREDENTIALS' } });
    expect(error.message).toMatch(/ within \d+ ms: still waiting for the credentials provider$/);
  });

  test('because it refuses, and the credentials provider takes its time, too', async () => {
    const getPassword = () => new Promise<string>((resolve) => setTimeout(resolve, 200, passwordOf('app')));
    const { error } = await failureOf({ connection: somewhere, credentials: { username: 'app', getPassword } });
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});

describe('a cluster that cannot be trusted', () => {
  test('because its authority is not known', async () => {
    const { error, ms } = await failureOf({ connection: { ...users.connection(), caFile: undefined } });
    expect(error.cause).toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    expect(error.message).toMatch(/and there will be none: self.signed certificate in certificate chain \(SELF_SIGNED_CERT_IN_CHAIN\)$/);
    expect(ms).toBeLessThan(DEADLINE);
  });

  test('because another authority signed its certificate', async () => {
    const caFile = join(directory, 'other-ca.pem');
    writeFileSync(caFile, (await createCertificates('localhost')).ca);
    const { error } = await failureOf({ connection: { ...users.connection(), caFile } });
    expect((error.cause as { code: string }).code).toMatch(/CERT|SIGNATURE/);
  });

  test('because its certificate is for another name', async () => {
    const { error, ms } = await failureOf({ connection: { ...users.connection(), host: 'another.name' }, dnsLookup: to('127.0.0.1') });
    expect(error.cause).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(error.message).toContain('another.name');
    expect(ms).toBeLessThan(DEADLINE);
  });
});

describe('a user who cannot sign in', () => {
  test('because the password is wrong', async () => {
    const { error, ms } = await failureOf({ connection: { ...users.connection(), password: 'wrong-password-of-the-user' } });
    expect(error.cause).toMatchObject({ code: 'WRONGPASS' });
    expect(error.message).toMatch(/and there will be none: WRONGPASS invalid username-password pair/);
    expect(ms).toBeLessThan(DEADLINE);
  });

  test('because a token is refused, and is told what to look at', async () => {
    const aws = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'Pr1vate-aws-secret' };
    const credentials = iamCredentials({ clusterName: 'orders', username: 'app', region: 'eu-west-1', credentials: aws });
    const { error } = await failureOf({ connection: users.connection(), credentials });
    expect(error.cause).toMatchObject({ code: 'WRONGPASS' });
    expect(error.message).toMatch(/: WRONGPASS invalid username-password pair or user is disabled; check memorydb:Connect for the user "app"/);
    expect(error.message).toMatch(/ and the cluster "orders", that name, the Region "eu-west-1" and the clock$/);
    expect(error.message).not.toMatch(/X-Amz|Pr1vate/);
  });

  test('and gets in as soon as the password is changed', async () => {
    const db = connect({ connection: { ...users.connection(), password: 'later-password-of-the-user' }, deadline: 8_000 });
    await expect(db.get('a')).rejects.toMatchObject({ cause: { code: 'WRONGPASS' } });
    const start = performance.now();
    await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE' });
    expect(performance.now() - start).toBeLessThan(100);
    await users.onAllNodes('ACL', 'SETUSER', 'app', '>later-password-of-the-user');
    await expect.poll(() => db.get('a').then(() => 'answered', () => 'refused'), { timeout: 8_000, interval: 100 }).toBe('answered');
    await close(db);
  });

  test('because the secret may not be read', async () => {
    const endpoint = await startSecretsEndpoint();
    try {
      endpoint.fail('AccessDeniedException', 'no identity-based policy allows it');
      const { error, ms } = await failureOf({ connection: users.connection(), credentials: secretCredentials({ secretArn: 'orders', client: endpoint.client }) });
      expect(error.message).toMatch(/cannot read the secret orders: AccessDeniedException: no identity-based policy allows it/);
      expect(endpoint.reads).toBeLessThanOrEqual(3);
      expect(ms).toBeLessThan(DEADLINE + 300);
    } finally {
      await endpoint.stop();
    }
  });

  test('because a provider fails, which keeps its failure', async () => {
    const failure = Promise.reject(new CredentialsError('no such secret', { permanent: true }));
    failure.catch(() => undefined);
    const db = connect({ connection: users.connection(), credentials: { username: 'app', getPassword: () => failure }, deadline: 8_000 });
    await expect(db.get('a')).rejects.toThrow(/and there will be none: no such secret$/);
    await close(db);
  });

  test('but not because it might not be read once', async () => {
    const endpoint = await startSecretsEndpoint();
    try {
      endpoint.fail('AccessDeniedException', 'no identity-based policy allows it');
      const db = connect({ connection: users.connection(), credentials: secretCredentials({ secretArn: 'orders', client: endpoint.client }) });
      const read = db.get('a');
      await expect.poll(() => endpoint.reads, { interval: 5 }).toBe(1);
      endpoint.put(JSON.stringify({ username: 'app', password: passwordOf('app') }));
      expect(await read).toBeNull();
      await close(db);
    } finally {
      await endpoint.stop();
    }
  });
});

describe('a user without', () => {
  test.each([['+cluster|slots', 0], ['+cluster|info', 1]])('%s is told so', async (rule, i) => {
    const { error, ms } = await failureOf({ connection: users.connection(`without-${i}`) });
    expect(error.cause).toMatchObject({ message: expect.stringMatching(/^NOPERM/) });
    expect(error.message).toContain(rule.slice(1));
    expect(error.message).toContain('the access string needs "+cluster|slots +cluster|info +readonly +info"');
    expect(ms).toBeLessThan(DEADLINE);
  });

  test.each([['+readonly', 2], ['+info', 3]])('%s reads from the primaries, and nothing is printed', async (_, i) => {
    const printed = await outputOf(async () => {
      const db = connect({ connection: users.connection(`without-${i}`), deadline: 3_000, readFrom: 'replica' });
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 20 }, async (__, n) => {
          await db.set(`key-${n}`, '1');
          await db.get(`key-${n}`);
        }));
      }
      await db.subscribe('news');
      await close(db);
    });
    expect(printed).toBe('');
  });

  test.each([['replica', true], ['any', true], ['primary', false]] as const)('+readonly who reads from %s is told so once for each replica: %s', async (readFrom, isTold) => {
    const told: string[] = [];
    const stop = observe('error', ({ error }) => told.push(error.message));
    const db = connect({ connection: users.connection('without-2'), deadline: 3_000, readFrom });
    const replicas = () => db.nodes('slave');
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, n) => db.get(`key-${n}`)));
      replicas().forEach((node) => void node.connect().catch(() => undefined));
      await expect.poll(() => replicas().filter(({ status }) => status === 'ready').length).toBe(3);
      await users.onAllNodes('CLIENT', 'KILL', 'USER', 'without-2');
    }
    await close(db);
    stop();
    const refused = told.filter((message) => /NOPERM/.test(message));
    expect(refused).toHaveLength(isTold ? 3 : 0);
    expect(new Set(refused).size).toBe(refused.length);
    for (const message of refused) {
      expect(message).toMatch(/^localhost:\d+ is not read from: NOPERM .*'readonly' command; besides its data commands, the access string needs "\+cluster\|slots .*\+readonly/);
    }
  });
});

test('a provider that never answers does not hide what is wrong besides', async () => {
  const getPassword = () => new Promise<string>(() => undefined);
  const db = connect({ connection: { ...somewhere, host: 'no-such-host.invalid' }, credentials: { username: 'app', getPassword }, deadline: DEADLINE });
  let attempts = 0;
  db.on('connecting', () => (attempts += 1));
  await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE' });
  expect(attempts).toBeGreaterThan(1);
  await expect.poll(() => Client.failureOf(db)?.message).toMatch(/^getaddrinfo /);
  await close(db);
});

test('a question of the caller that the server refuses is no failure of the connection', async () => {
  const events: unknown[] = [];
  const stop = observe('error', (event) => events.push(event));
  const db = connect({ connection: users.connection(), deadline: 3_000 });
  await db.get('a');
  await expect((db.cluster as (word: string) => Promise<unknown>)('KEYSLOT')).rejects.toThrow('ERR wrong number of arguments');
  expect(Client.failureOf(db)).toBeUndefined();
  expect(events).toEqual([]);
  stop();
  await close(db);
});
