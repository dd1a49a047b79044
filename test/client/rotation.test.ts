import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startSecretsEndpoint } from './support/secrets-endpoint';
import type { SecretsEndpoint } from './support/secrets-endpoint';
import { traffic } from './support/traffic';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, secretCredentials } from '../../src/client';

let users: Users;
let endpoint: SecretsEndpoint;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

const secretOf = (password: string) => JSON.stringify({ username: 'app', password });

beforeEach(async () => {
  endpoint = await startSecretsEndpoint(secretOf(passwordOf('app')));
});

afterEach(async () => {
  await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('app')}`);
  await endpoint.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client under load with a subscription, through the steps of a rotation. */
async function through(rotate: () => Promise<void>): Promise<void> {
  const db = connect({
    connection: users.connection(),
    credentials: secretCredentials({ secretArn: 'orders', client: endpoint.client }),
  });
  let received = 0;
  db.on('message', () => (received += 1));
  await db.subscribe('news');
  const commands = traffic(db, { keys: ['{a}', '{b}', '{c}', '{d}'] });
  const pipelines = traffic(db, { keys: ['{a}', '{d}'], use: (client, key) => client.pipeline().get(key).set(`${key}2`, '1').exec() });
  await pause(200);
  await rotate();
  await pause(300);
  expect([await commands.stop(), await pipelines.stop()]).toEqual([0, 0]);
  expect([...commands.errors, ...pipelines.errors]).toEqual([]);
  const before = received;
  await expect.poll(() => db.publish('news', 'text').then(() => received), { timeout: 10_000 }).toBeGreaterThan(before);
  await close(db);
}

test('two passwords, then the new one alone, then every connection ends: no error to callers', async () => {
  const readsBefore = endpoint.reads;
  await through(async () => {
    await users.onAllNodes('ACL', 'SETUSER', 'app', `>${passwordOf('new')}`);
    await pause(200);
    await users.disconnectAll();
    await pause(200);
    endpoint.put(secretOf(passwordOf('new')));
    await users.onAllNodes('ACL', 'SETUSER', 'app', `<${passwordOf('app')}`);
    await pause(200);
    await users.disconnectAll();
    await pause(500);
    await users.disconnectAll();
  });
  expect(endpoint.reads - readsBefore).toBeLessThanOrEqual(4);
});

test('a rotation that has replaced the password, but not finished, is no error to callers', async () => {
  await through(async () => {
    endpoint.putPending(secretOf(passwordOf('new')));
    await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${passwordOf('new')}`);
    await users.disconnectAll();
    await pause(500);
    endpoint.put(secretOf(passwordOf('new')));
    endpoint.putPending(undefined);
    await users.disconnectAll();
  });
});
