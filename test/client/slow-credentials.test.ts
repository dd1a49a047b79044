import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, iamCredentials, observe, secretCredentials } from '../../src/client';
import type { ConnectOptions, CredentialsProvider } from '../../src/client';
import { subscribers } from '../../src/client/internals';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' }, { shards: 1 });
});

afterAll(async () => users?.local.stop());

function client(options: ConnectOptions) {
  const db = connect({ connection: users.connection(), ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

describe('a provider that takes longer than the slots are waited for', () => {
  test('is asked once for what all attempts need', async () => {
    const asked: number[] = [];
    const getPassword = async () => {
      asked.push(performance.now());
      await sleep(2_700);
      return passwordOf('app');
    };
    const db = client({ deadline: 20_000, credentials: { username: 'app', getPassword } });
    const start = performance.now();
    await db.set('a', '1');
    expect(performance.now() - start).toBeLessThan(8_000);
    // For the slots, and for the nodes, and for each once more in case that the answer is lost.
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  test('also when its answer comes while nobody waits', async () => {
    const getPassword = vi.fn(() => sleep(450, passwordOf('app')));
    const db = client({
      credentials: { username: 'app', getPassword },
      deadline: 8_000,
      slotsRefreshTimeout: 400,
      clusterRetryStrategy: () => 300,
    });
    await db.set('a', '1');
    expect(getPassword.mock.calls.length).toBeLessThanOrEqual(4);
  });

  test('is asked once more by the next attempt when an answer is lost', async () => {
    const getPassword = vi.fn(async () => passwordOf('app')).mockReturnValueOnce(new Promise(() => undefined));
    const db = client({ credentials: { username: 'app', getPassword }, deadline: 20_000 });
    const start = performance.now();
    await db.set('a', '1');
    expect(performance.now() - start).toBeLessThan(4_000);
    getPassword.mockReturnValueOnce(new Promise(() => undefined));
    await users.disconnectAll();
    const cut = performance.now();
    await db.set('a', '2');
    expect(performance.now() - cut).toBeLessThan(4_000);
  });

  test('is asked once more by the connection that waits for a lost answer', async () => {
    const getPassword = vi.fn(async () => passwordOf('app'));
    const db = client({ credentials: { username: 'app', getPassword } });
    let received = 0;
    db.on('message', () => (received += 1));
    await db.subscribe('news');
    await db.set('a', '1');
    getPassword.mockReturnValueOnce(new Promise(() => undefined));
    const [connection] = subscribers(db);
    connection.disconnect(true);
    await once(connection, 'close');
    received = 0;
    await expect.poll(async () => {
      await db.publish('news', 'text');
      return received;
    }, { timeout: 4_000 }).toBeGreaterThan(0);
  });

  test('and fails is no reason to give up a password that still is accepted', async () => {
    const getPassword = vi.fn(async () => passwordOf('app'));
    const db = client({ credentials: { username: 'app', getPassword }, deadline: 5_000 });
    const messages: string[] = [];
    db.on('message', (_, text) => messages.push(text));
    await db.subscribe('news');
    await db.set('a', '1');
    getPassword.mockRejectedValue(new Error('the vault is closed'));
    await users.disconnectAll();
    await db.set('a', '2');
    await expect.poll(async () => {
      await db.publish('news', 'text');
      return messages.length;
    }, { timeout: 5_000 }).toBeGreaterThan(0);
  });

  describe('and never answers', () => {
    let getPassword: Mock<(refused?: string) => Promise<string>>;
    let db: Cluster;

    beforeEach(async () => {
      getPassword = vi.fn(async () => passwordOf('app'));
      db = client({ credentials: { username: 'app', getPassword }, profile: 'lambda' });
      await db.set('a', '1');
    });

    test('is no reason to wait longer than a second while the last password is accepted', async () => {
      getPassword.mockReturnValue(new Promise(() => undefined));
      await users.disconnectAll();
      const start = performance.now();
      expect(await db.get('a')).toBe('1');
      expect(performance.now() - start).toBeLessThan(3_500);
    });

    test('is asked for another one when that is refused', async () => {
      onTestFinished(() => users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`));
      const refused: unknown[] = [];
      getPassword.mockImplementation((other) => {
        refused.push(other);
        return other === undefined ? new Promise(() => undefined) : Promise.resolve(passwordOf('rotated'));
      });
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('rotated')}`);
      await users.disconnectAll();
      expect(await db.get('a')).toBe('1');
      expect(refused).toContain(passwordOf('app'));
    });

    test('but late, with a password that is taken by the next connection', async () => {
      onTestFinished(() => users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`));
      getPassword.mockImplementation(() => sleep(1_500, passwordOf('rotated')));
      await users.onAllNodes('ACL', 'SETUSER', 'app', `>${passwordOf('rotated')}`);
      await users.disconnectAll();
      await db.get('a');
      await sleep(1_000);
      await users.onAllNodes('ACL', 'SETUSER', 'app', `<${passwordOf('app')}`);
      getPassword.mockReturnValue(new Promise(() => undefined));
      await users.disconnectAll();
      const start = performance.now();
      await db.get('a');
      expect(performance.now() - start).toBeLessThan(1_900);
    });
  });

  test('is waited for at the first connection, and does not hold up a rotation', async () => {
    onTestFinished(() => users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`));
    let current = passwordOf('app');
    const db = client({ credentials: { username: 'app', getPassword: () => sleep(3_000, current) }, deadline: 12_000 });
    await db.set('a', '1');
    current = passwordOf('rotated');
    await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${current}`);
    await users.disconnectAll();
    const start = performance.now();
    expect(await db.get('a')).toBe('1');
    expect(performance.now() - start).toBeLessThan(6_000);
  });

  describe('and fails', () => {
    let told: string[];
    let getPassword: Mock<(refused?: string) => Promise<string>>;
    let db: Cluster;

    beforeEach(async () => {
      told = [];
      getPassword = vi.fn(async () => passwordOf('app'));
      db = client({ credentials: { username: 'app', getPassword }, deadline: 1_500 });
      await db.subscribe('news');
      await db.set('a', '1');
      getPassword.mockRejectedValue(new Error('the vault is closed'));
      onTestFinished(observe('error', ({ error }) => told.push(error.message)));
    });

    test('is no failure of a connection that is opened all the same', async () => {
      const [before] = subscribers(db);
      const calls = getPassword.mock.calls.length;
      before.disconnect(true);
      await expect.poll(() => subscribers(db).filter((each) => each !== before && each.status === 'ready').length, { timeout: 5_000 }).toBe(1);
      expect(getPassword.mock.calls.length).toBeGreaterThan(calls);
      expect(told).toEqual([]);
    });

    test('is told before the failure of one that is not', async () => {
      onTestFinished(() => users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`));
      getPassword.mockImplementation(async (refused) => {
        if (refused === undefined) {
          throw new Error('the vault is closed');
        }
        return passwordOf('app');
      });
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', '>another-password-than-that-of-the-client');
      await users.disconnectAll();
      await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'WRONGPASS' } });
      expect(told.filter((message) => /vault|WRONGPASS/.test(message)).slice(0, 2)).toEqual(['the vault is closed', expect.stringMatching(/^WRONGPASS/)]);
    });
  });

  test('may give an outdated password, which is refused, and is asked for another one', async () => {
    const refused: unknown[] = [];
    const credentials: CredentialsProvider = {
      username: 'app',
      async getPassword(other) {
        refused.push(other);
        await sleep(other ? 10 : 700);
        return other ? passwordOf('app') : 'an-outdated-password-of-the-user';
      },
    };
    const db = client({ credentials, deadline: 8_000, slotsRefreshTimeout: 600 });
    await db.set('a', '1');
    expect(refused).toContain('an-outdated-password-of-the-user');
  });
});

describe('a Secrets Manager that does not answer', () => {
  async function unreachable(): Promise<CredentialsProvider> {
    const sockets: { destroy(): void }[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sdk = new SecretsManagerClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' } });
    return secretCredentials({ secretArn, client: sdk });
  }

  test.each([[1_500, 'still'], [5_000, 'gave up']])('is named by a command that has waited for %i ms', async (deadline, what) => {
    const db = client({ credentials: await unreachable(), deadline, profile: 'lambda' });
    await expect(db.get('a')).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`: ${what} waiting for Secrets Manager, secret ${secretArn}$`)),
      cause: { code: 'ECREDENTIALS' },
    });
  });

  test('is the cause of a command that has waited for longer than it may take', async () => {
    const db = client({ credentials: await unreachable(), deadline: 8_500 });
    await expect(db.get('a')).rejects.toThrow(`: cannot read the secret ${secretArn}: Secrets Manager did not answer within 5000 ms`);
  });
});

test('a role that gives no AWS credentials is named, too', async () => {
  const credentials = iamCredentials({ clusterName: 'orders', username: 'app', region: 'eu-west-1', credentials: () => new Promise(() => undefined) });
  await expect(client({ credentials, deadline: 500 }).get('a')).rejects.toThrow(/: still waiting for AWS credentials to sign in with$/);
});

test('own credentials can say what they wait for', async () => {
  const credentials: CredentialsProvider = { username: 'app', sourceName: 'the vault', getPassword: () => new Promise(() => undefined) };
  await expect(client({ credentials, deadline: 500 }).get('a')).rejects.toThrow(/: still waiting for the vault$/);
  await expect(client({ credentials, deadline: 1_000, slotsRefreshTimeout: 400 }).get('a')).rejects.toThrow(/: gave up waiting for the vault$/);
});

test('what comes instead of a refused password is waited for by name, too', async () => {
  const getPassword = async (refused?: string) => (refused === undefined ? 'an-outdated-password-of-the-user' : new Promise<string>(() => undefined));
  const credentials = { username: 'app', sourceName: 'the vault', getPassword };
  await expect(client({ credentials, deadline: 1_500 }).get('a')).rejects.toThrow(/: still waiting for the vault$/);
});
