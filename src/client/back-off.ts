/** The least wait of a reconnection but the first, and the bounds of the random part that is added to it, in milliseconds. */
const BACK_OFF_MS = { base: 50, first: 25, soon: 500, cap: 2_000 };

/** After so many attempts, which take eleven seconds and more, it is not a restart any more. */
const SOON_ATTEMPTS = 40;

/** Without an attempt for this long, in milliseconds, the next one is the first. */
const CALM_MS = 1_000;

const attempts = new WeakMap<object, { readonly number: number; readonly at: number }>();

/**
 * How long a client waits before it connects again, in milliseconds: a random time, longer from attempt to attempt, so that clients that
 * lost the same node do not come back together. The first one is soon, because the servers may have dropped no more than the connections.
 *
 * It counts the attempts itself, too: ioredis begins anew with every one that found the slots, though no node may have answered.
 *
 * @param this - the client
 * @param times - counts from 1
 */
export function backOff(this: object, times: number): number {
  const now = performance.now();
  const last = attempts.get(this);
  const number = Math.max(times, last && now - last.at < CALM_MS ? last.number + 1 : 1);
  const { base, first, soon, cap } = BACK_OFF_MS;
  const most = number > SOON_ATTEMPTS ? cap : Math.min(soon, first * 2 ** (number - 1));
  const wait = (number > 1 ? base : 0) + Math.random() * most;
  attempts.set(this, { number, at: now + wait });
  return wait;
}
