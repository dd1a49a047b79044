import { afterAll, beforeAll, expect, test } from 'vitest';
import { dump, jsonOf } from './support/dump';
import { outputOf } from './support/output';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import * as client from '../../src/client';

const { close, connect, staticCredentials } = client;
const SECRET = passwordOf('app');

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

test('a client shows its password nowhere', async () => {
  const shown: string[] = [];
  const printed = await outputOf(async () => {
    const db = connect({ connection: users.connection(), deadline: 5_000 });
    const emit = db.emit.bind(db);
    db.emit = (event: string, ...args: unknown[]) => {
      shown.push(dump(args));
      return emit(event, ...args);
    };
    db.on('+node', (node) => {
      shown.push(dump(node));
      node.on('connect', () => process.nextTick(() => shown.push(dump(node))));
    });
    const pending = db.get('a');
    // While connections are being opened and signed in as well.
    const ticks = setInterval(() => shown.push(dump(db)), 20);
    await pending;
    await db.subscribe('news');
    await Promise.all(Array.from({ length: 20 }, (_, i) => db.set(`key-${i}`, '1')));
    clearInterval(ticks);
    const other = db.duplicate();
    await other.get('a');
    for (const cluster of [db, other]) {
      shown.push(dump(cluster), JSON.stringify(cluster.options), jsonOf(cluster), dump(cluster.options));
      for (const node of cluster.nodes()) {
        shown.push(dump(node.options), JSON.stringify(node.options));
      }
      await close(cluster);
      shown.push(dump(cluster));
    }
  });
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(printed).toBe('');
});

test('errors show no password', async () => {
  const wrong = 'Pr1vate-wrong-0123456789abcdef';
  const shown: string[] = [];
  const printed = await outputOf(async () => {
    const connection = users.connection();
    let refused = 0;
    const credentials = {
      username: 'app',
      async getPassword(password?: string) {
        refused += password === undefined ? 0 : 1;
        return wrong;
      },
    };
    const db = connect({ connection, credentials, deadline: 2_000 });
    for (const event of ['error', 'node error']) {
      db.on(event, (error) => shown.push(dump(error), jsonOf(error)));
    }
    const errors = await Promise.all([
      db.get('a').catch((error: unknown) => error),
      db.pipeline().get('a').exec().catch((error: unknown) => error),
      db.subscribe('news').catch((error: unknown) => error),
    ]);
    shown.push(dump(errors), jsonOf(errors), ...errors.map((error) => (error as Error).stack!), dump(db));
    expect(refused).toBeGreaterThan(0);
    await close(db);
    expect(() => connect({ connection: { ...connection, auth: 'none' } })).toThrow();
    for (const provider of [credentials, staticCredentials({ username: 'app', password: SECRET })]) {
      const failing = connect({ connection: { ...connection, host: 'another.name' }, credentials: provider, deadline: 300 });
      shown.push(dump(await failing.get('a').catch((error: unknown) => error)));
      await close(failing);
    }
  });
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((text) => text.includes(SECRET) || text.includes(wrong))).toEqual([]);
  expect(printed).toBe('');
});

test('an error of the handshake of ioredis shows no password', async () => {
  const db = connect({ connection: users.connection(), deadline: 5_000 });
  await db.get('a');
  const [node] = db.nodes('master');
  const { password } = node.options;
  await users.cluster.nodes[0].call('ACL', 'SETUSER', 'other', 'on', '>something-else-entirely');
  const error = await node.call('HELLO', 3, 'AUTH', 'other', password as unknown as Buffer).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: expect.stringMatching(/^WRONGPASS/), command: { name: 'HELLO' } });
  expect(dump(error) + jsonOf(error)).not.toContain(SECRET);
  expect(dump(error)).toContain('[redacted]');
  await close(db);
});
