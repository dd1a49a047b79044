import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { startProxy } from './support/proxy';
import { close, connect } from '../../src/client';

const CHANNEL = '{k}news';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

describe.each([
  ['subscribe', (db: Cluster, text: string) => db.publish(CHANNEL, text)],
  ['ssubscribe', (db: Cluster, text: string) => db.spublish(CHANNEL, text)],
] as const)('a process that only listens (%s)', (method, publish) => {
  test('goes on when its connections are cut or refused for a time, and ends when it is closed', async () => {
    const { proxy, users, admin } = stage;
    const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'support/listener.ts'), method, CHANNEL], {
      env: { ...process.env, ...users.cluster.environment('app'), NAT_MAP: JSON.stringify(proxy.natMap) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('subscribed');
    let number = 0;
    for (const mode of ['pass', 'pass', 'refuse', 'pass'] as const) {
      proxy.mode = mode;
      proxy.cut();
      await pause(mode === 'refuse' ? 1_500 : 300);
      proxy.mode = 'pass';
      const text = `message ${++number}`;
      await expect.poll(() => publish(admin, text).then(() => lines), { timeout: 10_000 }).toContain(text);
    }
    expect(lines.filter((line) => line.startsWith('exit'))).toEqual([]);
    const start = performance.now();
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - start).toBeLessThan(2_500);
    await expect.poll(() => lines).toContain('exit while end');
  }, 60_000);

  test('leaves no timer when it is closed after several attempts', async () => {
    const { proxy, users } = stage;
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const clients = await Promise.all(Array.from({ length: 10 }, async () => {
      const db = connect({ connection: users.connection(), natMap: proxy.natMap, shardedSubscribers: method === 'ssubscribe' });
      await db[method](CHANNEL);
      return db;
    }));
    proxy.mode = 'refuse';
    proxy.cut();
    await pause(1_500);
    clients.forEach((db) => db.disconnect());
    await pause(50);
    proxy.mode = 'pass';
    const left = timers();
    await pause(2_500);
    // Others have timers, too, but none of them for each of the clients.
    expect(left - timers()).toBeLessThan(3);
  });

  test('finds nodes that all have other addresses', async () => {
    const { users, admin } = stage;
    const before = await startProxy(users.cluster);
    const natMap = { ...before.natMap };
    const db = connect({ connection: users.connection(), natMap, shardedSubscribers: method === 'ssubscribe' });
    onTestFinished(() => close(db, { timeout: 100 }));
    const received: string[] = [];
    db.on('message', (_, text) => received.push(text)).on('smessage', (_, text) => received.push(text));
    await db[method](CHANNEL);
    const after = await startProxy(users.cluster);
    onTestFinished(() => after.stop());
    Object.assign(natMap, after.natMap);
    await before.stop();
    await expect.poll(() => publish(admin, 'found').then(() => received), { timeout: 15_000 }).toContain('found');
  }, 30_000);
});
