import { expect, test } from 'vitest';
import { outputOf } from './support/output';
import { startUsers } from './support/users';
import { close, connect, connectionFromEnv } from '../../src/client';

test('a long outage prints nothing, every command learns of it, and a subscriber can still be closed', async () => {
  const { cluster, local } = await startUsers({ app: 'on ~* &* +@all' });
  const printed = await outputOf(async () => {
    let attempts = 0;
    const db = connect({
      connection: connectionFromEnv(undefined, cluster.environment('app')),
      deadline: 400,
      clusterRetryStrategy: () => {
        attempts += 1;
        return 20;
      },
    });
    await db.subscribe('news');
    await db.set('a', '1');
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    for (let i = 0; i < 5; i++) {
      await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
      await expect(db.pipeline().set('a', '2').exec()).rejects.toMatchObject({ code: 'EDEADLINE', cause: { code: 'ECONNREFUSED' } });
    }
    expect(attempts).toBeGreaterThan(30);
    await close(db);
    expect(db.status).toBe('end');
  });
  await local.stop();
  expect(printed).toBe('');
});
