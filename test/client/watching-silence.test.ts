import { expect, onTestFinished, test } from 'vitest';
import { shardsOf } from './support/faults';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { close, connect, hashTag, slotOf, transaction } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

function open(options: ConnectOptions) {
  const db = connect({ connection: stage.users.connection(), deadline: 15_000, ...options });
  onTestFinished(() => close(db, { timeout: 100 }));
  return db;
}

test('a transaction that watches is tried anew when its connection goes silent', async () => {
  const { proxy } = stage;
  const db = open({ natMap: proxy.natMap, redisOptions: { socketTimeout: 1_000 } });
  const key = hashTag('silent', 'count');
  await db.set(key, 1);
  let attempts = 0;
  const start = performance.now();
  const replies = await transaction(db, 'silent', { watch: [key] }, async (tx, connection) => {
    attempts += 1;
    if (attempts === 1) {
      // The one that watches.
      proxy.lose(1);
    }
    tx.set(key, Number(await connection.get(key)) + 1);
  });
  expect([replies, attempts]).toEqual([['OK'], 2]);
  expect(performance.now() - start).toBeLessThan(4_000);
});

test('a transaction that watches is tried anew as soon as another node has taken over from its primary', async () => {
  const [{ primary, start, end }] = await shardsOf(stage.users.cluster);
  const tag = Array.from({ length: 100 }, (_, index) => `tag-${index}`).find((each) => slotOf(each) >= start && slotOf(each) <= end)!;
  const key = hashTag(tag, 'count');
  const db = open({ redisOptions: { socketTimeout: 12_000 } });
  await db.mset(key, 1, hashTag(tag, 'control'), 1);
  let attempts = 0;
  const replies = transaction(db, tag, { watch: [key] }, async (tx, connection) => {
    attempts += 1;
    if (attempts === 1) {
      await primary.kill('SIGSTOP');
    }
    tx.set(key, Number(await connection.get(key)) + 1);
  });
  try {
    const control = open({});
    await expect.poll(() => control.get(hashTag(tag, 'control')).catch(() => undefined), { timeout: 10_000 }).toBe('1');
    const promoted = performance.now();
    expect(await replies).toEqual(['OK']);
    expect(attempts).toBe(2);
    expect(performance.now() - promoted).toBeLessThan(1_500);
  } finally {
    await primary.kill('SIGCONT');
  }
});
