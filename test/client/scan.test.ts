import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moveSlots, shardsOf } from './support/faults';
import { startMove } from './support/moving-slot';
import { flush, primariesOf, replicated } from './support/primaries';
import { MINIMUM, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, dbSize, del, mset, scanAll, slotOf } from '../../src/client';
import type { ConnectOptions, ScanOptions } from '../../src/client';

let users: Users;
let db: Cluster;

const open = (user: string, options?: ConnectOptions) =>
  connect({ connection: users.connection(user), deadline: 15_000, ...options });

beforeAll(async () => {
  users = await startUsers({
    app: 'on ~* &* +@all',
    limited: `on ~* -@all +get ${MINIMUM.join(' ')}`,
  });
  db = open('app');
});

afterAll(async () => {
  await (db && close(db));
  await users?.local.stop();
});

const keys = Array.from({ length: 3_000 }, (_, i) => `key-${i}`);

async function fill(): Promise<void> {
  await flush(users.cluster);
  await mset(db, keys.map((key) => [key, '1'] as const));
}

async function scan(options?: ScanOptions, client = db): Promise<string[]> {
  const found: string[] = [];
  for await (const page of scanAll(client, options)) {
    expect(page).not.toEqual([]);
    found.push(...page);
  }
  return found.sort();
}

test('all keys of all primaries are found, as the first thing a client does too', async () => {
  await fill();
  expect(await scan()).toEqual([...keys].sort());
  expect(await dbSize(db)).toBe(keys.length);
  const fresh = [open('app', { lazyConnect: true }), open('app', { lazyConnect: true })];
  expect(await scan({ count: 10 }, fresh[0])).toEqual([...keys].sort());
  expect(await dbSize(fresh[1])).toBe(keys.length);
  await Promise.all(fresh.map((each) => close(each)));
});

test('all keys are found and counted also by a client that gets numbers as texts', async () => {
  await fill();
  for (let round = 0; round < 3; round++) {
    const client = open('app', { redisOptions: { stringNumbers: true } });
    expect(await scan({}, client)).toEqual([...keys].sort());
    expect(await dbSize(client)).toBe(keys.length);
    expect(client.slots.filter(Boolean)).toHaveLength(16_384);
    await close(client);
  }
});

test('only what was asked for is found', async () => {
  await flush(users.cluster);
  await mset(db, { 'session:1': '1', 'session:2': '2', 'other': '3' });
  await db.hset('session:3', { a: '1' });
  expect(await scan({ match: 'session:*' })).toEqual(['session:1', 'session:2', 'session:3']);
  expect(await scan({ match: 'session:*', type: 'hash' })).toEqual(['session:3']);
  expect(await scan({ match: 'nothing' })).toEqual([]);
  for await (const page of scanAll(db, { match: 'session:*' })) {
    await del(db, page);
  }
  expect(await scan()).toEqual(['other']);
});

test('a reader can stop early', async () => {
  await fill();
  for await (const page of scanAll(db, { count: 10 })) {
    expect(page.length).toBeLessThan(keys.length);
    break;
  }
});

test('keys of a slot that moves to a node scanned before are not missed', async () => {
  await fill();
  const first = (await scanAll(db).next()).value![0];
  const shard = db.slots[slotOf(first)][0];
  // served by a primary that is scanned later, empty when it moves so that nothing is lost
  const moving = keys.find((key) => db.slots[slotOf(key)][0] !== shard)!;
  const inSlot = keys.filter((key) => slotOf(key) === slotOf(moving));
  const found = new Set<string>();
  let moved = false;
  for await (const page of scanAll(db, { count: 100 })) {
    page.forEach((key) => found.add(key));
    if (!moved && !shardOf(page).has(shard)) {
      moved = true;
      expect(found.has(moving)).toBe(false);
      const move = await startMove(users.cluster, slotOf(moving), shard);
      await Promise.all(inSlot.map((key) => move.from.call('DEL', key)));
      await move.finish();
      await Promise.all(inSlot.map((key) => move.to.call('SET', key, '1')));
    }
  }
  expect(moved).toBe(true);
  expect([...found].sort()).toEqual([...keys].sort());
});

test('keys of a slot that goes away and comes back during the scan of its shard are not missed', async () => {
  await fill();
  const found = new Set<string>();
  const [one, two] = await shardsOf(users.cluster);
  const inOne = (tag: string) => slotOf(tag) >= one.start && slotOf(tag) <= one.end;
  const [moving, staying] = Array.from({ length: 200 }, (_, index) => `{t${index}}`).filter(inOne);
  const away = Array.from({ length: 1_000 }, (_, index) => `${moving}${index}`);
  await mset(db, [...away, ...Array.from({ length: 1_000 }, (_, index) => `${staying}${index}`)].map((key) => [key, '1'] as const));
  let [page, stayed, isBack] = [0, 0, false];
  for await (const each of scanAll(db, { count: 50 })) {
    each.forEach((key) => found.add(key));
    page += 1;
    stayed += each.filter((key) => key.startsWith(staying)).length;
    if (page === 3) {
      await moveSlots(users.cluster, one.primary, two.primary, [slotOf(moving)]);
    }
    if (stayed > 900 && page > 3 && !isBack) {
      isBack = true;
      await moveSlots(users.cluster, two.primary, one.primary, [slotOf(moving)]);
    }
  }
  expect(isBack).toBe(true);
  expect(away.filter((key) => !found.has(key))).toEqual([]);
});

const shardOf = (page: string[]) => new Set(page.map((key) => db.slots[slotOf(key)][0]));

test('a user who may not scan is told so', async () => {
  const limited = open('limited');
  await expect(scan({}, limited)).rejects.toThrow(/^NOPERM/);
  await expect(dbSize(limited)).rejects.toThrow(/^NOPERM/);
  await close(limited);
  await expect(scan({}, limited)).rejects.toThrow('Connection is closed.');
  await expect(dbSize(limited)).rejects.toThrow('Connection is closed.');
});

test('all keys are found although a primary dies meanwhile', async () => {
  await fill();
  const primaries = await primariesOf(users.cluster);
  await replicated(db);
  const found = new Set<string>();
  let sizes: Promise<number> | undefined;
  for await (const page of scanAll(db, { count: 100 })) {
    page.forEach((key) => found.add(key));
    if (!sizes) {
      // the one that is being scanned
      const [port] = [...shardOf(page)].map((name) => Number(name.split(':')[1]));
      await primaries.find((node) => node.port === port)!.kill();
      sizes = dbSize(db);
    }
  }
  expect([...found].sort()).toEqual([...keys].sort());
  expect(await sizes).toBe(keys.length);
}, 60_000);

test('a scan and a count wait for a shard that is silent as long as a command would', async () => {
  const other = await startUsers({ app: 'on ~* &* +@all' });
  const deadline = 1_500;
  const hurried = connect({ connection: other.connection('app'), deadline });
  await hurried.set('a', '1');
  expect(await dbSize(hurried)).toBe(1);
  const shard = other.cluster.nodes.filter((node) => node.shard === other.cluster.nodes[0].shard);
  await Promise.all(shard.map((node) => node.kill('SIGSTOP')));
  const start = performance.now();
  const [count, scanned] = await Promise.allSettled([dbSize(hurried), scan({}, hurried)]);
  expect(performance.now() - start).toBeLessThan(deadline + 500);
  expect(count).toMatchObject({ reason: { code: 'EDEADLINE', command: 'dbsize', duration: expect.closeTo(deadline, -3) } });
  expect(scanned).toMatchObject({ reason: { code: 'EDEADLINE', command: 'scan', duration: expect.closeTo(deadline, -3) } });
  await close(hurried);
  await Promise.all(shard.map((node) => node.kill('SIGKILL')));
  await other.local.stop();
}, 30_000);
