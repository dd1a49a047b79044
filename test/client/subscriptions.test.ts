import { once } from 'node:events';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, observe } from '../../src/client';
import { clusterInternals } from '../../src/client/internals';

let cluster: ProxiedUsers;
let db: Cluster;
let received: string[];

beforeAll(async () => (cluster = await startProxiedUsers()));

afterAll(async () => cluster?.stop());

beforeEach(async () => {
  received = [];
  db = connect({ connection: cluster.users.connection(), natMap: cluster.proxy.natMap });
  onTestFinished(() => close(db, { timeout: 100 }));
  db.on('message', (_, text) => received.push(text)).on('pmessage', (_, __, text) => received.push(text));
  await db.subscribe('news');
  await db.psubscribe('n*s');
});

const subscriber = () => clusterInternals(db).subscriber;

/** Another connection for subscriptions than the one that there is, once it is as far as a state. */
async function next(state: string, change: () => unknown) {
  const before = subscriber().getInstance();
  change();
  await expect.poll(() => subscriber().getInstance(), { interval: 1 }).not.toBe(before);
  const connection = subscriber().getInstance()!;
  if (state !== connection.status) {
    await once(connection, state);
  }
  return connection;
}

const dropSubscriber = () => cluster.users.onAllNodes('CLIENT', 'KILL', 'TYPE', 'pubsub');

async function expectMessages() {
  received = [];
  await expect.poll(() => cluster.admin.publish('news', 'text').then(() => received.length), { timeout: 5_000 }).toBeGreaterThan(1);
}

test('a connection that is replaced while it gets its subscriptions back takes none of them with it', async () => {
  await next('ready', dropSubscriber);
  const release = cluster.proxy.hold();
  await next('connecting', () => subscriber().selectSubscriber());
  release();
  await new Promise((resolve) => setTimeout(resolve, 3));
  cluster.proxy.cut();
  await expectMessages();
});

test('nor does one that is stopped', async () => {
  await next('ready', dropSubscriber);
  const release = cluster.proxy.hold();
  db.disconnect(true);
  release();
  await expectMessages();
});

test('a subscription that was asked for on a connection that is replaced is asked for again', async () => {
  const release = cluster.proxy.hold();
  const more = db.subscribe('more');
  await next('ready', () => subscriber().selectSubscriber());
  release();
  await more;
  await expect.poll(() => cluster.admin.publish('more', 'more').then(() => received), { timeout: 5_000 }).toContain('more');
});

test('what is subscribed to while a connection is being opened is there when it was promised', async () => {
  for (let round = 0; round < 20; round++) {
    subscriber().selectSubscriber();
    const asked: Promise<unknown>[] = [];
    for (let n = 0; n < 12; n++) {
      asked.push(db.subscribe(`channel-${round}-${n}`));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(asked);
  }
  received = [];
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 12 }, (_, n) => cluster.admin.publish(`channel-${round}-${n}`, `${round}-${n}`)));
  }
  await expect.poll(() => new Set(received).size, { timeout: 5_000 }).toBe(240);
});

test('subscriptions that are refused for a time come back, and are not asked for all the time', async () => {
  const errors: string[] = [];
  onTestFinished(observe('error', ({ error }) => errors.push(error.message)));
  await cluster.users.onAllNodes('ACL', 'SETUSER', 'app', 'resetchannels');
  await expect.poll(() => errors, { timeout: 5_000 }).toContainEqual(expect.stringContaining('NOPERM'));
  const before = errors.length;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(errors.length - before).toBeLessThan(15);
  await cluster.users.onAllNodes('ACL', 'SETUSER', 'app', 'allchannels');
  await expectMessages();
});

test('those that are refused do not disturb the others', async () => {
  await db.subscribe('other');
  const errors: string[] = [];
  onTestFinished(observe('error', ({ error }) => errors.push(error.message)));
  onTestFinished(() => cluster.users.onAllNodes('ACL', 'SETUSER', 'app', 'allchannels'));
  await next('ready', () => cluster.users.onAllNodes('ACL', 'SETUSER', 'app', 'resetchannels', '&n*s'));
  await expect.poll(() => cluster.admin.publish('news', 'first').then(() => received), { timeout: 5_000 }).toContain('first');
  const refused = errors.length;
  const sent = Array.from({ length: 75 }, (_, n) => `text-${n}`);
  for (const text of sent) {
    await cluster.admin.publish('news', text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await expect.poll(() => received, { timeout: 5_000 }).toEqual(expect.arrayContaining(sent));
  expect(errors.length).toBeGreaterThan(refused);
  await cluster.users.onAllNodes('ACL', 'SETUSER', 'app', 'allchannels');
  await expect.poll(() => cluster.admin.publish('other', 'other').then(() => received), { timeout: 5_000 }).toContain('other');
  // It counts as the one with all of them from now on.
  await next('ready', dropSubscriber);
  received = [];
  await expect.poll(() => cluster.admin.publish('other', 'again').then(() => received), { timeout: 5_000 }).toContain('again');
});
