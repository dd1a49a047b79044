import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asNodeRedisClient } from '../../../src/client';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

let library: Library;
let db: Cluster;
let store: RedisStore;
let server: Server;

type SessionRequest = IncomingMessage & { session: session.Session & { visits?: number } };

beforeAll(async () => {
  library = await startLibrary('connect-redis', ['ttl']);
  db = library.open();
  store = new RedisStore({ client: asNodeRedisClient(db), prefix: 'session:', ttl: 600 });
  const middleware = session({ store, secret: 'a secret of the test', resave: false, saveUninitialized: false });
  server = createServer((request, response) => {
    middleware(request as never, response as never, (error) => {
      const { session: current } = request as SessionRequest;
      if (error || request.url === '/logout') {
        current.destroy(() => response.writeHead(error ? 500 : 204).end());
        return;
      }
      if (request.url === '/visit') {
        current.visits = (current.visits ?? 0) + 1;
      }
      response.end(String(current.visits ?? 0));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await library?.stop();
});

/** A browser with its cookie. */
function browser() {
  let cookie = '';
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers: { cookie } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response.text();
  };
}

const ids = async () => (await store.ids()) as string[];

test('sessions of express-session live in the cluster', async () => {
  const browsers = Array.from({ length: 12 }, browser);
  for (const visits of ['1', '2']) {
    expect(await Promise.all(browsers.map((visit) => visit('/visit')))).toEqual(browsers.map(() => visits));
  }
  expect(await store.length()).toBe(12);
  expect((await store.all()) as unknown[]).toHaveLength(12);

  const [id] = await ids();
  await db.expire(`session:${id}`, 5);
  await Promise.all(browsers.map((visit) => visit('/')));
  expect(await db.ttl(`session:${id}`)).toBeGreaterThan(500);

  expect(await browsers[0]('/logout')).toBe('');
  expect(await browsers[0]('/')).toBe('0');
  expect(await ids()).toHaveLength(11);
  await store.clear();
  expect([await store.length(), await browsers[1]('/')]).toEqual([0, '0']);
});

test('sessions that share a slot are listed together', async () => {
  const expires = { cookie: { maxAge: 60_000 } } as never;
  await Promise.all([store.set('{a}1', expires), store.set('{a}2', expires)]);
  expect(((await store.all()) as { id: string }[]).map(({ id }) => id).sort()).toEqual(expect.arrayContaining(['{a}1', '{a}2']));
});

test('it needs no other command', async () => {
  expect(await library.excess()).toEqual({ refused: [], unused: [] });
});
