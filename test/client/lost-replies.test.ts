import type { Cluster } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { outputOf } from './support/output';
import { useProxiedUsers } from './support/proxied-users';
import type { Proxy } from './support/proxy';
import type { Users } from './support/users';
import type { ConnectOptions } from '../../src/client';
import { close, connect, InDoubtError, slotOf } from '../../src/client';
import { nodeInternals } from '../../src/client/internals';

let users: Users;
let proxy: Proxy;
let admin: Cluster;
let db: Cluster;

useProxiedUsers((started) => ({ users, proxy, admin } = started));

beforeEach(async () => {
  await Promise.all(admin.nodes('master').map((node) => node.flushall()));
});

afterEach(async () => {
  proxy.mode = 'pass';
  await close(db, { timeout: 200 });
});

/** How long the connections of a client have been there, in milliseconds. */
let age = 0;

/** A client whose connections are there already. */
async function open(options: ConnectOptions = {}): Promise<Cluster> {
  db = connect({ connection: users.connection(), deadline: 10_000, natMap: proxy.natMap, ...options });
  await Promise.all(['{k}1', '{a}1', '{d}1'].map((key) => db.get(key)));
  await new Promise((resolve) => setTimeout(resolve, age));
  return db;
}

/** Loses the connections of a client after the server executed what it was sent. */
async function loseReplies<T>(work: () => Promise<T>, executed: () => Promise<unknown>, expected: unknown): Promise<PromiseSettledResult<T>> {
  proxy.mode = 'mute';
  const [result] = await Promise.all([Promise.allSettled([work()]), (async () => {
    await expect.poll(executed, { timeout: 5_000 }).toBe(expected);
    proxy.mode = 'pass';
    proxy.cut();
  })()]);
  return result[0];
}

/** Loses the connections of a client before the server got what it was sent. */
async function loseRequests<T>(work: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  proxy.mode = 'deaf';
  const pending = Promise.allSettled([work()]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.mode = 'pass';
  proxy.cut();
  return (await pending)[0];
}

describe.each([
  ['has just been opened, so that its node is looked for', 0],
  ['has lasted, so that it comes back by itself', 1_100],
])('on a connection that %s:', (...[, ms]) => {
  beforeAll(() => {
    age = ms;
  });

  describe('a command whose reply is lost', () => {
    test('is sent again when it reads or sets', async () => {
      await open();
      expect(await loseReplies(() => db.set('{k}1', 'v'), () => admin.get('{k}1'), 'v')).toEqual({ status: 'fulfilled', value: 'OK' });
      const before = await callsOf('get');
      expect(await loseReplies(() => db.get('{k}1'), async () => await callsOf('get') > before, true)).toEqual({ status: 'fulfilled', value: 'v' });
    });

    test('is in doubt when it counts, and executed once', async () => {
      await open();
      const result = await loseReplies(() => db.incr('{k}n'), () => admin.get('{k}n'), '1');
      const { reason } = result as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(InDoubtError);
      expect(reason).toMatchObject({ name: 'InDoubtError', code: 'EINDOUBT', command: 'incr', cause: expect.any(Error) });
      expect(Object.values(proxy.natMap).map(({ host, port }) => `${host}:${port}`)).toContain(reason.endpoint);
      expect(reason.message).toMatch(
        /^the connection to localhost:\d+ broke before the reply to "incr": it may have been executed, and doing it again could change the result: /,
      );
      expect(await admin.get('{k}n')).toBe('1');
      expect(await db.incr('{k}n')).toBe(2);
    });

    test('is in doubt also when the server never got it', async () => {
      await open();
      expect(await loseRequests(() => db.incr('{k}n'))).toMatchObject({ reason: { code: 'EINDOUBT' } });
      expect(await admin.exists('{k}n')).toBe(0);
    });

    test('is in doubt when its node goes silent', async () => {
      await open({ redisOptions: { socketTimeout: 300 } });
      proxy.mode = 'mute';
      await expect(db.rpush('{k}l', 'x')).rejects.toMatchObject({ code: 'EINDOUBT', cause: { message: expect.stringMatching(/^no reply from localhost:\d+ within 300 ms$/) } });
      expect(await admin.llen('{k}l')).toBe(1);
    });

    test('is sent again in any case with retryWrites: always', async () => {
      await open({ retryWrites: 'always' });
      expect(await loseReplies(() => db.incr('{k}n'), () => admin.get('{k}n'), '1')).toEqual({ status: 'fulfilled', value: 2 });
      const other = db.duplicate();
      await other.get('{k}n');
      expect(await loseReplies(() => other.incr('{k}n'), () => admin.get('{k}n'), '3')).toEqual({ status: 'fulfilled', value: 4 });
      await close(other);
    });

    test('is sent again with retryWrites: never only if it reads', async () => {
      await open({ retryWrites: 'never' });
      const before = { keys: await callsOf('keys'), flush: await callsOf('script\\|flush'), lastsave: await callsOf('lastsave') };
      await admin.set('{k}lock', 'mine');
      const others = () => admin.set('{k}lock', 'theirs', 'NX').then(() => admin.get('{k}lock'));
      expect(await loseReplies(() => db.del('{k}lock'), others, 'theirs')).toMatchObject({ reason: { code: 'EINDOUBT', command: 'del' } });
      expect(await loseReplies(() => db.get('{k}lock'), async () => (await callsOf('get')) > 0, true)).toEqual({ status: 'fulfilled', value: 'theirs' });
      expect(await loseReplies(() => db.pipeline().get('{k}lock').set('{k}1', 'v').exec(), () => admin.get('{k}1'), 'v')).toMatchObject({
        value: [[null, 'theirs'], [{ code: 'EINDOUBT' }]],
      });
      expect(await loseReplies(() => db.multi().set('{k}2', 'v').exec(), () => admin.get('{k}2'), 'v')).toMatchObject({ reason: { code: 'EINDOUBT' } });
      await db.get('{k}3');
      expect(await loseReplies(() => db.pipeline().get('{k}3').keys('*').exec(), async () => (await callsOf('keys')) > before.keys, true)).toMatchObject({
        value: [[null, null], [null, expect.arrayContaining(['{k}lock', '{k}1', '{k}2'])]],
      });
      await db.get('{k}3');
      expect(await loseReplies(() => db.pipeline().get('{k}3').role().lastsave().exec(), async () => (await callsOf('lastsave')) > before.lastsave, true)).toMatchObject({
        value: [[null, null], [null, expect.any(Array)], [null, expect.any(Number)]],
      });
      await db.get('{k}3');
      expect(await loseReplies(() => db.pipeline().get('{k}3').script('FLUSH').exec(), async () => (await callsOf('script\\|flush')) > before.flush, true))
        .toMatchObject({ value: [[null, null], [{ code: 'EINDOUBT' }]] });
    });
  });

  describe('a command that was never sent', () => {
    test('is sent as soon as there is a connection, and executed once', async () => {
      await open();
      proxy.mode = 'refuse';
      proxy.cut();
      await expect.poll(() => proxy.open).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const results = Promise.all([
        db.incr('{k}n'),
        db.pipeline().incr('{k}p').rpush('{k}l', 'x').exec(),
        db.multi().incr('{k}m').rpush('{k}r', 'y').exec(),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 400));
      proxy.mode = 'pass';
      expect(await results).toEqual([1, [[null, 1], [null, 1]], [[null, 1], [null, 1]]]);
      expect(await admin.mget('{k}n', '{k}p', '{k}m')).toEqual(['1', '1', '1']);
    });

    test('keeps its place behind one that is sent again', async () => {
      await open();
      proxy.mode = 'deaf';
      const first = db.set('{k}1', 'first');
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.mode = 'pass';
      proxy.cut();
      const second = db.set('{k}1', 'second');
      expect(await Promise.all([first, second])).toEqual(['OK', 'OK']);
      expect(await admin.get('{k}1')).toBe('second');
    });
  });

  describe('a pipeline whose replies are lost', () => {
    test('gets the replies of what can be sent again, and errors in the place of the rest', async () => {
      await open();
      await admin.set('{k}1', 'before');
      const pipeline = () => db.pipeline().get('{k}1').incr('{k}n').set('{k}2', 'v').sadd('{k}s', 'm').rpush('{k}l', 'x').get('{k}2').exec();
      const result = await loseReplies(pipeline, () => admin.llen('{k}l'), 1);
      expect(result).toMatchObject({
        value: [
          [null, 'before'],
          [{ code: 'EINDOUBT', command: 'incr' }],
          [null, 'OK'],
          [null, 0],
          [{ code: 'EINDOUBT', command: 'rpush' }],
          [null, 'v'],
        ],
      });
      expect(await admin.get('{k}n')).toBe('1');
      expect(await admin.lrange('{k}l', 0, -1)).toEqual(['x']);
    });

    test('keeps the replies that came', async () => {
      await open();
      const pending = db.pipeline().incr('{k}n').blpop('{k}empty', 0).incr('{k}n').get('{k}n').set('{k}1', 'v').exec();
      // It waits in the server, and the replies before it are on their way.
      await expect.poll(() => blockedClients()).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.cut();
      expect(await pending).toMatchObject([
        [null, 1],
        [{ code: 'EINDOUBT', command: 'blpop' }],
        [{ code: 'EINDOUBT', command: 'incr' }],
        [null, '1'],
        [null, 'OK'],
      ]);
      expect(await admin.get('{k}n')).toBe('1');
    });

    test('does not read again what it has changed, nor undo what is in doubt', async () => {
      await open();
      await admin.set('{k}1', 'before');
      await admin.rpush('{k}from', 'element');
      const pipeline = () => db.pipeline().get('{k}1').set('{k}1', 'after').del('{k}to').rpoplpush('{k}from', '{k}to').del('{k}from').exec();
      const result = await loseReplies(pipeline, () => admin.exists('{k}to'), 1);
      expect(result).toMatchObject({
        value: [
          [{ code: 'EINDOUBT', command: 'get' }],
          [null, 'OK'],
          [{ code: 'EINDOUBT', command: 'del' }],
          [{ code: 'EINDOUBT', command: 'rpoplpush' }],
          [null, 0],
        ],
      });
      expect(await admin.lrange('{k}to', 0, -1)).toEqual(['element']);
    });

    test('is sent again in any case with retryWrites: always', async () => {
      await open({ retryWrites: 'always' });
      const result = await loseReplies(() => db.pipeline().incr('{k}n').get('{k}n').exec(), () => admin.get('{k}n'), '1');
      expect(result).toEqual({ status: 'fulfilled', value: [[null, 2], [null, '2']] });
    });

    test('of ioredis itself is no exception', async () => {
      await open({ enableAutoPipelining: true });
      const pair = () => Promise.allSettled([db.incr('{k}n'), db.set('{k}1', 'v')]);
      expect(await loseReplies(pair, () => admin.get('{k}1'), 'v')).toMatchObject({ value: [{ reason: { code: 'EINDOUBT' } }, { value: 'OK' }] });
      expect(await admin.get('{k}n')).toBe('1');
    });
  });

  describe('a transaction whose reply is lost', () => {
    test('is in doubt as a whole, and executed once', async () => {
      await open();
      const result = await loseReplies(() => db.multi().set('{k}1', 'v').incr('{k}n').exec(), () => admin.get('{k}n'), '1');
      expect(result).toMatchObject({ reason: { code: 'EINDOUBT', command: 'multi' } });
      expect(await admin.mget('{k}1', '{k}n')).toEqual(['v', '1']);
    });

    test('is sent again as a whole when all of it can be', async () => {
      await open();
      const transaction = () => db.multi().set('{k}1', 'v').hset('{k}h', { a: '1' }).get('{k}1').exec();
      expect(await loseReplies(transaction, () => admin.get('{k}1'), 'v')).toEqual({ status: 'fulfilled', value: [[null, 'OK'], [null, 0], [null, 'v']] });
    });

    test('is in doubt when it reads what it changes', async () => {
      await open();
      await admin.set('{k}1', 'before');
      expect(await loseReplies(() => db.multi().get('{k}1').set('{k}1', 'v').exec(), () => admin.get('{k}1'), 'v'))
        .toMatchObject({ reason: { code: 'EINDOUBT', command: 'multi' } });
    });

    test('is sent again with retryWrites: always', async () => {
      await open({ retryWrites: 'always' });
      expect(await loseReplies(() => db.multi().incr('{k}n').exec(), () => admin.get('{k}n'), '1')).toEqual({ status: 'fulfilled', value: [[null, 2]] });
    });

    test('takes the pipeline that it is part of with it', async () => {
      await open();
      const pipeline = () => {
        const inside = (db.pipeline().set('{k}1', 'v') as unknown as { multi(): ReturnType<Cluster['pipeline']> }).multi().incr('{k}n').exec();
        return (inside as unknown as ReturnType<Cluster['pipeline']>).get('{k}1').exec();
      };
      const { value } = await loseReplies(pipeline, () => admin.get('{k}n'), '1') as PromiseFulfilledResult<[Error | null, unknown][]>;
      expect(value.map(([error]) => (error as InDoubtError).command)).toEqual(['set', 'multi', 'incr', 'multi', 'get']);
      expect(await admin.get('{k}n')).toBe('1');
    });

    test('is in doubt as a whole also when it was begun with call()', async () => {
      await open();
      const inDoubt = () => db.pipeline().set('{k}1', 'v').call('MULTI').set('{k}2', 'v').incr('{k}n').call('EXEC').exec();
      const { value } = await loseReplies(inDoubt, () => admin.get('{k}n'), '1') as PromiseFulfilledResult<[Error | null, unknown][]>;
      expect(value.map(([error]) => (error as InDoubtError).command)).toEqual(['set', 'MULTI', 'set', 'incr', 'multi']);
      expect(await admin.get('{k}n')).toBe('1');
    });

    test('is sent again as a whole also when it was begun with call()', async () => {
      await open();
      const again = () => db.pipeline().call('multi').set('{k}3', 'v').call('exec').exec();
      expect(await loseReplies(again, () => admin.get('{k}3'), 'v'))
        .toEqual({ status: 'fulfilled', value: [[null, 'OK'], [null, 'QUEUED'], [null, ['OK']]] });
    });
  });

  describe('what a client that is closed has sent and got no reply to', () => {
    const end: [string, () => Promise<void>][] = [
      ['is disconnected', async () => db.disconnect()],
      ['is closed in vain', () => close(db, { timeout: 300 })],
      ['is disconnected, and connects again at its end', async () => {
        db.once('end', () => void db.connect().catch(() => undefined));
        db.disconnect();
      }],
    ];
    const inDoubt = (command: string) => ({ status: 'rejected', reason: { code: 'EINDOUBT', command, message: 'Connection is closed.' } });
    const isClosed = { status: 'rejected', reason: { message: 'Connection is closed.', name: 'Error' } };

    test.each(end)('is in doubt where it counts when it %s', async (_, finish) => {
      await open({ deadline: 5_000 });
      proxy.mode = 'mute';
      const results = Promise.allSettled([
        ...['{k}n', '{a}n', '{d}n'].map((key) => db.incr(key)),
        db.blpop('{k}empty', 0),
        db.pipeline().incr('{k}p').incr('{k}p').exec(),
        db.multi().incr('{k}m').exec(),
      ]);
      const read = Promise.allSettled([db.get('{k}1')]);
      await expect.poll(() => Promise.all(['{k}n', '{a}n', '{d}n'].map((key) => admin.get(key)))).toEqual(['1', '1', '1']);
      await expect.poll(() => blockedClients()).toBe(1);
      await finish();
      expect(await results).toMatchObject([
        ...Array(3).fill(inDoubt('incr')),
        inDoubt('blpop'),
        { value: Array(2).fill([inDoubt('incr').reason]) },
        inDoubt('multi'),
      ]);
      expect(await read).toMatchObject([isClosed]);
      proxy.mode = 'pass';
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await Promise.all(['{k}n', '{a}n', '{d}n'].map((key) => admin.get(key)))).toEqual(['1', '1', '1']);
    });
  });

  test('a command to a slot that moves is sent again, and nothing is left unhandled', async () => {
    await open();
    await Promise.all(db.nodes('master').map((node) => node.ping()));
    const move = await startMove(users.cluster, slotOf('{k}'));
    const printed = await outputOf(async () => {
      await move.to.kill('SIGSTOP');
      const pending = Promise.all(Array.from({ length: 5 }, (_, i) => db.set(`{k}${i}`, 'v')));
      const sent = () => db.nodes().flatMap((node) => nodeInternals(node).commandQueue.toArray()).map(({ command: { name } }) => name);
      await expect.poll(sent).toContain('asking');
      proxy.cut();
      await move.to.kill('SIGCONT');
      expect(await pending).toEqual(Array(5).fill('OK'));
    });
    expect(printed).toBe('');
    expect(await move.to.call('DBSIZE')).toBe(5);
    await move.finish();
  });

  test('an error of the server is an answer, and is not in doubt', async () => {
    await open();
    await admin.set('{k}1', 'text');
    await expect(db.incr('{k}1')).rejects.toThrow(/^ERR value is not an integer/);
  });

  test('closing while a connection is being lost executes nothing twice', async () => {
    await open();
    const node = db.nodes('master').find(({ options }) => db.slots[slotOf('{k}n')]![0].endsWith(`:${options.port}`))!;
    const closing = new Promise((resolve) => node.stream.once('end', () => setImmediate(() => {
      // What cannot be written any more waits, and QUIT behind it.
      void db.get('{k}1').catch(() => undefined);
      resolve(db.quit());
    })));
    expect(await loseReplies(() => db.incr('{k}n'), () => admin.get('{k}n'), '1')).toMatchObject({ reason: { code: 'EINDOUBT' } });
    await closing;
    await expect.poll(() => db.status).toBe('end');
    expect(await admin.get('{k}n')).toBe('1');
  });

  test('fails on another choice', () => {
    expect(() => connect({ connection: users.connection(), retryWrites: 'sometimes' as 'safe' }))
      .toThrow(/^retryWrites is "sometimes": expected one of safe, never, always$/);
  });
});

/** How often the nodes have executed a command. */
async function callsOf(command: string): Promise<number> {
  const stats = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'commandstats')));
  return stats.reduce<number>((sum, text) => sum + Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(text))?.[1] ?? 0), 0);
}

async function blockedClients(): Promise<number> {
  const infos = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'clients')));
  return infos.reduce<number>((sum, text) => sum + Number(/blocked_clients:(\d+)/.exec(String(text))![1]), 0);
}

test('what ioredis has told to have timed out is not sent again', async () => {
  await open({ redisOptions: { commandTimeout: 200 } });
  proxy.mode = 'deaf';
  const timedOut = await Promise.allSettled([
    db.set('{k}1', 'stale'),
    db.pipeline().set('{k}2', 'stale').set('{k}3', 'stale').exec().then((replies) => Promise.reject(replies![0][0] as Error)),
  ]);
  for (const result of timedOut) {
    expect(result).toMatchObject({ reason: { message: 'Command timed out' } });
  }
  proxy.mode = 'pass';
  proxy.cut();
  await Promise.all(['{k}4', '{a}1', '{d}1'].map((key) => db.get(key)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await admin.mget('{k}1', '{k}2', '{k}3')).toEqual([null, null, null]);
});

test('nor is what timed out before there was a connection', async () => {
  await open({ redisOptions: { commandTimeout: 200 } });
  proxy.mode = 'deaf';
  proxy.cut();
  await expect.poll(() => db.nodes('master').some(({ status }) => status === 'ready'), { interval: 5 }).toBe(false);
  await expect(db.incr('{k}n')).rejects.toThrow('Command timed out');
  proxy.mode = 'pass';
  proxy.cut();
  await expect.poll(() => db.get('{k}1').catch(() => 'failed'), { timeout: 5_000 }).toBe(null);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await admin.get('{k}n')).toBe(null);
});
