import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { outputOf } from './support/output';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import type { ConnectOptions } from '../../src/client';
import { close, connect } from '../../src/client';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all', unready: 'on ~* &* +@all -cluster|info' });
});

afterAll(async () => users?.local.stop());

const open = (options: ConnectOptions = {}) => connect({ connection: users.connection(), deadline: 5_000, ...options });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function duration(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('a command that missed its deadline', () => {
  test('while the cluster was away is not sent later', async () => {
    let allowed = false;
    const credentials = {
      username: 'app',
      async getPassword() {
        return allowed ? passwordOf('app') : Promise.reject(new Error('not yet'));
      },
    };
    const db = open({ credentials, deadline: 400 });
    // Has more time, so it stays at the head of the queue.
    const patient = db.blpop('jobs', 20);
    const late = [
      db.set('late-command', '1'),
      db.pipeline().set('{late}pipeline', '1').incr('{late}counter').exec(),
      db.multi().set('{late}multi', '1').exec(),
      db.subscribe('late-channel'),
    ];
    for (const result of await Promise.allSettled(late)) {
      expect(result).toMatchObject({ reason: { code: 'EDEADLINE', cause: { message: 'not yet' } } });
    }
    allowed = true;
    await expect.poll(() => db.set('{late}in-time', '1').catch(() => undefined), { timeout: 5_000 }).toBe('OK');
    await pause(200);
    expect(await db.exists('late-command')).toBe(0);
    expect(await db.exists('{late}pipeline', '{late}counter', '{late}multi')).toBe(0);
    const subscribers = await Promise.all(users.cluster.nodes.map((node) => node.call('PUBSUB', 'NUMSUB', 'late-channel')));
    expect(subscribers.flat()).not.toContain(1);
    const other = open();
    await other.rpush('jobs', 'job');
    expect(await patient).toEqual(['jobs', 'job']);
    await close(other);
    await close(db);
  });

  test('in the queue of one node is not sent later', async () => {
    let gate = Promise.resolve();
    const credentials = {
      username: 'app',
      async getPassword() {
        await gate;
        return passwordOf('app');
      },
    };
    const db = open({ credentials, deadline: 400 });
    await new Promise((done) => db.once('ready', done));
    let openGate = () => undefined as void;
    gate = new Promise((done) => (openGate = done));
    // Connections to nodes are opened by their first command; the one of the readiness check exists already.
    const keys = Array.from({ length: 30 }, (_, i) => `held-${i}`);
    const results = await Promise.allSettled([
      ...keys.map((key) => db.set(key, '1')),
      ...keys.map((key) => db.pipeline().set(`piped-${key}`, '1').set(`piped-${key}`, '2').exec()),
    ]);
    const refused = results.slice(0, 30).flatMap(({ status }, i) => (status === 'rejected' ? [keys[i]] : []));
    const refusedPipelines = results.slice(30).flatMap(({ status }, i) => (status === 'rejected' ? [`piped-${keys[i]}`] : []));
    expect(Math.min(refused.length, refusedPipelines.length)).toBeGreaterThan(5);
    openGate();
    await expect.poll(() => Promise.all(keys.map((key) => db.exists(`other-${key}`))).then(() => 'answered', () => 'refused')).toBe('answered');
    await pause(200);
    expect(await Promise.all([...refused, ...refusedPipelines].map((key) => db.exists(key)))).not.toContain(1);
    await close(db);
  });

  test('on a frozen node does not take the others with it, and the client recovers', async () => {
    const db = open({ deadline: 500, redisOptions: { socketTimeout: 1_000 } });
    await Promise.all(Array.from({ length: 30 }, (_, i) => db.set(`frozen-${i}`, '1')));
    const node = users.cluster.nodes[0];
    await node.kill('SIGSTOP');
    onTestFinished(() => node.kill('SIGCONT'));
    const results = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => db.get(`frozen-${i}`)));
    const failed = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(30);
    failed.forEach(({ reason }) => expect(reason).toMatchObject({ code: 'EDEADLINE' }));
    await expect.poll(() => Promise.all(Array.from({ length: 30 }, (_, i) => db.get(`frozen-${i}`))).then(() => 'answered', () => 'refused'), {
      timeout: 15_000,
    }).toBe('answered');
    await close(db);
  });
});

test('commands that ioredis puts into pipelines have a deadline before the first connection, too', async () => {
  const db = open({ connection: { ...users.connection(), port: 1 }, enableAutoPipelining: true, deadline: 400 });
  await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
  const pending = expect(db.get('a')).rejects.toThrow('Connection is closed.');
  await pause(50);
  await close(db);
  await pending;
});

test('a node that carried a blocking command is noticed again when it goes silent', async () => {
  const db = open({ redisOptions: { socketTimeout: 500 }, deadline: 10_000 });
  expect(await db.blpop('nothing', 2)).toBeNull();
  const slots = await db.cluster('SLOTS') as unknown as [number, number, [string, number]][];
  const slot = Number(await db.cluster('KEYSLOT', 'nothing'));
  const port = slots.find(([from, to]) => from <= slot && slot <= to)![2][1];
  const node = users.cluster.nodes.find((each) => each.port === port)!;
  await node.kill('SIGSTOP');
  const counted = expect(db.incr('nothing')).rejects.toMatchObject({ code: 'EINDOUBT', cause: { code: 'ETIMEDOUT' } });
  await pause(1_500);
  await node.kill('SIGCONT');
  await counted;
  await close(db);
});

describe('duplicate', () => {
  test('keeps credentials, checks, deadline and silence', async () => {
    const db = open({ deadline: 2_000, maxRedirections: 9 });
    const other = db.duplicate();
    expect(other).toBeInstanceOf(Cluster);
    expect(other.options).toMatchObject({ maxRedirections: 9, redisOptions: { tls: { rejectUnauthorized: true } } });
    expect(await other.call('ACL', 'WHOAMI')).toBe('app');
    const third = other.duplicate([{ host: 'localhost', port: 1 }], { redisOptions: { connectTimeout: 300 } });
    const printed = await outputOf(async () => {
      await expect(third.get('a')).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
    });
    expect(printed).toBe('');
    expect(third.options.redisOptions).toMatchObject({ connectTimeout: 300, keepAlive: 5_000 });
    expect(() => db.duplicate([], { redisOptions: { tls: { rejectUnauthorized: false } } })).toThrow(/must not be false/);
    await Promise.all([db, other, third].map((client) => close(client)));
  });

  test('refuses options that contradict where reads go', async () => {
    const db = open({ readFrom: 'replica' });
    expect(() => db.duplicate([], { ...db.options, enableAutoPipelining: true })).toThrow(/readFrom is "replica" although enableAutoPipelining is true/);
    expect(() => db.duplicate([], { scaleReads: 'all' })).toThrow(/readFrom is "replica" although scaleReads is given/);
    await Promise.all([db, db.duplicate([], db.options)].map((client) => close(client)));
  });

  test('is of the same user, and keeps the certificates that the client trusts', async () => {
    const { caFile, ...connection } = users.connection();
    const db = open({ connection, redisOptions: { tls: { ca: readFileSync(caFile!) } } });
    const other = db.duplicate([], { redisOptions: { tls: { minVersion: 'TLSv1.3' } } });
    const third = other.duplicate([], { redisOptions: { tls: { maxVersion: 'TLSv1.3' } } });
    expect(await Promise.all([db, other, third].map((client) => client.get('duplicate-of-none')))).toEqual([null, null, null]);
    const connected = third.nodes('master').find(({ status }) => status === 'ready')!;
    expect((connected.stream as TLSSocket).getProtocol()).toBe('TLSv1.3');
    for (const redisOptions of [{ username: 'somebody' }, { password: 'else' }]) {
      expect(() => db.duplicate([], { redisOptions })).toThrow(/^redisOptions\.(username|password) cannot be overridden: /);
    }
    await Promise.all([db, other, third].map((client) => close(client)));
  });

  test('takes the options of another client the way libraries pass them', async () => {
    const db = open();
    const other = db.duplicate(undefined, { redisOptions: { ...db.options.redisOptions, maxRetriesPerRequest: null } });
    expect(await other.set('duplicate', '1')).toBe('OK');
    await Promise.all([close(db), close(other)]);
  });
});

describe('close', () => {
  test('lets commands finish', async () => {
    const db = open();
    await db.get('a');
    const commands = Array.from({ length: 100 }, (_, i) => db.set(`closing-${i}`, '1'));
    await close(db);
    expect(new Set(await Promise.all(commands))).toEqual(new Set(['OK']));
    expect(db.status).toBe('end');
    await expect(db.get('a')).rejects.toThrow('Connection is closed.');
    await close(db);
  });

  test.each([0, 1, 5, 20, 60])('ends a client that is %d ms old', async (age) => {
    const db = open();
    await pause(age);
    expect(await duration(() => close(db))).toBeLessThan(1_000);
    expect(db.status).toBe('end');
  });

  test('ends a client at once that was just made, or was never used', async () => {
    for (const lazyConnect of [true, false]) {
      const db = open({ lazyConnect });
      expect(await duration(() => close(db))).toBeLessThan(500);
      expect(db.status).toBe('end');
    }
  });

  test('ends a client that cannot connect, and its commands', async () => {
    const connection = { ...users.connection(), port: 1 };
    for (const age of [0, 10, 100, 300]) {
      const db = open({ connection });
      const command = expect(db.get('a')).rejects.toThrow();
      const pipeline = expect(db.pipeline().get('a').exec()).rejects.toThrow();
      await pause(age);
      expect(await duration(() => close(db, { timeout: 300 }))).toBeLessThan(800);
      expect(db.status).toBe('end');
      expect(await duration(() => Promise.all([command, pipeline]))).toBeLessThan(200);
    }
  });

  test('ends a client in every moment of its attempts to become ready, and one attempt is one', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const db = connect({ connection: users.connection('unready') });
      const attempts = { begun: 0, failed: 0 };
      db.on('connecting', () => (attempts.begun += 1)).on('close', () => (attempts.failed += 1));
      await expect.poll(() => attempts.begun, { timeout: 10_000, interval: 1 }).toBeGreaterThan(i % 3);
      await pause(i * 10);
      const took = await duration(() => close(db));
      return { took, ...attempts, status: db.status };
    }));
    expect(Math.max(...clients.map(({ took }) => took))).toBeLessThan(1_000);
    // Closing one that waits for its next attempt is a close, too.
    expect(clients.filter(({ begun, failed, status }) => failed > begun + 1 || status !== 'end')).toEqual([]);
  });

  test('cuts off what does not finish', async () => {
    const db = open();
    const blocked = expect(db.blpop('never', 0)).rejects.toThrow('Connection is closed.');
    await pause(200);
    const ms = await duration(() => close(db, { timeout: 300 }));
    expect(ms).toBeGreaterThan(250);
    expect(ms).toBeLessThan(1_000);
    await blocked;
  });

  test('leaves nothing that waits: commands given later reject at once', async () => {
    for (const used of [true, false]) {
      const db = open();
      if (used) {
        await db.get('a');
      }
      await close(db);
      const late = () => Promise.allSettled([db.get('a'), db.multi().get('a').exec(), db.blpop('a', 0), db.subscribe('news'), db.pipeline().get('a').exec()]);
      expect(await duration(async () => {
        const results = await late();
        expect(results.slice(0, 4).map((result) => (result as PromiseRejectedResult).reason.message)).toEqual(Array(4).fill('Connection is closed.'));
      })).toBeLessThan(200);
    }
  });

  test('lets the process end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'client-'));
    const script = join(directory, 'script.ts');
    const module = JSON.stringify(resolve(__dirname, '../../src/client'));
    writeFileSync(script, `
      import { close, connect } from ${module};
      async function main() {
        const db = connect();
        const other = connect({ connection: { host: 'localhost', port: 1, tls: true, auth: 'none' } });
        await db.set('child', '1');
        await db.subscribe('news');
        other.get('a').catch(() => undefined);
        await Promise.all([close(db), close(other)]);
        const closed = Date.now();
        process.on('exit', () => process.stdout.write(String(Date.now() - closed)));
      }
      void main();
    `);
    const child = spawn(process.execPath, ['--import', 'tsx', script], { env: { ...process.env, ...users.cluster.environment('app') } });
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (output.out += chunk));
    child.stderr.on('data', (chunk) => (output.err += chunk));
    const timer = setTimeout(() => child.kill(), 15_000);
    const code = await new Promise((done) => child.on('exit', done));
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true });
    expect({ code, err: output.err }).toEqual({ code: 0, err: '' });
    expect(Number(output.out)).toBeLessThan(500);
  });
});

test('an outage prints nothing and leaves nothing unhandled', async () => {
  const printed = await outputOf(async () => {
    const db = open({ connection: { ...users.connection(), port: 1 }, deadline: 2_500 });
    const results = await Promise.allSettled([db.get('a'), db.pipeline().get('a').exec(), db.subscribe('news')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await close(db);
  });
  expect(printed).toBe('');
});
