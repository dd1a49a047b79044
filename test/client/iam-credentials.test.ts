import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { iamCredentials } from '../../src/client';
import type { AwsCredentials } from '../../src/client';

const credentials: AwsCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'do-not-show', sessionToken: 'session' };
const options = { clusterName: 'orders', username: 'app', region: 'eu-west-1' };
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z'), toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('a token', () => {
  test('is used for ten minutes and then signed anew', async () => {
    const provider = iamCredentials({ ...options, credentials });
    const first = await provider.getPassword();
    vi.setSystemTime(Date.now() + 10 * MINUTE - 1);
    expect(await provider.getPassword()).toBe(first);
    vi.setSystemTime(Date.now() + 1);
    expect(await provider.getPassword()).not.toBe(first);
  });

  test('is not used longer than the AWS credentials that signed it', async () => {
    const give = vi.fn(async () => ({ ...credentials, expiration: new Date(Date.now() + MINUTE) }));
    const provider = iamCredentials({ ...options, credentials: give });
    const first = await provider.getPassword();
    vi.setSystemTime(Date.now() + MINUTE - 1);
    expect(await provider.getPassword()).toBe(first);
    vi.setSystemTime(Date.now() + 1);
    expect(await provider.getPassword()).not.toBe(first);
    expect(give).toHaveBeenCalledTimes(2);
  });

  test('is signed anew when it is refused, but not at once', async () => {
    const give = vi.fn(async () => credentials);
    const provider = iamCredentials({ ...options, credentials: give });
    const first = await provider.getPassword();
    expect(await provider.getPassword(first)).toBe(first);
    vi.setSystemTime(Date.now() + 1_000);
    const second = await provider.getPassword(first);
    expect(second).not.toBe(first);
    expect(await provider.getPassword(first)).toBe(second);
    expect(give).toHaveBeenCalledTimes(2);
  });

  test('of the future, after the clock was set back, is signed anew', async () => {
    const provider = iamCredentials({ ...options, credentials });
    const first = await provider.getPassword();
    vi.setSystemTime(Date.now() - 60 * MINUTE);
    expect(await provider.getPassword()).not.toBe(first);
  });

  test('is signed once for all who ask at the same time', async () => {
    const give = vi.fn(async () => credentials);
    const provider = iamCredentials({ ...options, credentials: give });
    const tokens = await Promise.all(Array.from({ length: 50 }, () => provider.getPassword()));
    expect(new Set(tokens).size).toBe(1);
    expect(give).toHaveBeenCalledTimes(1);
  });

  test('is signed with what the environment says at that time', async () => {
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFROMENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token-of-env');
    const provider = iamCredentials(options);
    expect(await provider.getPassword()).toMatch(/Credential=AKIDFROMENV.*Security-Token=token-of-env/);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDNEXT');
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await provider.getPassword()).toContain('Credential=AKIDNEXT');
  });
});

describe('AWS credentials', () => {
  test('that have expired are not signed with', async () => {
    const provider = iamCredentials({ ...options, credentials: { ...credentials, expiration: new Date(Date.now() - MINUTE) } });
    await expect(provider.getPassword()).rejects.toMatchObject({
      code: 'ECREDENTIALS',
      message: expect.stringMatching(/^the AWS credentials to sign in with have expired at 2026-01-02T03:03:05\.000Z/),
    });
  });

  test('may come as the services write them down, and without a promise', async () => {
    const give = vi.fn(() => ({ ...credentials, expiration: new Date(Date.now() + MINUTE).toISOString() as unknown as Date }));
    const provider = iamCredentials({ ...options, credentials: give });
    const first = await provider.getPassword();
    expect(await provider.getPassword()).toBe(first);
    vi.setSystemTime(Date.now() + MINUTE);
    expect(await provider.getPassword()).not.toBe(first);
    const nonsense = iamCredentials({ ...options, credentials: { ...credentials, expiration: 'soon' as unknown as Date } });
    await expect(nonsense.getPassword()).rejects.toThrow('the expiration of the AWS credentials to sign in with is no date');
  });

  test('of the environment are left out with a profile, as the SDK does', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFROMENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    vi.stubEnv('AWS_PROFILE', 'missing');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await expect(iamCredentials(options).getPassword()).rejects.toThrow(/^cannot find AWS credentials to sign in with/);
  });
});

test('options that there are not are refused', () => {
  expect(() => iamCredentials({ ...options, credential: credentials } as object as typeof options)).toThrow(/^iamCredentials has no option credential/);
});

test('the Region comes from the environment unless it is given', async () => {
  vi.stubEnv('AWS_REGION', 'ap-south-1');
  const provider = iamCredentials({ clusterName: 'orders', username: 'app', credentials });
  expect(await provider.getPassword()).toContain('ap-south-1');
});

test('fails without a Region', () => {
  vi.stubEnv('AWS_REGION', undefined);
  vi.stubEnv('AWS_DEFAULT_REGION', undefined);
  expect(() => iamCredentials({ clusterName: 'orders', username: 'app', credentials })).toThrow(/the Region of the cluster is not known/);
});

test('failing AWS credentials fail the sign-in, and one a second later tries again', async () => {
  const give = vi.fn(async () => credentials).mockRejectedValueOnce(new Error('no role'));
  const provider = iamCredentials({ ...options, credentials: give });
  await expect(provider.getPassword()).rejects.toThrow('no role');
  await expect.poll(() => provider.getPassword(), { timeout: 1_300 }).toContain('orders/?Action=connect');
});

test('failing AWS credentials are asked for once in a second', async () => {
  const give = vi.fn(() => {
    throw new Error('no role');
  });
  const provider = iamCredentials({ ...options, credentials: give });
  const start = performance.now();
  while (performance.now() - start < 2_200) {
    await expect(provider.getPassword()).rejects.toThrow('no role');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(give.mock.calls.length).toBeGreaterThan(1);
  expect(give.mock.calls.length).toBeLessThanOrEqual(3);
});

test('AWS credentials that never come are asked for again', async () => {
  const timeout = AbortSignal.timeout;
  const bounds = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout.call(AbortSignal, 20));
  try {
    const give = vi.fn(async () => credentials).mockReturnValueOnce(new Promise(() => undefined));
    const provider = iamCredentials({ ...options, credentials: give });
    await expect(provider.getPassword()).rejects.toThrow('gave up waiting for AWS credentials');
    expect(bounds).toHaveBeenCalledWith(10_000);
    await expect.poll(() => provider.getPassword(), { timeout: 1_300 }).toContain('orders/?Action=connect');
  } finally {
    bounds.mockRestore();
  }
});

test.each([undefined, {}, { accessKeyId: 'AKIDEXAMPLE' }, { secretAccessKey: 'do-not-show' }])('the AWS credentials %j do not sign', async (incomplete) => {
  const provider = iamCredentials({ ...options, credentials: async () => incomplete as unknown as AwsCredentials });
  await expect(provider.getPassword()).rejects.toMatchObject({ code: 'ECREDENTIALS', message: expect.stringMatching(/have no accessKeyId or no secret/) });
});

test('nothing of the credentials or the token is in a dump of the provider', async () => {
  const provider = iamCredentials({ ...options, credentials });
  const token = await provider.getPassword();
  const dump = inspect(provider, { depth: Infinity, showHidden: true }) + JSON.stringify(provider);
  expect(dump).not.toContain('do-not-show');
  expect(dump).not.toContain(token.slice(-64));
});
