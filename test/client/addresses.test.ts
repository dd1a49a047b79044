import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';

// A name with several addresses is the one thing that cannot be had on every machine.
vi.mock('node:dns', async (original) => {
  const dns = await original<typeof import('node:dns')>();
  return { ...dns, lookup: vi.fn(dns.lookup) };
});

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

type Callback = (error: null, found: LookupAddress[]) => void;

const addresses = (...list: string[]) => vi.mocked(lookup).mockImplementation(
  ((_host: string, _options: object, callback: Callback) => callback(null, list.map((address) => ({ address, family: 4 })))) as never,
);

test('a client uses an address that answers, whichever of the others are dead', async () => {
  const connection = users.connection();
  const hole = createServer();
  await new Promise<void>((resolve) => hole.listen(connection.port, '127.0.0.2', resolve));
  addresses('127.0.0.2', '127.0.0.3', '127.0.0.1');
  for (let i = 0; i < 5; i++) {
    const db = connect({ connection, deadline: 8_000 });
    const start = performance.now();
    expect(await db.set('{a}1', '1')).toBe('OK');
    expect(performance.now() - start).toBeLessThan(5_000);
    await close(db);
  }
  hole.close();
});

test('a name without an address that answers fails with what one of them said', async () => {
  const connection = users.connection();
  addresses('127.0.0.3', '127.0.0.4');
  const db = connect({ connection, deadline: 500 });
  await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
  await close(db);
});
