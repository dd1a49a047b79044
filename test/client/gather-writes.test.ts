import { once } from 'node:events';
import { connect as connectTcp, createServer, Socket } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { shardsOf } from './support/faults';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, slotOf } from '../../src/client';
import { gatherWrites } from '../../src/client/gather-writes';

let server: Server;
let received: Buffer[];
let peer: Socket;
let socket: Socket;
let write: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  received = [];
  server = createServer((connection) => {
    peer = connection.on('data', (data) => received.push(data)).on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
  write = vi.spyOn(socket, 'write');
  gatherWrites(socket);
});

afterEach(() => {
  socket.destroy();
  server.close();
});

async function end(): Promise<string> {
  socket.end();
  await once(socket, 'close');
  return Buffer.concat(received).toString();
}

const written = () => write.mock.calls.map((args: unknown[]) => args[0]);

/** The socket gets a reply. */
async function reply() {
  peer.write('reply');
  await once(socket, 'data');
}

test('the commands of one turn are one write', async () => {
  socket.write('first');
  expect(written()).toEqual(['first']);
  for (const text of ['a', 'é', 'c']) {
    socket.write(text);
  }
  expect(written()).toEqual(['first']);
  await new Promise(setImmediate);
  expect(written()).toEqual(['first', 'aéc']);
  expect(await end()).toBe('firstaéc');
});

test('the first command waits for the others only after a turn with many', async () => {
  const turn = async (count: number) => {
    write.mockClear();
    for (let i = 0; i < count; i++) {
      socket.write('x');
    }
    await new Promise(setImmediate);
    await reply();
    return written().map((text: unknown) => (text as string).length);
  };
  expect(await turn(32)).toEqual([1, 31]);
  expect(await turn(33)).toEqual([1, 32]);
  expect(await turn(32)).toEqual([32]);
  expect(await turn(31)).toEqual([31]);
  expect(await turn(2)).toEqual([1, 1]);
  expect(await turn(1)).toEqual([1]);
  expect((await end()).length).toBe(32 + 33 + 32 + 31 + 2 + 1);
});

test('a turn with a lot has many, however little of it is left at its end', async () => {
  const text = 'x'.repeat(2_000);
  for (let i = 0; i < 35; i++) {
    socket.write(text);
  }
  await reply();
  write.mockClear();
  socket.write('y');
  expect(write).not.toHaveBeenCalled();
  expect((await end()).length).toBe(70_001);
});

test('one command at a time does not wait for the end of its turn', async () => {
  for (const text of ['a', 'b']) {
    socket.write(text);
    expect(written()).toContain(text);
    await reply();
  }
  expect(await end()).toBe('ab');
});

test('bytes stay in their place', async () => {
  socket.write('a');
  socket.write(Buffer.from('b'));
  socket.write('c');
  socket.write('d', 'latin1');
  socket.write('e');
  expect(await end()).toBe('abcde');
});

test('a lot is not kept until the turn ends', async () => {
  const text = 'x'.repeat(1_000);
  for (let i = 0; i < 100; i++) {
    socket.write(text);
  }
  expect(write).toHaveBeenCalledTimes(2);
  expect((await end()).length).toBe(100_000);
  expect(write).toHaveBeenCalledTimes(3);
});

test('what was gathered goes ahead of the end', async () => {
  socket.write('a');
  socket.write('b');
  socket.end('c');
  await once(socket, 'close');
  expect(Buffer.concat(received).toString()).toBe('abc');
});

test('a socket that is gone by the end of the turn gets nothing, and no error comes of it', async () => {
  const errors = vi.fn();
  socket.on('error', errors);
  socket.write('a');
  socket.write('b');
  socket.destroy();
  await once(socket, 'close');
  await new Promise(setImmediate);
  expect(written()).toEqual(['a']);
  expect(errors).not.toHaveBeenCalled();
});

test('a pipeline as large as that is not copied', async () => {
  const text = 'x'.repeat(100_000);
  socket.write('a');
  socket.write('b');
  socket.write(text);
  expect(written()).toEqual(['a', 'b', text]);
});

test('says whether the socket wants no more for now', async () => {
  peer.pause();
  expect(socket.write('a')).toBe(true);
  expect(socket.write('x'.repeat(20_000_000))).toBe(false);
  peer.resume();
  await once(socket, 'drain');
  expect(socket.write('a')).toBe(true);
});

describe('of a client', () => {
  let users: Users;
  let db: Cluster;

  beforeAll(async () => {
    users = await startUsers({ app: 'on ~* &* +@all' });
  });

  afterAll(() => users.local.stop());

  beforeEach(() => {
    db = connect({ connection: users.connection() });
  });

  afterEach(() => close(db, { timeout: 100 }));

  const setAll = (value: string | Buffer = 'x') => Promise.all(Array.from({ length: 20 }, (_, i) => db.set(`{a}${i}`, value)));
  const owner = () => db.nodes('master').find(({ options }) => db.slots[slotOf('{a}')]![0] === `${options.host}:${options.port}`)!;

  /** How many of those commands each write of any connection has. */
  function watchWrites(): () => number[] {
    const { prototype } = Socket as unknown as { prototype: Record<'_write' | '_writev', (data: unknown) => void> };
    const spies = [vi.spyOn(prototype, '_write'), vi.spyOn(prototype, '_writev')];
    onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
    const textOf = (data: unknown): string => (Array.isArray(data) ? data.map(({ chunk }) => textOf(chunk)).join('') : String(data));
    return () => spies.flatMap(({ mock }) => mock.calls.map(([data]) => [...textOf(data).matchAll(/{a}/g)].length)).filter(Boolean);
  }

  test('the commands of one turn are two writes', async () => {
    await db.get('{a}');
    const writes = watchWrites();
    await setAll();
    expect(writes()).toEqual([1, 19]);
  });

  test.each([['text', 'x'], ['bytes', Buffer.from([0, 255, 254])]])('what has waited for the cluster is one, with %s', async (_, value) => {
    const writes = watchWrites();
    await setAll(value);
    expect(writes()).toEqual([20]);
  });

  test('what has waited for a node is one', async () => {
    await db.get('{a}');
    // A connection of less than a second does not come back.
    await pause(1_100);
    const writes = watchWrites();
    owner().stream.destroy();
    await once(owner(), 'close');
    await setAll();
    expect(writes()).toEqual([20]);
  });

  test('what is tried again is one', async () => {
    await db.get('{a}');
    const { primary } = (await shardsOf(users.cluster)).find(({ start, end: last }) => start <= slotOf('{a}') && slotOf('{a}') <= last)!;
    await primary.call('CLUSTER', 'DELSLOTS', slotOf('{a}'));
    const writes = watchWrites();
    const work = setAll();
    await pause(300);
    await primary.call('CLUSTER', 'ADDSLOTS', slotOf('{a}'));
    await work;
    const [first, others, ...again] = writes();
    expect([first, others]).toEqual([1, 19]);
    expect(again).toEqual(again.map(() => 20));
  });
});
