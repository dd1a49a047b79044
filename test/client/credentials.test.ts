import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startSecretsEndpoint } from './support/secrets-endpoint';
import type { SecretsEndpoint } from './support/secrets-endpoint';
import { CredentialsError, secretCredentials, staticCredentials } from '../../src/client';

const PASSWORD = 'correct-horse-battery';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf';

describe('staticCredentials', () => {
  test('gives the same password whatever was refused', async () => {
    const provider = staticCredentials({ username: 'app', password: PASSWORD });
    expect(provider.username).toBe('app');
    expect(await provider.getPassword()).toBe(PASSWORD);
    expect(await provider.getPassword(PASSWORD)).toBe(PASSWORD);
  });

  test('does not show the password', () => {
    const provider = staticCredentials({ username: 'app', password: PASSWORD });
    expect(inspect(provider, { depth: Infinity, showHidden: true }) + JSON.stringify(provider)).not.toContain(PASSWORD);
  });

  test('fails on an empty user name or password', () => {
    expect(() => staticCredentials({ username: '', password: PASSWORD })).toThrow('the user name of the credentials is empty');
    expect(() => staticCredentials({ username: 'app', password: '' })).toThrow('the password of the user "app" is empty');
    expect(() => staticCredentials({ username: 'app', password: undefined as unknown as string })).toThrow('the password of the user "app" is empty');
  });
});

describe('secretCredentials', () => {
  let endpoint: SecretsEndpoint;

  beforeEach(async () => {
    endpoint = await startSecretsEndpoint(JSON.stringify({ username: 'app', password: PASSWORD }));
  });

  afterEach(() => endpoint.stop());

  /** A provider that has read the secret an hour ago, on a clock that a test moves on. */
  async function askedAnHourAgo() {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    vi.advanceTimersByTime(60 * 60_000);
    return provider;
  }

  test('reads user name and password once, however many ask', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    expect(provider.username).toBeUndefined();
    expect(await Promise.all([provider.getPassword(), provider.getPassword(), provider.getPassword()])).toEqual([PASSWORD, PASSWORD, PASSWORD]);
    expect(await provider.getPassword()).toBe(PASSWORD);
    expect(provider.username).toBe('app');
    expect(endpoint.reads).toBe(1);
  });

  test('prefers the user name it is given, and does not need one in the secret then', async () => {
    endpoint.put(JSON.stringify({ password: PASSWORD }));
    const provider = secretCredentials({ secretArn, client: endpoint.client, username: 'other' });
    expect(await provider.getPassword()).toBe(PASSWORD);
    expect(provider.username).toBe('other');
  });

  test('reads again when its password was refused, once for all who were refused', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    endpoint.put(JSON.stringify({ username: 'app', password: 'rotated' }));
    expect(await Promise.all([provider.getPassword(PASSWORD), provider.getPassword(PASSWORD)])).toEqual(['rotated', 'rotated']);
    expect(await provider.getPassword(PASSWORD)).toBe('rotated');
    expect(endpoint.reads).toBe(2);
  });

  test('does not read on and on while the same password stays refused', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    for (let i = 0; i < 10; i++) {
      expect(await provider.getPassword(PASSWORD)).toBe(PASSWORD);
    }
    // At first, for the current version, and for a pending one.
    expect(endpoint.reads).toBe(3);
  });

  test('tries what a rotation has made when the current version is refused, and comes back to the current one', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    endpoint.putPending(JSON.stringify({ username: 'app', password: 'pending' }));
    expect(await provider.getPassword(PASSWORD)).toBe('pending');
    expect(await provider.getPassword('pending')).toBe(PASSWORD);
  });

  test('does not read on and on while both are refused', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    endpoint.putPending(JSON.stringify({ username: 'app', password: 'pending' }));
    let password = await provider.getPassword();
    for (let i = 0; i < 10; i++) {
      const next = await provider.getPassword(password);
      expect([PASSWORD, 'pending']).toContain(next);
      expect(next).not.toBe(password);
      password = next;
    }
    // For each of them once.
    expect(endpoint.reads).toBe(4);
  });

  test('knows both versions while a rotation goes on, and reads again for each', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    endpoint.putPending(JSON.stringify({ username: 'app', password: 'pending' }));
    expect(await provider.getPassword(PASSWORD)).toBe('pending');
    await pause(1_000);
    expect(await provider.getPassword('pending')).toBe(PASSWORD);
    expect(await provider.getPassword(PASSWORD)).toBe('pending');
    expect(await provider.getPassword('pending')).toBe(PASSWORD);
    await pause(1_000);
    endpoint.fail('ThrottlingException', 'Rate exceeded');
    expect(await provider.getPassword(PASSWORD)).toBe('pending');
    expect(await provider.getPassword('pending')).toBe(PASSWORD);
  });

  test('finds a password that is changed again at once', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    let password = PASSWORD;
    for (let i = 0; i < 5; i++) {
      endpoint.put(JSON.stringify({ username: 'app', password: `changed-${i}` }));
      expect(await provider.getPassword(password)).toBe(`changed-${i}`);
      password = `changed-${i}`;
    }
  });

  test('says why it could not be read again, instead of giving the refused password', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    endpoint.fail('ThrottlingException', 'Rate exceeded');
    for (let i = 0; i < 3; i++) {
      await expect(provider.getPassword(PASSWORD)).rejects.toThrow(/ThrottlingException: Rate exceeded/);
    }
    expect(endpoint.reads).toBe(2);
    expect(await provider.getPassword()).toBe(PASSWORD);
  });

  test('says so also long after a rotation, instead of giving the password from before that', async () => {
    const provider = await askedAnHourAgo();
    endpoint.put(JSON.stringify({ username: 'app', password: 'rotated' }));
    expect(await provider.getPassword(PASSWORD)).toBe('rotated');
    endpoint.fail('ThrottlingException', 'Rate exceeded');
    vi.advanceTimersByTime(60_000);
    expect(await provider.getPassword('rotated')).toBe(PASSWORD);
    expect(await provider.getPassword(PASSWORD)).toBe('rotated');
    vi.advanceTimersByTime(60 * 60_000);
    await expect(provider.getPassword('rotated')).rejects.toThrow(/ThrottlingException: Rate exceeded/);
  });

  test('keeps a password that a node may still take, although the secret could not be read at first', async () => {
    const provider = await askedAnHourAgo();
    endpoint.fail('ThrottlingException', 'Rate exceeded');
    await expect(provider.getPassword(PASSWORD)).rejects.toThrow(/ThrottlingException: Rate exceeded/);
    vi.advanceTimersByTime(5_000);
    endpoint.put(JSON.stringify({ username: 'app', password: 'rotated' }));
    expect(await provider.getPassword(PASSWORD)).toBe('rotated');
    endpoint.fail('ThrottlingException', 'Rate exceeded');
    expect(await provider.getPassword('rotated')).toBe(PASSWORD);
  });

  test('recovers from a client that never answers', async () => {
    const timeout = AbortSignal.timeout;
    const bounds = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout.call(AbortSignal, 20));
    try {
      const send = vi.fn(async (): Promise<unknown> => ({ SecretString: JSON.stringify({ username: 'app', password: PASSWORD }) }));
      send.mockReturnValueOnce(new Promise(() => undefined));
      const provider = secretCredentials({ secretArn, client: { send } });
      await expect(provider.getPassword()).rejects.toMatchObject({ message: expect.stringMatching(/: Secrets Manager did not answer within 5000 ms$/) });
      await pause(1_300);
      expect(await provider.getPassword()).toBe(PASSWORD);
    } finally {
      bounds.mockRestore();
    }
  });

  test.each(['ThrottlingException', 'AccessDeniedException'])('is asked once in a second while the first read fails with %s', async (type) => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    endpoint.fail(type, 'not now');
    const start = performance.now();
    while (performance.now() - start < 2_200) {
      await expect(provider.getPassword()).rejects.toThrow(`${type}: not now`);
      await pause(20);
    }
    expect(endpoint.reads).toBeGreaterThan(1);
    expect(endpoint.reads).toBeLessThanOrEqual(3);
    endpoint.put(JSON.stringify({ username: 'app', password: PASSWORD }));
    await expect.poll(() => provider.getPassword(), { timeout: 1_300 }).toBe(PASSWORD);
  });

  test('recovers from a failed read', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    endpoint.fail('InternalServiceError', 'try again');
    await expect(provider.getPassword()).rejects.toThrow(/InternalServiceError: try again/);
    await expect(provider.getPassword()).rejects.toMatchObject({ code: 'ECREDENTIALS', permanent: false });
    endpoint.put(JSON.stringify({ username: 'app', password: PASSWORD }));
    await expect.poll(() => provider.getPassword(), { timeout: 1_300 }).toBe(PASSWORD);
  });

  test.each([['no network', 'Error: no network'], [null, 'Error: null'], [{ name: 'Odd', message: 'no error' }, 'Odd: no error']])(
    'says what was thrown, also %j',
    async (reason, text) => {
      const send = async () => Promise.reject(reason);
      await expect(secretCredentials({ secretArn, client: { send } }).getPassword()).rejects.toMatchObject({
        code: 'ECREDENTIALS', message: `cannot read the secret ${secretArn}: ${text}`,
      });
    },
  );

  test('does not quote an answer that is malformed', async () => {
    const send = async () => JSON.parse(`${PASSWORD} is no JSON`) as unknown;
    const error = await secretCredentials({ secretArn, client: { send } }).getPassword().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECREDENTIALS', message: `cannot read the secret ${secretArn}: the answer of Secrets Manager is malformed` });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(PASSWORD.slice(0, 5));
  });

  test('fails with the reason when the permission or the secret is missing', async () => {
    for (const type of ['AccessDeniedException', 'ResourceNotFoundException']) {
      endpoint.fail(type, 'not for you');
      const failed = secretCredentials({ secretArn, client: endpoint.client }).getPassword();
      await expect(failed).rejects.toThrow(`cannot read the secret ${secretArn}: ${type}: not for you`);
      await expect(failed).rejects.toMatchObject({ permanent: true });
    }
  });

  test.each([
    [`hunter2 ${PASSWORD}`, /is not a JSON object/],
    [`"${PASSWORD}"`, /is not a JSON object/],
    [`{"username":"app","password":"${PASSWORD}`, /is not a JSON object/],
    [`{"username":"app","pass":"${PASSWORD}"}`, /has no field "password"/],
    ['{"username":"app","password":""}', /has no field "password"/],
    [`{"password":"${PASSWORD}"}`, /has no field "username", and no user name was given/],
  ])('fails on the secret %s without quoting it', async (text, message) => {
    endpoint.put(text);
    const error = await secretCredentials({ secretArn, client: endpoint.client }).getPassword().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toMatch(message);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(PASSWORD);
  });

  test('does not show the password', async () => {
    const provider = secretCredentials({ secretArn, client: endpoint.client });
    await provider.getPassword();
    expect(inspect(provider, { depth: Infinity, showHidden: true }) + JSON.stringify(provider)).not.toContain(PASSWORD);
  });
});
