import { afterEach, expect, test, vi } from 'vitest';
import type { ConnectOptions } from '../../src/client';
import { close, connect } from '../../src/client';

const connection = { host: 'localhost', port: 1, tls: false, auth: 'none' } as const;

afterEach(() => vi.unstubAllEnvs());

async function optionsOf(options: ConnectOptions) {
  const db = connect({ connection, lazyConnect: true, ...options });
  await close(db);
  return db.options;
}

test('a service is the default, and AWS Lambda is recognized', async () => {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', '');
  expect(await optionsOf({})).toMatchObject({
    enableReadyCheck: true, slotsRefreshInterval: 30_000, slotsRefreshTimeout: 2_500, redisOptions: { socketTimeout: 5_000 },
  });
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'orders');
  const lambda = await optionsOf({});
  expect(lambda).toMatchObject({ enableReadyCheck: false, slotsRefreshTimeout: 3_000, redisOptions: { socketTimeout: 2_000 } });
  expect(lambda.slotsRefreshInterval).toBeUndefined();
  expect(await optionsOf({ profile: 'service' })).toMatchObject({ slotsRefreshInterval: 30_000 });
});

test('a client that blocks has what BullMQ insists on', async () => {
  const { redisOptions } = await optionsOf({ profile: 'blocking' });
  expect(redisOptions).toMatchObject({ maxRetriesPerRequest: null, socketTimeout: 5_000 });
});

test('an option replaces that of the profile, for a duplicate as well', async () => {
  const options = { profile: 'lambda', slotsRefreshTimeout: 1_000, redisOptions: { socketTimeout: 700 } } as const;
  const db = connect({ connection, lazyConnect: true, ...options });
  const other = db.duplicate();
  await Promise.all([close(db), close(other)]);
  for (const each of [db, other]) {
    expect(each.options).toMatchObject({ enableReadyCheck: false, slotsRefreshTimeout: 1_000 });
    expect(each.options.redisOptions).toMatchObject({ socketTimeout: 700, connectTimeout: 1_500 });
  }
});

test('a profile has its deadline', async () => {
  const start = performance.now();
  const db = connect({ connection, profile: 'lambda' });
  await expect(db.get('a')).rejects.toMatchObject({ code: 'EDEADLINE' });
  expect(performance.now() - start).toBeLessThan(15_000);
  await close(db);
});

test('fails on another profile', () => {
  expect(() => connect({ connection, profile: 'cron' as 'lambda' })).toThrow(/^profile is "cron": expected one of service, lambda, blocking$/);
});
