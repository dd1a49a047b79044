import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionFailures } from '../../src/client/connection-failures';
import { CredentialsError } from '../../src/client/errors';

let failures: ConnectionFailures;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  failures = new ConnectionFailures(() => undefined);
});

afterEach(() => vi.useRealTimers());

test('what is waited for is named also while the client is connected', () => {
  const stop = failures.waitsFor(new Error('still waiting for the vault'));
  expect(failures.since(0, true)).toBeUndefined();
  expect(failures.since(0, false)?.message).toBe('still waiting for the vault');
  vi.advanceTimersByTime(1_000);
  expect(failures.since(0, true)?.message).toBe('still waiting for the vault');
  stop();
  expect(failures.since(0, true)).toBeUndefined();
});

test('an old failure is not the cause of what a connected client does not answer', () => {
  failures.note(new Error('no vault'));
  expect(failures.since(1, true)).toBeUndefined();
  expect(failures.since(1, false)?.message).toBe('no vault');
});

describe('a permanent failure that a provider keeps', () => {
  const kept = new CredentialsError('no such secret', { permanent: true });

  function attempt(failure = new CredentialsError('no such permission', { permanent: true })): void {
    failures.attemptStarted();
    failures.note(failure);
    failures.attemptFailed();
  }

  test('is hopeless after some time', () => {
    for (let i = 0; i < 8; i++) {
      attempt(kept);
      vi.advanceTimersByTime(500);
    }
    expect(failures.hopeless).toBe(kept);
  });

  test('counts once while its source may not have been asked again', () => {
    attempt();
    attempt(kept);
    vi.advanceTimersByTime(1_250);
    attempt(kept);
    expect(failures.hopeless).toBeUndefined();
    attempt();
    expect(failures.hopeless?.message).toBe('no such permission');
  });
});
