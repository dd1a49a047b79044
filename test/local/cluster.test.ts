import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asUser, clusterTemplate, eventually, isRunning, user, withClusterClient } from './fixtures';
import { Local, startLocal } from '../../src/local';

const TEMPLATE = clusterTemplate({ app: user('app', 'on ~* &* +@all') }, { NumShards: 3 });
let local: Local;

beforeAll(async () => {
  const started = Date.now();
  local = await startLocal({ template: TEMPLATE });
  console.log(`three shards with a replica each were ready after ${Date.now() - started} ms`);
});

afterAll(async () => local?.stop());

test('nodes have the names, shards and roles of the service', () => {
  expect(local.nodes.map(({ name, shard, role }) => `${name} ${shard} ${role}`)).toEqual([
    'orders-0001-001 0001 primary',
    'orders-0001-002 0001 replica',
    'orders-0002-001 0002 primary',
    'orders-0002-002 0002 replica',
    'orders-0003-001 0003 primary',
    'orders-0003-002 0003 replica',
  ]);
  expect(new Set(local.nodes.map((node) => node.port)).size).toBe(6);
  expect(local.nodes.every((node) => node.running && isRunning(node.pid))).toBe(true);
});

test('every node lists the slots of the service with host names', async () => {
  for (const node of local.nodes) {
    const slots = await node.call('CLUSTER', 'SLOTS') as [number, number, ...[string, number][]][];
    const seen = slots
      .sort(([first], [other]) => first - other)
      .map(([first, last, ...members]) => [first, last, members.map(([host, port]) => `${host}:${port}`)]);
    const member = (index: number) => `localhost:${local.nodes[index].port}`;
    expect(seen).toEqual([
      [0, 5461, [member(0), member(1)]],
      [5462, 10922, [member(2), member(3)]],
      [10923, 16383, [member(4), member(5)]],
    ]);
  }
});

test('a cluster client writes to all shards and replicas receive it', async () => {
  await withClusterClient(local.clusters[0].environment(), async (client) => {
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map(async (key) => client.set(key, key)));
    expect(await Promise.all(keys.map(async (key) => client.get(key)))).toEqual(keys);
  });
  const size = async (index: number) => local.nodes[index].call('DBSIZE');
  for (const primary of [0, 2, 4]) {
    expect(await size(primary)).toBeGreaterThan(0);
    await eventually(async () => await size(primary) === await size(primary + 1));
  }
});

test('the certificate is for the host name, not for its address', async () => {
  const [cluster] = local.clusters;
  const byAddress = asUser({ ...cluster, host: '127.0.0.1' }, 'app', cluster.users[0].password, async (redis) => redis.ping());
  await expect(byAddress).rejects.toThrow(/altnames|IP/);
});

test('secrets stand in no command line and in no file that others can read', () => {
  const { users, nodes } = local.clusters[0];
  for (const node of nodes) {
    expect(readFileSync(`/proc/${node.pid}/cmdline`, 'utf8')).not.toContain(users[0].password);
  }
  const directory = dirname(local.caFile);
  expect((statSync(directory).mode % 0o1000).toString(8)).toBe('700');
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.some(({ name }) => name === 'users.acl')).toBe(true);
  for (const { parentPath, name } of files.filter((file) => ['users.acl', 'server.conf', 'server-key.pem'].includes(file.name))) {
    expect((statSync(join(parentPath, name)).mode % 0o1000).toString(8)).toBe('600');
    expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain(users[0].password);
  }
});

test('a replica keeps nothing that a later server in its directory would load', async () => {
  await eventually(async () => /master_link_status:up/.test(String(await local.nodes[1].call('INFO', 'replication'))));
  const files = readdirSync(dirname(local.caFile), { recursive: true }).map(String);
  expect(files.filter((name) => name.endsWith('dump.rdb'))).toEqual([]);
});

test('two instances run at once without knowing each other', async () => {
  const [first, second] = await Promise.all([startLocal({ template: TEMPLATE }), startLocal({ template: TEMPLATE })]);
  try {
    const ports = [...local.nodes, ...first.nodes, ...second.nodes].map((node) => node.port);
    expect(new Set(ports).size).toBe(18);
    await withClusterClient(first.clusters[0].environment(), async (client) => client.set('only-here', '1'));
    await withClusterClient(second.clusters[0].environment(), async (client) => expect(await client.get('only-here')).toBeNull());
    const nodes = await first.nodes[0].call('CLUSTER', 'NODES') as string;
    expect(nodes.trim().split('\n')).toHaveLength(6);
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});

test('a killed primary is replaced by its replica, and comes back as a replica', async () => {
  const failover = await startLocal({ template: clusterTemplate({ app: user('app', 'on ~* &* +@all') }, { NumShards: 3 }), nodeTimeout: 500 });
  try {
    const [primary, replica] = failover.nodes;
    const roleOf = async (node: typeof primary) => (await node.call('ROLE').catch(() => ['unreachable']) as string[])[0];
    await primary.kill();
    expect(primary.running).toBe(false);
    await expect(primary.call('PING')).rejects.toThrow(/ECONNREFUSED/);
    await eventually(async () => await roleOf(replica) === 'master');
    expect(() => replica.restart()).toThrow(/still running/);
    primary.restart();
    await eventually(async () => await roleOf(primary) === 'slave');
  } finally {
    await failover.stop();
  }
});

test('a given data directory stays, with the logs, and is for one instance at a time', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
  const dataDir = join(parent, 'with space', 'data');
  try {
    const options = { template: clusterTemplate({ app: user('app', 'on ~* +@all') }, { NumReplicasPerShard: 0 }), dataDir };
    const kept = await startLocal(options);
    await expect(startLocal(options)).rejects.toThrow(`data directory ${JSON.stringify(dataDir)} is in use by process ${process.pid}`);
    await kept.stop();
    expect(existsSync(join(dataDir, 'Template', 'Cluster', 'orders-0001-001', 'server.log'))).toBe(true);
    writeFileSync(join(dataDir, 'local.pid'), '2147483646');
    await (await startLocal(options)).stop();
    expect(existsSync(join(dataDir, 'local.pid'))).toBe(false);
    // The number of this very process, but of one that began at another time.
    writeFileSync(join(dataDir, 'local.pid'), `${process.pid} 1`);
    await (await startLocal(options)).stop();
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test('a port that somebody else takes first is replaced by another one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
  const server = join(folder, 'server');
  // The first node of the cluster finds its port taken, by the words of a real server.
  writeFileSync(server, [
    '#!/bin/sh',
    `if grep -q cluster-enabled "$1" && mkdir ${folder}/once 2>/dev/null; then`,
    '  echo "# Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use"',
    '  exit 1',
    'fi',
    'exec "$(command -v valkey-server || command -v redis-server)" "$1"',
    '',
  ].join('\n'), { mode: 0o755 });
  try {
    const second = await startLocal({ template: clusterTemplate({ app: user('app', 'on ~* +@all') }), server: relative('', server) });
    expect(existsSync(join(folder, 'once'))).toBe(true);
    expect(await Promise.all(second.nodes.map(async (node) => node.call('PING')))).toEqual(['PONG', 'PONG']);
    await second.stop();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an address instead of a host name is announced and certified as such', async () => {
  const options = { template: clusterTemplate({ app: user('app', 'on ~* +@all') }), host: '127.0.0.1' };
  const byAddress = await startLocal(options);
  try {
    await withClusterClient(byAddress.clusters[0].environment(), async (client) => expect(await client.set('key', 'value')).toBe('OK'));
  } finally {
    await byAddress.stop();
  }
});
