import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf } from './support/output';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';

let users: Users;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
});

afterAll(async () => users?.local.stop());

/** How many connections each node has accepted. */
async function accepted(): Promise<number[]> {
  const infos = await Promise.all(users.cluster.nodes.map((node) => node.call('INFO', 'stats')));
  return infos.map((info) => Number(/total_connections_received:(\d+)/.exec(String(info))![1]));
}

test('fifty clients that come up and lose their connections together open a bounded number of them', async () => {
  const keys = ['{a}', '{b}', '{c}', '{d}'];
  const printed = await outputOf(async () => {
    const before = await accepted();
    const clients = Array.from({ length: 50 }, () => connect({ connection: users.connection() }));
    const use = () => Promise.all(clients.flatMap((db) => keys.map((key) => db.set(key, '1'))));
    expect(new Set(await use())).toEqual(new Set(['OK']));
    const between = await accepted();
    await users.disconnectAll();
    expect(new Set(await use())).toEqual(new Set(['OK']));
    const after = await accepted();
    const opened = [between.map((count, i) => count - before[i]), after.map((count, i) => count - between[i])];
    // One to send commands, one to ask for the topology, and as many again where a busy machine lets the first ones time out.
    expect(Math.max(...opened.flat())).toBeLessThanOrEqual(4 * clients.length);
    await Promise.all(clients.map((db) => close(db)));
  });
  expect(printed).toBe('');
});

test('clients that come and go leave nothing behind', { timeout: 900_000 }, async () => {
  const once = async () => {
    const db = connect({ connection: users.connection() });
    await db.set('{a}', '1');
    await close(db);
  };
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i += 5) {
      await Promise.all(Array.from({ length: 5 }, once));
    }
  };
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const handles = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name)).length;
  const cycles = Number(process.env.CLIENT_CYCLES ?? 200);
  await rounds(50);
  const before = { heap: heap(), handles: handles() };
  await rounds(cycles);
  await expect.poll(handles, { timeout: 5_000 }).toBeLessThanOrEqual(before.handles + 1);
  // One client takes about a hundred kilobytes.
  expect((heap() - before.heap) / cycles).toBeLessThan(20_000);
});
