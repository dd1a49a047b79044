import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let users: Users;

beforeAll(async () => (users = await startUsers({ app: 'on ~* &* +@all' })));

afterAll(async () => users?.local.stop());

type Scripts = Record<string, (...args: string[]) => Promise<unknown>>;

function open(options: ConnectOptions = {}) {
  const db = connect({ connection: users.connection(), deadline: 3_000, enableAutoPipelining: true, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

const LETTERS = ['{k}a', 'A', '{k}b', 'B', '{k}c', 'C', '{k}d', 'D'];

test('a command that is defined while others wait is one of them', async () => {
  const db = open();
  await db.mset(LETTERS);
  const first = db.get('{k}a');
  db.defineCommand('foo', { numberOfKeys: 1, lua: 'return "foo"' });
  db.addBuiltinCommand('lolwut');
  const commands = db as unknown as Scripts;
  const others = [commands.foo('{k}x'), commands.fooBuffer('{k}x'), db.get('{k}b'), db.get('{k}c'), db.get('{k}d')];
  expect(await Promise.all([first, ...others])).toEqual(['A', 'foo', Buffer.from('foo'), 'B', 'C', 'D']);
});

test('readers get their own values while commands are defined', async () => {
  const db = open();
  const keys = Array.from({ length: 200 }, (_, index) => `{k}${index}`);
  await db.mset(keys.flatMap((key) => [key, key]));
  let isOver = false;
  const readers = keys.map(async (key) => {
    while (!isOver) {
      expect(await db.get(key)).toBe(key);
    }
  });
  for (let round = 0; round < 10; round++) {
    await pause(20);
    db.defineCommand(`echo${round}`, { numberOfKeys: 1, lua: `return "${round}"` });
    expect(await (db as unknown as Scripts)[`echo${round}`]('{k}x')).toBe(String(round));
  }
  isOver = true;
  await Promise.all(readers);
});

test('a command that blocks does not take away the deadline of others', async () => {
  const db = open({ deadline: 500 });
  await db.set('{k}a', 'A');
  const start = performance.now();
  const popped = db.blpop('{k}queue', 2);
  const early = db.get('{k}a');
  await pause(50);
  const late = db.incr('{k}count');
  await expect(early).rejects.toMatchObject({ code: 'EDEADLINE' });
  await expect(late).rejects.toMatchObject({ code: 'EDEADLINE', message: expect.stringContaining('if it waited for "blpop"') });
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(await popped).toBe(null);
});

test('subscriptions go to the connection for those', async () => {
  const db = open({ shardedSubscribers: true });
  await db.set('{s}x', 'X');
  const heard: string[] = [];
  db.on('smessage', (_, message: string) => heard.push(message));
  const [first, , second] = await Promise.all([db.get('{s}x'), db.ssubscribe('{s}news'), db.get('{s}x')]);
  expect([first, second]).toEqual(['X', 'X']);
  await db.spublish('{s}news', 'hello');
  await expect.poll(() => heard).toEqual(['hello']);
  expect(await db.get('{s}x')).toBe('X');
});

test.each(['pSubscribe', 'SUBSCRIBE', 'Multi'])('%s, however it is written, fails no other command', async (name) => {
  const db = open();
  await db.mset(LETTERS);
  const [first, other, last] = await Promise.allSettled([db.get('{k}a'), db.call(name, ...name === 'Multi' ? [] : ['{k}news']), db.get('{k}b')]);
  expect([first, last]).toMatchObject([{ value: 'A' }, { value: 'B' }]);
  expect(other).toMatchObject({ reason: expect.any(TypeError) });
  expect(await db.get('{k}c')).toBe('C');
});
