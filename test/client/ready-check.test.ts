import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { shardsOf } from './support/faults';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { asNodeRedisClient, close, connect, observe, slotOf } from '../../src/client';

let users: Users;

const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  await users.onAllNodes('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
});

afterAll(async () => users?.local.stop());

function open() {
  const db = connect({ connection: users.connection() });
  onTestFinished(() => close(db));
  const told = { connections: vi.fn(), closed: vi.fn() };
  db.on('close', told.closed);
  onTestFinished(observe('connect', told.connections));
  return { db, ...told };
}

const states = async () => {
  const running = users.cluster.nodes.filter((node) => node.running);
  const infos = await Promise.all(running.map((node) => node.call('CLUSTER', 'INFO').catch(() => '')));
  return infos.map((info) => /^cluster_state:(\w+)/.exec(String(info))?.[1]);
};

/** Does something while the cluster is not ready because a shard is gone, but not the one that the endpoint leads to. */
async function withoutShard(work: (restore: () => Promise<void>) => Promise<void>): Promise<void> {
  const { primary, replica } = (await shardsOf(users.cluster)).at(-1)!;
  let restored = false;
  const restore = async () => {
    if (!restored) {
      restored = true;
      primary.restart();
      replica.restart();
      await expect.poll(states, { timeout: 20_000, interval: 20 }).toEqual(Array(6).fill('ok'));
    }
  };
  await Promise.all([primary.kill(), replica.kill()]);
  try {
    await expect.poll(states, { timeout: 20_000 }).toEqual(Array(4).fill('fail'));
    await work(restore);
  } finally {
    await restore();
  }
}

test('a client waits for a cluster that is not ready over the connections that it has', async () => {
  await withoutShard(async (restore) => {
    const { db, connections, closed } = open();
    const pending = Promise.all(KEYS.map((key) => db.get(key)));
    await pause(1_500);
    expect(closed).not.toHaveBeenCalled();
    expect(db.status).toBe('connect');
    // To look for the slots once, and at most one to each node that is there.
    expect(connections.mock.calls.length).toBeLessThanOrEqual(5);
    await restore();
    const start = performance.now();
    expect(await pending).toEqual(KEYS.map(() => null));
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(closed).not.toHaveBeenCalled();
  });
});

test('one that waits may lose its connections', async () => {
  await withoutShard(async (restore) => {
    const { db } = open();
    const pending = db.get(KEYS[0]);
    await pause(500);
    await Promise.all(users.cluster.nodes.filter((node) => node.running).map((node) => node.call('CLIENT', 'KILL', 'USER', 'app')));
    await restore();
    expect(await pending).toBeNull();
  });
});

test('one that waits can be closed', async () => {
  await withoutShard(async () => {
    const { db } = open();
    const pending = expect(db.get(KEYS[0])).rejects.toThrow();
    await pause(500);
    const start = performance.now();
    await close(db, { timeout: 300 });
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(db.status).toBe('end');
    await pending;
  });
});

test('the node that the first command waits for is the one that is asked', async () => {
  for (const key of KEYS) {
    const { db, connections } = open();
    await db.get(key);
    expect(connections.mock.calls.map(([{ purpose }]) => purpose)).toEqual(['slots', 'commands']);
    await close(db);
  }
});

test('a node that alone takes the cluster for not ready is not asked for ever', async () => {
  await users.onAllNodes('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
  const [{ primary, end }, { start: foreign }] = await shardsOf(users.cluster);
  await primary.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
  const slots = Array.from({ length: 500 }, (_, i) => foreign + i);
  let misled = true;
  // The others tell it better all the time.
  const misleading = (async () => {
    while (misled) {
      await primary.call('CLUSTER', 'DELSLOTS', ...slots).catch(() => undefined);
    }
  })();
  onTestFinished(async () => {
    misled = false;
    await misleading;
  });
  const { db } = open();
  const first = db.get(KEYS.find((key) => slotOf(key) <= end)!);
  const start = performance.now();
  expect(await db.get(KEYS.find((key) => slotOf(key) > end)!)).toBeNull();
  expect(performance.now() - start).toBeLessThan(3_000);
  misled = false;
  expect(await first).toBeNull();
});

test('the others work when the node that the first command waits for is down', async () => {
  await users.onAllNodes('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
  const { primary, replica, start, end } = (await shardsOf(users.cluster)).at(-1)!;
  const there = (key: string) => slotOf(key) >= start && slotOf(key) <= end;
  await Promise.all([primary.kill(), replica.kill()]);
  const { db } = open();
  const dead = db.get(KEYS.find(there)!);
  const alive = KEYS.filter((key) => !there(key));
  expect(await Promise.all(alive.map((key) => db.get(key)))).toEqual(alive.map(() => null));
  primary.restart();
  replica.restart();
  expect(await dead).toBeNull();
});

test('what connect() promises is kept, also when the cluster is not ready at first', async () => {
  await users.onAllNodes('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
  await withoutShard(async (restore) => {
    const options = { connection: users.connection(), lazyConnect: true };
    const [closing, waiting] = [connect(options), connect(options)];
    onTestFinished(() => close(waiting));
    const promised = waiting.connect();
    const listeners = waiting.listenerCount('ready');
    const dropped = closing.connect();
    await pause(500);
    await Promise.all([expect(dropped).rejects.toThrow('Connection is closed.'), close(closing)]);
    // Long enough for the client to begin anew.
    await pause(10_500);
    expect(waiting.listenerCount('ready')).toBe(listeners);
    await restore();
    await promised;
    expect(waiting.status).toBe('ready');
  });
}, 60_000);

test('what waits for a cluster that is not ready is told so', async () => {
  const [{ primary }] = await shardsOf(users.cluster);
  // Those that were restarted have forgotten it.
  await users.onAllNodes('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
  // The owner first: the others would learn from it again.
  await primary.call('CLUSTER', 'DELSLOTS', '0');
  await Promise.all(users.cluster.nodes.filter((node) => node !== primary).map((node) => node.call('CLUSTER', 'DELSLOTS', '0')));
  onTestFinished(async () => {
    await primary.call('CLUSTER', 'ADDSLOTS', '0');
    await expect.poll(states, { timeout: 20_000 }).toEqual(Array(6).fill('ok'));
  });
  await expect.poll(states, { timeout: 20_000 }).toEqual(Array(6).fill('fail'));
  const db = connect({ connection: users.connection(), deadline: 1_000 });
  onTestFinished(() => close(db, { timeout: 100 }));
  const reason = { code: 'EDEADLINE', cause: { message: 'the state of the cluster is fail' } };
  await expect(db.get(KEYS[0])).rejects.toMatchObject(reason);
  await expect(asNodeRedisClient(db).connect()).rejects.toMatchObject(reason);
});
