import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Cluster } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { startUsers } from './support/users';
import { close, connect, connectionFromEnv } from '../../src/client';

type Slots = [from: number, to: number, ...nodes: [host: string, port: number][]][];

/** As when a node is scaled up or gets another engine version: the name leads to a new node, open connections to the old one. */
test('a node that was replaced behind its name is found again', async () => {
  const { cluster, local, onAllNodes } = await startUsers({ app: 'on ~* &* +@all' });
  onTestFinished(() => local.stop());
  const slots = await cluster.nodes[0].call('CLUSTER', 'SLOTS') as Slots;
  const [, , [, primary], [, replica]] = slots.find(([from]) => from === 0)!;
  let [current, next] = [primary, replica].map((port) => cluster.nodes.find((node) => node.port === port)!);
  const name = createServer((socket) => {
    const node = connectTcp(current.port, '127.0.0.1');
    socket.on('error', () => node.destroy()).pipe(node);
    node.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => name.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void name.close());
  const { port } = name.address() as AddressInfo;
  const everyNodeKnows = () => expect.poll(async () => {
    const views = await Promise.all(cluster.nodes.map((node) => node.call('CLUSTER', 'SLOTS') as Promise<Slots>));
    return views.every((view) => view.find(([from]) => from === 0)?.[2][1] === port);
  }, { timeout: 10_000 }).toBe(true);
  await current.call('CONFIG', 'SET', 'cluster-announce-tls-port', String(port));
  await everyNodeKnows();

  // A key of the shard with the slot 0.
  const key = '{06S}';
  const uses: ((db: Cluster) => Promise<unknown>)[] = [
    (db) => db.set(key, '1'),
    (db) => db.pipeline().set(key, '1').exec(),
    (db) => db.multi().set(key, '1').exec(),
  ];
  const clients = uses.map(() => connect({ connection: connectionFromEnv(undefined, cluster.environment('app')), deadline: 4_000 }));
  await Promise.all(uses.map((use, i) => use(clients[i])));
  [current, next] = [next, current];
  await current.call('CONFIG', 'SET', 'cluster-announce-tls-port', String(port));
  await next.call('CONFIG', 'SET', 'cluster-announce-tls-port', '0');
  await current.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
  await everyNodeKnows();
  await onAllNodes('CONFIG', 'RESETSTAT');
  expect(await Promise.all(uses.map((use, i) => use(clients[i])))).toEqual(['OK', [[null, 'OK']], [[null, 'OK']]]);
  expect(await next.call('INFO', 'errorstats')).toContain('MOVED');
  await Promise.all(clients.map((db) => close(db)));
});
