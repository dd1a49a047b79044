import { once } from 'node:events';
import type { Cluster } from 'ioredis';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { moveSlots } from './support/faults';
import { startMove } from './support/moving-slot';
import { primariesOf } from './support/primaries';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { passwordOf } from './support/users';
import { close, connect, observe, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';
import { clusterInternals } from '../../src/client/internals';

let cluster: ProxiedUsers;
let db: Cluster;
let received: string[];

useProxiedUsers((started) => (cluster = started));

beforeEach(async () => {
  received = [];
  db = connect({ connection: cluster.users.connection(), natMap: cluster.proxy.natMap, shardedSubscribers: true });
  onTestFinished(() => close(db, { timeout: 100 }));
  onTestFinished(() => allow('allchannels'));
  db.on('message', (channel, text) => received.push(`${channel}: ${text}`));
  db.on('pmessage', (pattern, _, text) => received.push(`${pattern}: ${text}`));
  db.on('smessage', (channel, text) => received.push(`${channel}: ${text}`));
  await db.subscribe('news');
  await db.psubscribe('n*s');
});

/** Changes to which channels the server lets the user subscribe; it ends the connections that have others. */
const allow = (...rules: string[]) => cluster.users.onAllNodes('ACL', 'SETUSER', 'app', ...rules);

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

/** Publishes until one message has come by every subscription. */
async function expectMessages(channel = 'news', subscribed = ['news', 'n*s'], timeout = 5_000) {
  received = [];
  let number = 0;
  const publish = async () => {
    const text = `text ${++number}`;
    await (channel.startsWith('{') ? cluster.admin.spublish(channel, text) : cluster.admin.publish(channel, text));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return subscribed.filter((name) => received.includes(`${name}: ${text}`));
  };
  await expect.poll(publish, { timeout }).toEqual(subscribed);
}

async function expectNoMessages(channel: string, subscribed = channel) {
  received = [];
  await Promise.all([cluster.admin.publish(channel, 'text'), cluster.admin.spublish(channel, 'text')]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(received.filter((text) => text.startsWith(`${subscribed}: `))).toEqual([]);
}

describe('connections that cannot sign in', () => {
  const failed: string[] = [];
  const other = 'another-password-than-that-of-the-client';

  beforeEach(async () => {
    await db.ssubscribe('{k}shard', '{k}other');
    await Promise.all(['{k}', '{a}', '{d}'].map((key) => db.get(key)));
    failed.length = 0;
    onTestFinished(observe('error', ({ error }) => failed.push(error.message)));
    onTestFinished(() => allow('resetpass', `>${passwordOf('app')}`));
    await allow('resetpass', `>${other}`);
    await cluster.users.onAllNodes('CONFIG', 'RESETSTAT');
    await dropSubscriber();
  });

  test('say why, do not wear out the servers, and come back', async () => {
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(new Set(failed)).toEqual(new Set([expect.stringMatching(/^WRONGPASS/)]));
    const stats = await Promise.all(cluster.users.cluster.nodes.map((node) => node.call('INFO', 'commandstats')));
    const refused = [...stats.join().matchAll(/cmdstat_(?:auth|hello):\S*failed_calls=(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
    expect(refused).toBeGreaterThan(1);
    expect(refused).toBeLessThan(60);
    await allow('resetpass', `>${passwordOf('app')}`);
    await expectMessages('{k}shard', ['{k}shard']);
    await expectMessages();
  }, 20_000);
});

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
  await expectMessages('more', ['more']);
});

test('so is one that was asked for on a connection that is stopped', async () => {
  const release = cluster.proxy.hold();
  const more = db.subscribe('more');
  db.disconnect(true);
  await expect.poll(() => subscriber().getInstance(), { interval: 1 }).not.toBe(null);
  await new Promise((resolve) => setTimeout(resolve, 100));
  release();
  await more;
  await expectMessages('more', ['more']);
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
    await Promise.all(Array.from({ length: 12 }, (_, n) => cluster.admin.publish(`channel-${round}-${n}`, 'text')));
  }
  await expect.poll(() => new Set(received).size, { timeout: 5_000 }).toBe(240);
});

test('a late reply to a connection that was stopped does not count for the next one', async () => {
  const stopped = await next('ready', () => subscriber().selectSubscriber());
  const release = cluster.proxy.hold();
  db.disconnect(true);
  await expect.poll(() => subscriber().getInstance(), { interval: 1 }).not.toBe(null);
  expect(subscriber().getInstance()).not.toBe(stopped);
  const releaseNext = cluster.proxy.hold();
  release();
  await new Promise((resolve) => setTimeout(resolve, 30));
  cluster.proxy.cut();
  releaseNext();
  await expectMessages();
});

test('a client that connects again after an outage takes subscriptions at once', async () => {
  cluster.proxy.mode = 'refuse';
  cluster.proxy.cut();
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  cluster.proxy.mode = 'pass';
  db.disconnect(true);
  for (let n = 0; n < 40; n++) {
    await db.subscribe(`channel-${n}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test('a client that was closed and connects again gets messages of shards', async () => {
  await db.ssubscribe('{s}a');
  await close(db);
  await db.connect();
  await db.ssubscribe('{s}b');
  await expectMessages('{s}a', ['{s}a']);
  await expectMessages('{s}b', ['{s}b']);
});

describe('what a server refuses for a time', () => {
  let errors: string[];

  beforeEach(() => {
    errors = [];
    onTestFinished(observe('error', ({ error }) => errors.push(error.message)));
  });

  const refused = () => expect.poll(() => errors, { timeout: 5_000 }).toContainEqual(expect.stringContaining('NOPERM'));

  test('comes back, and is not asked for all the time', async () => {
    await allow('resetchannels');
    await refused();
    const before = errors.length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(errors.length - before).toBeLessThan(15);
    await allow('allchannels');
    await expectMessages();
  });

  test('does not disturb the rest', async () => {
    await db.subscribe('other');
    await next('ready', () => allow('resetchannels', '&n*s', '&news'));
    await expectMessages();
    const before = errors.length;
    received = [];
    const sent = Array.from({ length: 75 }, (_, n) => `number ${n}`);
    for (const text of sent) {
      await cluster.admin.publish('news', text);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expect.poll(() => received, { timeout: 5_000 }).toEqual(expect.arrayContaining(sent.flatMap((text) => [`news: ${text}`, `n*s: ${text}`])));
    expect(errors.length).toBeGreaterThan(before);
    await allow('allchannels');
    await expectMessages('other', ['other']);
    await next('ready', dropSubscriber);
    await expectMessages('other', ['other']);
  });

  test('takes nothing with it that changes meanwhile', async () => {
    await db.subscribe('other');
    await next('ready', () => allow('resetchannels', '&more', '&n*s'));
    await refused();
    await db.subscribe('more');
    await db.punsubscribe('n*s');
    await next('ready', dropSubscriber);
    await expectMessages('more', ['more']);
    await allow('allchannels');
    await expectMessages('other', ['other']);
    await expectNoMessages('news', 'n*s');
  });

  test('stays away once it is given up', async () => {
    await db.subscribe('other');
    await next('ready', () => allow('resetchannels', '&news', '&n*s'));
    await refused();
    await db.unsubscribe('other');
    await allow('allchannels');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await expectNoMessages('other');
    await expectMessages();
  });

  test('comes back to shards, too, and leaves the rest of its slot alone', async () => {
    await db.ssubscribe('{s}a');
    await db.ssubscribe('{s}b');
    await db.ssubscribe('{s}c');
    await allow('resetchannels', '&{s}a', '&news', '&n*s');
    await refused();
    await expectMessages('{s}a', ['{s}a']);
    await expect(db.ssubscribe('{s}d')).rejects.toThrow('NOPERM');
    await db.sunsubscribe('{s}c');
    await dropSubscriber();
    await expectMessages('{s}a', ['{s}a']);
    await allow('allchannels');
    await expectMessages('{s}b', ['{s}b']);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await expectNoMessages('{s}c');
    await expectNoMessages('{s}d');
  });
});

/** Replaces the client by one with other options, which is closed with the test. */
function reopen(options: ConnectOptions): void {
  const before = db;
  onTestFinished(() => close(before, { timeout: 100 }));
  db = connect({ connection: cluster.users.connection(), natMap: cluster.proxy.natMap, ...options });
  db.on('message', (channel, text) => received.push(`${channel}: ${text}`));
  db.on('smessage', (channel, text) => received.push(`${channel}: ${text}`));
  const opened = db;
  onTestFinished(() => close(opened, { timeout: 100 }));
}

test('a connection for messages of shards that dies without a word is replaced, whatever the profile', async () => {
  reopen({ shardedSubscribers: true, profile: 'blocking' });
  await db.ssubscribe('{k}news');
  await expectMessages('{k}news', ['{k}news']);
  cluster.proxy.lose();
  await expectMessages('{k}news', ['{k}news'], 20_000);
}, 30_000);

describe('the connection for messages is opened as those of the nodes:', () => {
  const opened: string[] = [];
  let failure: Error | null;

  /** Has the nodes go by a name that only the client knows. */
  beforeEach(async () => {
    failure = null;
    opened.length = 0;
    const natMap = Object.fromEntries(Object.entries(cluster.proxy.natMap).map(([name, { port }]) => [name, { port, host: 'node.invalid' }]));
    const dnsLookup: ConnectOptions['dnsLookup'] = (_, callback) => callback(failure, '127.0.0.1', 4);
    reopen({ natMap, dnsLookup, redisOptions: { tls: { servername: 'localhost' } }, deadline: 2_000 });
    await Promise.all(['{k}', '{a}', '{d}'].map((key) => db.get(key)));
    onTestFinished(observe('connect', ({ host }) => opened.push(host)));
  });

  test('it is found by the same lookup, and told of', async () => {
    await db.subscribe('news');
    expect(opened).toEqual(['node.invalid']);
    await expectMessages('news', ['news']);
    await next('ready', dropSubscriber);
    await expectMessages('news', ['news']);
  });

  test('what goes wrong with it is the cause of what it does not answer', async () => {
    failure = new Error('no such name today');
    await expect(db.subscribe('news')).rejects.toMatchObject({ code: 'EDEADLINE', cause: failure, message: expect.stringContaining('no such name today') });
  });
});

test('a prefix of the nodes is put before a channel once', async () => {
  reopen({ shardedSubscribers: true, redisOptions: { keyPrefix: '{k}:' } });
  await db.ssubscribe('news');
  await expectMessages('{k}:news', ['{k}:news']);
  await dropSubscriber();
  await expectMessages('{k}:news', ['{k}:news']);
});

test('messages of shards are refused at once to a client that has no connections for them', async () => {
  reopen({});
  await expect(db.ssubscribe('news')).rejects.toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('shardedSubscribers: true') });
});

test('a channel whose slot has moved is subscribed to where it is by then', async () => {
  await db.ssubscribe('{o}news');
  const move = await startMove(cluster.users.cluster, slotOf('{moved}'));
  await move.finish();
  const start = performance.now();
  await db.ssubscribe('{moved}news');
  expect(performance.now() - start).toBeLessThan(4_000);
  await expectMessages('{moved}news', ['{moved}news']);
});

/** Moves slots away from their owner and back again, with a check after each way. */
async function thereAndBack(slots: readonly number[], check: () => Promise<void>) {
  const primaries = await primariesOf(cluster.users.cluster);
  const [slot] = slots;
  const ranges = await primaries[0].call('CLUSTER', 'SLOTS') as [number, number, [string, number]][];
  const [, , [, port]] = ranges.find(([start, end]) => start <= slot && slot <= end)!;
  const from = primaries.find((node) => node.port === port)!;
  const to = primaries.find((node) => node !== from)!;
  for (const [one, other] of [[from, to], [to, from]]) {
    await moveSlots(cluster.users.cluster, one, other, slots);
    await check();
  }
}

test.each(['service', 'lambda'] as const)('a channel follows its slot while nobody sends a command, profile %s', async (profile) => {
  reopen({ shardedSubscribers: true, profile });
  await db.ssubscribe('{follow}a', '{follow}b');
  await db.ssubscribe('{follow}c');
  await db.sunsubscribe('{follow}c');
  await thereAndBack([slotOf('{follow}')], async () => {
    await expectMessages('{follow}a', ['{follow}a'], 2_000);
    await expectMessages('{follow}b', ['{follow}b'], 2_000);
    await expectNoMessages('{follow}c');
  });
});

test('a channel whose slot has moved away and is back at once comes back, too', async () => {
  await db.ssubscribe('{follow}a');
  await thereAndBack([slotOf('{follow}')], async () => undefined);
  await expectMessages('{follow}a', ['{follow}a'], 2_000);
});

test('what is asked for while a channel follows its slot gets its own answers', async () => {
  const errors: Error[] = [];
  await db.ssubscribe('{follow}a');
  const others = Array.from({ length: 200 }, (_, n) => `{other-${n}}`).filter((name) => db.slots[slotOf(name)]![0] === db.slots[slotOf('{follow}')]![0]);
  clusterInternals(db).subscriberGroupEmitter!.on('nodeError', (error) => errors.push(error));
  let done = false;
  const ask = async (name: string) => {
    while (!done) {
      await db.ssubscribe(name);
      await db.sunsubscribe(name);
    }
  };
  const asked = Promise.all(others.slice(0, 20).map(ask));
  asked.catch(() => undefined);
  await thereAndBack([slotOf('{follow}')], () => expectMessages('{follow}a', ['{follow}a'], 2_000));
  done = true;
  await asked;
  expect(errors).toEqual([]);
});

test('many channels of a shard are given up about as fast as they are subscribed to', async () => {
  const channels = Array.from({ length: 20_000 }, (_, n) => `{many}${n}`);
  const timeOf = async (change: Promise<unknown>) => {
    const start = performance.now();
    await change;
    return performance.now() - start;
  };
  await db.ssubscribe('{many}');
  const subscribed = await timeOf(db.ssubscribe(...channels));
  expect(await timeOf(db.sunsubscribe(...channels))).toBeLessThan(5 * subscribed);
});

test.each([5, 20, 300])('a client that is closed %i ms after its connections were lost leaves no timer that holds the process', async (ms) => {
  await db.ssubscribe('{k}news');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  cluster.proxy.mode = 'refuse';
  cluster.proxy.cut();
  await new Promise((resolve) => setTimeout(resolve, ms));
  await close(db);
  cluster.proxy.mode = 'pass';
  await new Promise((resolve) => setTimeout(resolve, 100));
  const held = timers.mock.calls.filter((_, i) => {
    const timer = timers.mock.results[i].value as NodeJS.Timeout & { readonly _destroyed: boolean };
    return !timer._destroyed && timer.hasRef();
  });
  // A server may take half a second to say goodbye.
  expect(held.map(([, time]) => time).filter((time) => time! > 500)).toEqual([]);
});

test('messages that came while the process was busy are all told', async () => {
  const count = 5_000;
  const lua = 'for i = 1, tonumber(ARGV[1]) do redis.call("PUBLISH", "news", ARGV[2] .. i) end';
  const connection = subscriber().getInstance()!;
  const node = cluster.admin.nodes('all').find(({ options: { port } }) => port === connection.options.port || cluster.proxy.natMap[`localhost:${port}`]?.port === connection.options.port)!;
  db.on('message', () => {
    // Somebody does something with it.
    const until = performance.now() + 0.3;
    while (performance.now() < until);
  });
  await node.eval(lua, 0, count, 'x'.repeat(800));
  const block = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(block, 0, 0, 1_700);
  await expect.poll(() => received.filter((text) => text.startsWith('news')).length, { timeout: 15_000 }).toBe(count);
});
