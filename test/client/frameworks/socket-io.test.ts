import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import type { Cluster } from 'ioredis';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectOptions } from '../../../src/client';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

type Adapter = NonNullable<ConstructorParameters<typeof Server>[1]>['adapter'];

/** Connects first, as the README says. */
async function pair(library: Library, options?: ConnectOptions): Promise<[Cluster, Cluster]> {
  const [db, subscriber] = [library.open(), library.open(options)];
  await Promise.all([db.ping(), subscriber.ping()]);
  return [db, subscriber];
}

const adapters: Record<string, (library: Library) => Promise<Adapter>> = {
  'Socket.IO': async (library) => createAdapter(...await pair(library)),
  'Socket.IO, sharded': async (library) => createShardedAdapter(...await pair(library, { shardedSubscribers: true })),
};

/** A server on the loopback interface, and a client of it. */
async function open(adapter: Adapter) {
  const http = createServer();
  const server = new Server(http, { adapter });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
  server.on('connection', (socket) => {
    socket.on('join', async (room: string, done: () => void) => {
      await socket.join(room);
      done();
    });
  });
  await new Promise<void>((resolve) => client.once('connect', resolve));
  return { server, client };
}

const next = (client: Socket, event: string) => new Promise((resolve) => client.once(event, resolve));

describe.each(Object.entries(adapters))('the adapter of %s', (name, adapter) => {
  let library: Library;
  let hosts: Awaited<ReturnType<typeof open>>[];

  beforeAll(async () => {
    library = await startLibrary(name);
    hosts = await Promise.all([0, 1].map(async () => open(await adapter(library))));
  });

  afterAll(async () => {
    for (const { server, client } of hosts ?? []) {
      client.disconnect();
      await server.close();
    }
    await library?.stop();
  });

  test('brings messages to the clients of another server', async () => {
    const [here, there] = hosts;
    // The servers know each other once both have subscribed.
    await expect.poll(async () => (await here.server.fetchSockets()).length, { timeout: 10_000 }).toBe(2);
    const all = Promise.all(hosts.map(({ client }) => next(client, 'news')));
    here.server.emit('news', { text: 'é', bytes: Buffer.from([0, 255]) });
    expect(await all).toEqual([0, 1].map(() => ({ text: 'é', bytes: Buffer.from([0, 255]) })));

    await there.client.emitWithAck('join', 'room');
    const inRoom = next(there.client, 'only');
    here.client.once('only', () => expect.unreachable());
    here.server.to('room').emit('only', 1);
    expect(await inRoom).toBe(1);

    there.client.on('question', (answer: (text: string) => void) => answer('from there'));
    expect(await here.server.to('room').timeout(5_000).emitWithAck('question')).toEqual(['from there']);
  });

  test('needs no other command', async () => {
    for (const { server, client } of hosts.splice(0)) {
      client.disconnect();
      await server.close();
    }
    await expect.poll(() => library.excess()).toEqual({ refused: [], unused: [] });
  });
});
