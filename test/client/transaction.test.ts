import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Cluster as BareCluster } from 'ioredis';
import type { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMove } from './support/moving-slot';
import { callsOf, primariesOf, replicated } from './support/primaries';
import { startProxy } from './support/proxy';
import { MINIMUM, passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, dbSize, hashTag, scanAll, slotOf, transaction, TransactionError } from '../../src/client';
import type { ConnectOptions } from '../../src/client';
import type { LocalNode } from '../../src/local';

let users: Users;
let db: Cluster;

const open = (user: string, options?: ConnectOptions) =>
  connect({ connection: users.connection(user), deadline: 15_000, ...options });

beforeAll(async () => {
  users = await startUsers({
    app: 'on ~* &* +@all',
    careful: `on ~* -@all +@read +@write +@transaction -incr ${MINIMUM.join(' ')}`,
    single: `on ~* -@all +@read +@write ${MINIMUM.join(' ')}`,
    endless: `on ~* -@all +@read +@write +watch +exec ${MINIMUM.join(' ')}`,
  });
  db = open('app');
});

afterAll(async () => {
  await (db && close(db));
  await users?.local.stop();
});

const [ann, ben] = [hashTag('main', 'ann'), hashTag('main', 'ben')];

/** The primary that answers for a key. */
async function primaryFor(key: string): Promise<LocalNode> {
  const primaries = await primariesOf(users.cluster);
  const answers = await Promise.allSettled(primaries.map((node) => node.call('GET', key)));
  return primaries[answers.findIndex(({ status }) => status === 'fulfilled')];
}

async function connections(): Promise<number> {
  const lists = await Promise.all(users.cluster.nodes.map((node) => node.call('CLIENT', 'LIST')));
  return lists.join('\n').split('\n').filter((line) => line.includes(' user=app ')).length;
}

async function errorOf(work: Promise<unknown>): Promise<TransactionError> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(TransactionError);
  return error as TransactionError;
}

beforeEach(async () => {
  await db.mset(ann, 100, ben, 100);
});

test('is not begun on a connection that others use too', async () => {
  const refusal = new TypeError(
    'MULTI without its EXEC would go on with the commands of others on the same connection: use transaction() or multi()',
  );
  for (const work of [db.multi({ pipeline: false }), db.call('multi'), db.call('MULTI'), db.call('Multi')]) {
    await expect(work).rejects.toThrow(refusal);
  }
  await expect(db.pipeline().call('multi').set(ann, 'x').exec()).rejects.toThrow(refusal);
  const automatic = open('app', { enableAutoPipelining: true });
  await automatic.get(ann);
  await expect(automatic.call('MULTI')).rejects.toThrow(refusal);
  const innocent = Array.from({ length: 100 }, (_, n) => `key-${n}`).find((each) => automatic.slots[slotOf(each)]![0] === automatic.slots[slotOf('undefined')]![0])!;
  expect(await Promise.allSettled([automatic.get(innocent), automatic.call('MULTI'), automatic.get(innocent)])).toMatchObject([
    { value: null }, { reason: refusal }, { value: null },
  ]);
  expect(await Promise.allSettled([automatic.call('Multi'), automatic.call('EXEC')])).toMatchObject([
    { reason: refusal }, { reason: { message: 'ERR EXEC without MULTI' } },
  ]);
  const [count, exec] = await Promise.allSettled([automatic.strlen(ann), (automatic as unknown as { exec(): Promise<unknown> }).exec()]);
  expect([count, exec]).toMatchObject([{ value: 3 }, { reason: { message: 'ERR EXEC without MULTI' } }]);
  expect(await automatic.get(ann)).toBe('100');
  await close(automatic);
  expect(await db.get(ann)).toBe('100');
});

describe('a transaction', () => {
  test('gives the replies of its commands in their order', async () => {
    const [left, right, both] = await transaction<[number, number, string[]]>(db, 'main', (tx) => {
      tx.decrby(ann, 30).incrby(ben, 30);
      tx.mget(ann, ben);
    });
    expect([left, right, both]).toEqual([70, 130, ['70', '130']]);
    expect(await transaction(db, 'main', async (tx) => tx.set(ann, '1').hset(hashTag('main', 'hash'), { a: '1' }).hgetall(hashTag('main', 'hash'))))
      .toEqual(['OK', 1, { a: '1' }]);
    expect(await transaction(db, 'main', (tx) => tx.getBuffer(ann).publish('channel', 'x'))).toEqual([Buffer.from('1'), 0]);
  });

  test('sends nothing when a key is in another slot, and says which', async () => {
    await users.onAllNodes('CONFIG', 'RESETSTAT');
    const work = transaction(db, 'main', (tx) => tx.incr(ann).mset(ben, 1, 'elsewhere', 2));
    await expect(work).rejects.toThrow(
      `the key "elsewhere" of MSET is in slot ${slotOf('elsewhere')}, not in slot ${slotOf(ann)} of the tag "main": make it with hashTag("main", ...)`,
    );
    await expect(work).rejects.toBeInstanceOf(TypeError);
    await expect(transaction(db, 'main', (tx) => tx.eval('return 1', 2, ann, 'elsewhere'))).rejects.toThrow(/^the key "elsewhere" of EVAL/);
    expect([await callsOf(users.cluster, 'multi'), await callsOf(users.cluster, 'incr'), await db.get(ann)]).toEqual([0, 0, '100']);
  });

  test('sends nothing when there is nothing to do or the function fails', async () => {
    await users.onAllNodes('CONFIG', 'RESETSTAT');
    expect(await transaction(db, 'main', () => undefined)).toEqual([]);
    await expect(transaction(db, 'main', (tx) => {
      tx.incr(ann);
      throw new RangeError('insufficient funds');
    })).rejects.toThrow(new RangeError('insufficient funds'));
    expect(await callsOf(users.cluster, 'multi')).toBe(0);
  });

  test('is over, but not undone, when one command fails while it is executed', async () => {
    const error = await errorOf(transaction(db, 'main', (tx) => tx.incr(ann).lpush(ben, 'x').get(ann)));
    expect(error).toMatchObject({ code: 'EPARTIAL', results: [101, { message: expect.stringMatching(/^WRONGTYPE/) }, '101'] });
    expect(error.message).toMatch(/^LPUSH failed, other commands of the transaction were applied all the same: WRONGTYPE/);
    expect(error.cause).toBe(error.results![1]);
  });

  test('in a list of commands is one, also before the client is connected', async () => {
    const young = open('app');
    expect(await young.pipeline([['multi'], ['incr', ann], ['exec']]).exec()).toEqual([[null, 'OK'], [null, 'QUEUED'], [null, [101]]]);
    await close(young);
  });

  test('fails as its function does', async () => {
    const nothing = transaction(db, 'main', () => Promise.reject());
    expect(await nothing.then(() => 'done', (reason: unknown) => reason)).toBeUndefined();
  });

  test('is not carried out at all when the server refuses one of its commands', async () => {
    const careful = open('careful');
    const error = await errorOf(transaction(careful, 'main', (tx) => tx.set(ann, 'x').incr(ben)));
    expect(error).toMatchObject({ code: 'EABORTED', cause: { message: expect.stringMatching(/^NOPERM/) } });
    expect(error.message).toMatch(/^the server refused the transaction, nothing was applied: NOPERM/);
    expect(await db.get(ann)).toBe('100');
    await close(careful);
  });

  test.each(['single', 'endless'])('is not carried out one by one for a user who may not begin it (%s)', async (user) => {
    const single = open(user);
    const refused = { code: 'EABORTED', cause: { message: expect.stringMatching(/^NOPERM/) } };
    const { host, port, caFile } = users.connection(user);
    const tls = { ca: readFileSync(caFile!) };
    const bare = new BareCluster([{ host, port }], {
      dnsLookup: (address, callback) => callback(null, address),
      redisOptions: { tls, username: user, password: passwordOf(user), disableClientInfo: true },
    });
    for (const client of [single, bare]) {
      expect(await errorOf(transaction(client, 'main', (tx) => tx.decrby(ann, 30).incrby(ben, 30)))).toMatchObject(refused);
      expect(await errorOf(transaction(client, 'main', { watch: [ann] }, (tx) => tx.decrby(ann, 30).incrby(ben, 30)))).toMatchObject(refused);
    }
    expect(await db.mget(ann, ben)).toEqual(['100', '100']);
    await Promise.all([close(single), close(bare)]);
  });

  test.each(['single', 'endless'])('that ioredis makes says that it was carried out one by one for such a user (%s)', async (user) => {
    const single = open(user);
    const error = await errorOf(single.multi().decrby(ann, 30).get(ann).exec());
    expect(error).toMatchObject({ code: 'EPARTIAL', message: expect.stringMatching(/^the server refused MULTI and executed the commands one by one: NOPERM/) });
    expect(error.results).toBeUndefined();
    expect(await db.get(ann)).toBe('70');
    await close(single);
  });

  test('asks no longer when it is known, nor on a connection that others use', async () => {
    const many = open('app');
    await transaction(many, 'main', (tx) => tx.get(ann));
    const before = await callsOf(users.cluster, 'multi');
    await Promise.all(Array.from({ length: 10 }, () => transaction(many, 'main', (tx) => tx.get(ann))));
    expect(await callsOf(users.cluster, 'multi') - before).toBe(10);
    await close(many);
  });

  test('was carried out one by one when its user may begin it no longer', async () => {
    await users.onAllNodes('ACL', 'SETUSER', 'careful', '+multi');
    const careful = open('careful');
    await transaction(careful, 'main', (tx) => tx.set(ann, 'x'));
    await users.onAllNodes('ACL', 'SETUSER', 'careful', '-multi');
    const error = await errorOf(transaction(careful, 'main', (tx) => tx.set(ann, 'y').set(ben, 'y')));
    expect(error).toMatchObject({ code: 'EPARTIAL', message: expect.stringMatching(/^the server refused MULTI and executed the commands one by one: NOPERM/) });
    expect(await db.mget(ann, ben)).toEqual(['y', 'y']);
    // From now on it is known, also from db.multi().
    expect(await errorOf(transaction(careful, 'main', (tx) => tx.set(ann, 'z')))).toMatchObject({ code: 'EABORTED' });
    expect(await db.mget(ann, ben)).toEqual(['y', 'y']);
    const watching = (value: string) => errorOf(transaction(careful, 'main', { watch: [ann] }, (tx) => tx.set(ann, value)));
    await users.onAllNodes('ACL', 'SETUSER', 'careful', '+multi');
    await transaction(careful, 'main', { watch: [ann] }, (tx) => tx.set(ann, 'a'));
    await users.onAllNodes('ACL', 'SETUSER', 'careful', '-multi');
    expect([await errorOf(careful.multi().set(ann, 'b').exec()), await watching('c')]).toMatchObject([{ code: 'EPARTIAL' }, { code: 'EABORTED' }]);
    expect(await db.get(ann)).toBe('b');
    await users.onAllNodes('ACL', 'SETUSER', 'careful', '+multi');
    await close(careful);
  });

  test('is over at its deadline, the question included', async () => {
    const proxy = await startProxy(users.cluster);
    const behind = open('app', { natMap: proxy.natMap, deadline: 1_000 });
    await behind.get(ann);
    const release = proxy.hold();
    const start = performance.now();
    const work = expect(transaction(behind, 'main', (tx) => tx.get(ann))).rejects.toMatchObject({ code: 'EDEADLINE' });
    await new Promise((resolve) => setTimeout(resolve, 800));
    proxy.mode = 'mute';
    release();
    await work;
    expect(performance.now() - start).toBeLessThan(1_600);
    await Promise.all([close(behind, { timeout: 100 }), proxy.stop()]);
  });

  test('does not wait until the client has found out whether the cluster is ready', async () => {
    const young = open('app', { deadline: 5_000 });
    await once(young, 'connect');
    const start = performance.now();
    await Promise.all([transaction(young, 'main', { watch: [ann] }, (tx) => tx.get(ann)), dbSize(young), scanAll(young).next()]);
    expect(performance.now() - start).toBeLessThan(4_000);
    await close(young);
  });

  test('does not wait for another shard to know whether it is permitted', async () => {
    const patient = open('app');
    await patient.get('a');
    const other = (await primariesOf(users.cluster)).find(({ port }) => !patient.slots[slotOf(ann)]!.some((name) => name.endsWith(`:${port}`)))!;
    await other.kill('SIGSTOP');
    try {
      const start = performance.now();
      const [frozen] = patient.slots.map(([primary]) => primary).filter((primary) => primary!.endsWith(`:${other.port}`));
      const there = Array.from({ length: 100 }, (_, n) => String(n)).find((tag) => patient.slots[slotOf(hashTag(tag))]![0] === frozen)!;
      const late = [
        transaction(patient, there, { watch: [hashTag(there)] }, (tx) => tx.get(hashTag(there))),
        transaction(patient, there, (tx) => tx.get(hashTag(there))),
      ];
      late.forEach((each) => each.catch(() => undefined));
      await transaction(patient, 'main', (tx) => tx.get(ann));
      await patient.multi().get(ann).exec();
      expect(performance.now() - start).toBeLessThan(1_500);
    } finally {
      await other.kill('SIGCONT');
    }
    await close(patient);
  });

  test('waits for a slot that is on its way', async () => {
    const [one, two] = [hashTag('away', 1), hashTag('away', 2)];
    await db.set(one, 'a');
    const move = await startMove(users.cluster, slotOf(one));
    let calls = 0;
    const work = transaction(db, 'away', (tx) => {
      calls += 1;
      tx.append(one, 'b').append(two, 'b');
    });
    await expect.poll(() => calls, { timeout: 5_000 }).toBeGreaterThan(1);
    const hasty = open('app', { deadline: 500 });
    // Its first connection may take the whole of that.
    await expect.poll(() => hasty.get(one).catch(() => undefined), { timeout: 5_000 }).toBe('a');
    const start = performance.now();
    expect(await errorOf(transaction(hasty, 'away', (tx) => tx.append(one, 'b').append(two, 'b')))).toMatchObject({
      code: 'EABORTED', cause: { message: expect.stringMatching(/^(TRYAGAIN|ASK)/) },
    });
    expect(performance.now() - start).toBeLessThan(1_500);
    await close(hasty);
    await move.from.call('DEL', one);
    await move.finish();
    expect(await work).toEqual([1, 1]);
    await db.del(one, two);
  });

  test('is not sent when its function was done too late', async () => {
    const hasty = open('app', { deadline: 300 });
    await transaction(hasty, 'main', (tx) => tx.get(ann));
    const work = transaction(hasty, 'main', async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      tx.incr(ann);
    });
    await expect(work).rejects.toMatchObject({ code: 'EDEADLINE', duration: expect.closeTo(400, -2) });
    await close(hasty);
    expect(await db.get(ann)).toBe('100');
  });

  test('begins and ends by itself', async () => {
    await expect(transaction(db, 'main', (tx) => tx.incr(ann).exec())).rejects.toThrow(
      new TypeError('transaction() executes the commands by itself: leave exec() out'),
    );
    for (const name of ['multi', 'DISCARD', 'watch', 'exec']) {
      await expect(transaction(db, 'main', (tx) => tx.call(name))).rejects.toThrow(`${name.toUpperCase()} cannot be in a transaction`);
    }
    await expect(transaction(db, '', () => undefined)).rejects.toThrow(/^a tag must not be empty/);
    expect(await db.get(ann)).toBe('100');
  });

  test('counts the prefix of the client as a part of its keys', async () => {
    const prefixed = open('app', { keyPrefix: 'app:' });
    await transaction(prefixed, 'main', (tx) => tx.set(ann, 'x'));
    await transaction(prefixed, 'main', { watch: [ann] }, async (tx, connection) => tx.append(ann, `${await connection.get(ann)}`));
    expect(await db.get(`app:${ann}`)).toBe('xx');
    await expect(transaction(prefixed, 'main', (tx) => tx.get('elsewhere'))).rejects.toThrow(/^the key "app:elsewhere" of GET/);
    await close(prefixed);
  });
});

/** Reads, decides, writes. */
const transfer = (amount: number, options: { attempts?: number; timeout?: number } = {}) =>
  transaction<[number, number]>(db, 'main', { watch: [ann, ben], ...options }, async (tx, connection) => {
    if (Number(await connection.get(ann)) < amount) {
      throw new RangeError('insufficient funds');
    }
    tx.decrby(ann, amount).incrby(ben, amount);
  });

describe('a transaction that watches', () => {
  let before: number;

  beforeEach(async () => {
    before = await connections();
  });

  afterEach(async () => {
    await expect.poll(connections).toBe(before);
  });

  test('writes what follows from what it read', async () => {
    expect(await transfer(30)).toEqual([70, 130]);
    await expect(transfer(1_000)).rejects.toThrow(new RangeError('insufficient funds'));
    expect(await db.mget(ann, ben)).toEqual(['70', '130']);
    expect(await transaction(db, 'main', { watch: [ann] }, () => undefined)).toEqual([]);
  });

  test('is tried anew also when it is the first of its client', async () => {
    const young = open('app');
    let calls = 0;
    const take = (key: string) => transaction(young, 'main', { watch: [key] }, async (tx, connection) => {
      calls += 1;
      const seen = Number(await connection.get(key));
      if (calls <= 2) {
        await db.set(key, 0);
      }
      tx.set(key, seen - 10);
    });
    await Promise.all([take(ann), take(ben)]);
    expect(await db.mget(ann, ben)).toEqual(['-10', '-10']);
    await close(young);
  });

  test('is tried anew when somebody else changes what it read, so that no update is lost', async () => {
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => transfer(10, { attempts: 200 })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await db.mget(ann, ben)).toEqual(['0', '200']);
  });

  test('refuses what would end the watch while it is prepared', async () => {
    const replies = await transaction(db, 'main', { watch: [ann] }, async (tx, connection) => {
      const multi = 'MULTI would end the watch of the keys: read with single commands or a pipeline';
      await expect(connection.multi().get(ann).get(ben).exec()).rejects.toThrow(new TypeError(multi));
      await expect(connection.multi({ pipeline: false })).rejects.toThrow(multi);
      await expect(connection.pipeline().get(ann).call('Multi').exec()).rejects.toThrow(multi);
      for (const name of ['exec', 'DISCARD', 'unwatch', 'reset']) {
        await expect(connection.call(name)).rejects.toThrow(`${name.toUpperCase()} would end the watch`);
      }
      const [[, first], [, second]] = (await connection.pipeline().get(ann).get(ben).exec())!;
      if (first === '100') {
        await db.incr(ann);
      }
      tx.set(ann, `${first as string} ${second as string}`);
    });
    expect(replies).toEqual(['OK']);
    expect(await db.get(ann)).toBe('101 100');
  });

  test('does not call its function after it was given up', async () => {
    const proxy = await startProxy(users.cluster);
    const behind = open('app', { natMap: proxy.natMap });
    await behind.get(ann);
    proxy.mode = 'mute';
    let calls = 0;
    const work = transaction(behind, 'main', { watch: [ann], timeout: 300 }, () => void (calls += 1));
    await expect(work).rejects.toMatchObject({ code: 'EDEADLINE' });
    proxy.mode = 'pass';
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(calls).toBe(0);
    await Promise.all([close(behind, { timeout: 100 }), proxy.stop()]);
  });

  test('gives up after a number of attempts', async () => {
    let calls = 0;
    const error = await errorOf(transaction(db, 'main', { watch: [ann], attempts: 3 }, async (tx) => {
      calls += 1;
      await db.incr(ann);
      tx.set(ben, 'x');
    }));
    expect(error).toMatchObject({ code: 'ECONFLICT', message: 'others changed the watched keys in each of 3 attempts, nothing was applied' });
    expect([calls, await db.get(ben)]).toEqual([3, '100']);
  });

  test('sends nothing when a key is in another slot', async () => {
    let calls = 0;
    const count = () => void (calls += 1);
    await expect(transaction(db, 'main', { watch: [ann, 'elsewhere'] }, count)).rejects.toThrow(/^the key "elsewhere" of watch is in slot/);
    await expect(transaction(db, 'main', { watch: [] }, count)).rejects.toThrow(/^watch must name at least one key/);
    expect(calls).toBe(0);
    await expect(transaction(db, 'main', { watch: [ann] }, (tx) => tx.incr(ann).incr('elsewhere'))).rejects.toThrow(/^the key "elsewhere" of INCR/);
    expect(await db.get(ann)).toBe('100');
  });

  test('fails like any other when its commands do', async () => {
    expect(await errorOf(transaction(db, 'main', { watch: [ann] }, (tx) => tx.incr(ann).lpush(ben, 'x')))).toMatchObject({ code: 'EPARTIAL' });
    const careful = open('careful');
    expect(await errorOf(transaction(careful, 'main', { watch: [ann] }, (tx) => tx.set(ann, 'x').incr(ben)))).toMatchObject({ code: 'EABORTED' });
    await close(careful);
    expect(await db.mget(ann, ben)).toEqual(['101', '100']);
  });

  test('is tried anew when its connection breaks before it was sent', async () => {
    let calls = 0;
    const replies = await transaction(db, 'main', { watch: [ann] }, async (tx, connection) => {
      calls += 1;
      if (calls === 1) {
        await (await primaryFor(ann)).call('CLIENT', 'KILL', 'ID', await connection.client('ID'));
        // The function does not need to notice.
        await connection.get(ann).catch(() => undefined);
      }
      tx.incr(ann);
    });
    expect([calls, replies]).toEqual([2, [101]]);
  });

  test('ends in time when the function does not', async () => {
    const work = transaction(db, 'main', { watch: [ann], timeout: 300 }, async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      tx.incr(ann);
    });
    await expect(work).rejects.toMatchObject({ code: 'EDEADLINE', message: expect.stringMatching(/did not execute the transaction within 300 ms: the function that adds its commands was not done$/) });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await db.get(ann)).toBe('100');
  });

  test('says that there were conflicts when there is no time left for more of them', async () => {
    const work = transaction(db, 'main', { watch: [ann], timeout: 500, attempts: 1_000 }, async (tx) => {
      await db.incr(ann);
      tx.incr(ann);
    });
    await expect(work).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONFLICT' } });
  });

  test('does not ask again for a key of another slot', async () => {
    let calls = 0;
    const work = transaction(db, 'main', { watch: [ann] }, async (_, connection) => {
      calls += 1;
      await connection.get('elsewhere');
    });
    await expect(work).rejects.toThrow(new TypeError(
      `a key that was read is in slot ${slotOf('elsewhere')}, not in slot ${slotOf(ann)} of the tag "main": make it with hashTag("main", ...)`,
    ));
    expect(calls).toBe(1);
  });

  test('has the deadline of its client', async () => {
    const hasty = open('app', { deadline: 400 });
    const never = () => new Promise(() => undefined);
    await expect(transaction(hasty, 'main', { watch: [ann] }, never)).rejects.toMatchObject({ code: 'EDEADLINE', duration: 400 });
    await close(hasty);
  });

  test('says why when it cannot connect', async () => {
    const unreachable = open('app', { deadline: 1_000, connection: { ...users.connection(), port: 1 } });
    for (const timeout of [300, undefined]) {
      const work = transaction(unreachable, 'main', { watch: [ann], ...timeout && { timeout } }, () => undefined);
      await expect(work).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
    }
    await close(unreachable);
    await expect(transaction(unreachable, 'main', { watch: [ann] }, () => undefined)).rejects.toThrow('Connection is closed.');
  });

  test('follows its slot to another node', async () => {
    await db.get(ann);
    const slot = slotOf(hashTag('gone'));
    const move = await startMove(users.cluster, slot);
    await move.finish();
    expect(await transaction(db, 'gone', { watch: [hashTag('gone')] }, (tx) => tx.incr(hashTag('gone')))).toEqual([1]);
  });
});

test('a transaction that watches is in doubt, and not repeated, when its connection breaks after it was sent', async () => {
  const node = await primaryFor(ann);
  let calls = 0;
  const error = await errorOf(transaction(db, 'main', { watch: [ann], timeout: 500 }, async (tx) => {
    calls += 1;
    tx.incr(ann);
    await node.kill('SIGSTOP');
  }));
  await node.kill('SIGCONT');
  expect(error).toMatchObject({
    code: 'EINDOUBT',
    message: 'the connection broke after the transaction was sent: it was applied as a whole or not at all',
    cause: { code: 'EDEADLINE' },
  });
  expect(calls).toBe(1);
  expect(['100', '101']).toContain(await db.get(ann));
});

test('a transaction is in doubt when its connection breaks after it was sent', async () => {
  const proxy = await startProxy(users.cluster);
  const behind = open('app', { natMap: proxy.natMap });
  await transaction(behind, 'main', (tx) => tx.get(ann));
  proxy.mode = 'mute';
  const error = errorOf(transaction(behind, 'main', (tx) => tx.incr(ann)));
  await expect.poll(() => db.get(ann)).toBe('101');
  proxy.mode = 'pass';
  proxy.cut();
  expect(await error).toMatchObject({ name: 'TransactionError', code: 'EINDOUBT', cause: { code: 'EINDOUBT' } });
  expect(await behind.get(ann)).toBe('101');
  await close(behind);
  await proxy.stop();
});

test('transactions go on after a failover', async () => {
  const node = await primaryFor(ann);
  await replicated(db);
  await node.kill();
  const outcomes = await Promise.all([transfer(10, { attempts: 50 }), transfer(10, { attempts: 50 }), transaction<[string]>(db, 'main', (tx) => tx.get(ann))]);
  expect(outcomes).toHaveLength(3);
  expect(await db.mget(ann, ben)).toEqual(['80', '120']);
}, 60_000);
