import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Passwords } from '../../src/client/passwords';

const lost = () => new Promise<never>(() => undefined);

const after = <T>(ms: number, answer: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, answer));

const failing = (ms: number, message: string) => after(ms, undefined).then(() => {
  throw new Error(message);
});

let asked: { readonly at: number; readonly refused?: string }[];
let waits: Set<string>;
let start: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  asked = [];
  waits = new Set();
  start = performance.now();
});

afterEach(() => vi.useRealTimers());

/** With a provider that answers one question after the other. */
function passwordsOf(...answers: ((refused?: string) => Promise<unknown>)[]): Passwords {
  const getPassword = async (refused?: string) => {
    asked.push({ at: performance.now() - start, refused });
    return answers[asked.length - 1](refused) as Promise<string>;
  };
  return new Passwords({ username: 'app', sourceName: 'the vault', getPassword }, ({ message }) => {
    waits.add(message);
    return () => waits.delete(message);
  });
}

/** What comes of an attempt, and when. */
async function outcome(password: Promise<string>): Promise<[string, number]> {
  const text = await password.catch((error: Error) => error.message);
  return [text, performance.now() - start];
}

function attempt(ms = 10_000): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

const never = new AbortController().signal;

test('one attempt asks again and again while nothing comes', async () => {
  const passwords = passwordsOf(lost, lost, async () => 'good');
  const password = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['good', 4_000]);
  expect(asked.map(({ at }) => at)).toEqual([0, 2_000, 4_000]);
});

test('all attempts that wait share what is asked again', async () => {
  const passwords = passwordsOf(lost, () => after(500, 'good'));
  const all = [outcome(passwords.first(never)), after(300, undefined).then(() => outcome(passwords.first(never)))];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await Promise.all(all)).toEqual([['good', 2_500], ['good', 2_500]]);
  expect(asked.length).toBe(2);
});

test('an attempt that waits takes what another one has asked after a refusal', async () => {
  const passwords = passwordsOf(lost, () => after(800, 'good'));
  const first = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(1_000);
  const other = outcome(passwords.insteadOf('bad', never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await Promise.all([first, other])).toEqual([['good', 1_800], ['good', 1_800]]);
});

test('what is asked instead of a refused password is asked again, too, by whoever waits', async () => {
  const passwords = passwordsOf(lost, async () => 'good');
  const all = [outcome(passwords.insteadOf('bad', never)), outcome(passwords.first(never))];
  await vi.advanceTimersByTimeAsync(1);
  expect(waits).toEqual(new Set(['still waiting for the vault']));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await Promise.all(all)).toEqual([['good', 2_000], ['good', 2_000]]);
  expect(asked).toEqual([{ at: 0, refused: 'bad' }, { at: 2_000, refused: 'bad' }]);
  expect(waits.size).toBe(0);
});

test('who was refused one password does not take what comes instead of another one', async () => {
  const passwords = passwordsOf(() => after(200, 'two'), () => after(100, 'one'));
  const both = [outcome(passwords.insteadOf('one', never)), outcome(passwords.insteadOf('two', never))];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all(both)).toEqual([['two', 200], ['one', 100]]);
});

test('a failure is told at once while nothing else is under way', async () => {
  const passwords = passwordsOf(() => failing(100, 'no vault'));
  const password = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['no vault', 100]);
});

test('so is an answer without a password', async () => {
  const passwords = passwordsOf(async () => '');
  await expect(passwords.first(never)).rejects.toMatchObject({ message: 'the vault gave no password', permanent: true });
});

test.each([
  ['fails', () => failing(2_500, 'no vault')],
  ['has no password', () => after(2_500, '')],
])('an answer that %s does not beat a good one', async (_, bad) => {
  const passwords = passwordsOf(bad, () => after(1_000, 'good'));
  const password = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['good', 3_000]);
});

test('nor does one that fails while nobody waits', async () => {
  const passwords = passwordsOf(() => failing(2_500, 'no vault'), () => after(1_000, 'good'));
  const first = outcome(passwords.first(attempt(2_200)));
  await vi.advanceTimersByTimeAsync(2_700);
  const second = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await first).toEqual(['gave up waiting for the vault', 2_200]);
  expect(await second).toEqual(['good', 3_000]);
});

test('nor does one that fails after the good one has come', async () => {
  const passwords = passwordsOf(() => failing(2_500, 'no vault'), () => after(100, 'good'));
  const first = outcome(passwords.first(attempt(2_050)));
  await vi.advanceTimersByTimeAsync(2_700);
  expect(await first).toEqual(['gave up waiting for the vault', 2_050]);
  expect(await outcome(passwords.first(never))).toEqual(['good', 2_700]);
});

test('of some that have failed, the one that was asked last says why', async () => {
  const passwords = passwordsOf(() => failing(2_900, 'no vault'), () => failing(500, 'no vault any more'));
  const password = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['no vault any more', 2_900]);
});

test('a failure does not wait for what seems to be lost', async () => {
  const passwords = passwordsOf(lost, () => failing(100, 'no vault'));
  const password = outcome(passwords.first(never));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['no vault', 4_000]);
});

test('an attempt that ends before that tells the failure, too', async () => {
  const passwords = passwordsOf(lost, () => failing(100, 'no vault'));
  const password = outcome(passwords.first(attempt(2_500)));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await password).toEqual(['no vault', 2_500]);
});

test('what has failed is asked for anew by the next attempt', async () => {
  const passwords = passwordsOf(() => failing(100, 'no vault'), async () => 'good');
  const both = [outcome(passwords.first(never)), outcome(passwords.first(never))];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all(both)).toEqual([['no vault', 100], ['no vault', 100]]);
  expect(await outcome(passwords.first(never))).toEqual(['good', 1_000]);
});

test('an attempt that ends waits for nothing, and leaves no timer', async () => {
  const passwords = passwordsOf(lost, lost, lost);
  const aborted = new AbortController();
  const all = [outcome(passwords.first(aborted.signal)), outcome(passwords.insteadOf('bad', aborted.signal))];
  await vi.advanceTimersByTimeAsync(1_000);
  aborted.abort();
  expect(await Promise.all(all)).toEqual([['gave up waiting for the vault', 1_000], ['gave up waiting for the vault', 1_000]]);
  expect(waits.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBe(2);
});
