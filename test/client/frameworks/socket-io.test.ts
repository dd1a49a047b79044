import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccessString } from '../../../src/access-string';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

const plain = ['publish', 'subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe', 'pubsub|numsub'];
const sharded = ['spublish', 'ssubscribe', 'sunsubscribe', 'pubsub|shardnumsub'];

type Adapter = (library: Library) => NonNullable<ConstructorParameters<typeof Server>[1]>['adapter'];

const adapters: Record<string, { commands: string[]; channels: string[]; adapter: Adapter }> = {
  'the adapter': {
    commands: plain,
    // The pattern of a PSUBSCRIBE has to be allowed as it stands: one for each namespace.
    channels: ['socket.io#/#*', 'socket.io-request#/#*', 'socket.io-response#/#*'],
    adapter: (library) => createAdapter(library.open(), library.open()),
  },
  'the sharded adapter': {
    commands: sharded,
    channels: ['socket.io#/#*'],
    adapter: (library) => createShardedAdapter(library.open(), library.open({ shardedSubscribers: true })),
  },
};

/** A server on the loopback interface, and a client of it. */
async function open(library: Library, adapter: Adapter) {
  const http = createServer();
  const server = new Server(http, { adapter: adapter(library) });
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

describe.each(Object.entries(adapters))('%s of Socket.IO', (_, { commands, channels, adapter }) => {
  let library: Library;
  let hosts: Awaited<ReturnType<typeof open>>[];

  beforeAll(async () => {
    library = await startLibrary(AccessString.of({ channels, commands }));
    hosts = await Promise.all([open(library, adapter), open(library, adapter)]);
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
    await expect.poll(() => library.excess(commands)).toEqual({ refused: [], unused: [] });
  });
});
