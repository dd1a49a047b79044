import type { Redis } from 'ioredis';
import { closed } from './failure';
import { nodeInternals } from './internals';
import { hasState } from './open-transactions';

/** The longest wait before a lost connection is opened again, in milliseconds: a random one, as many clients lose the same node at once. */
const MOST_MS = 10;

/** A connection that did not last this long, in milliseconds, does not come back so: the server may drop every one. */
const LASTED_MS = 1_000;

const givenUp = new WeakSet<Redis>();

/** Ends the connection to a node that does not answer; what waits for it is better off with another one. */
export function giveUp(node: Redis, reason: Error): void {
  givenUp.add(node);
  node.stream?.destroy(reason);
}

/**
 * Opens a connection that worked for a while and was lost again at once, since a server may drop no more than the connection: when a password is
 * rotated, or when it is replaced behind its name. If that fails, ioredis finds out which node serves what by then.
 *
 * A client that loses all of its connections so needs neither another node nor the slots, which are three connections one after the other.
 *
 * A caller's own `clusterNodeRetryStrategy` stays. A connection on which a caller has begun a transaction or watches keys does not come back,
 * because what it stood for would be gone without a word.
 *
 * @param isClosing - whether the client needs no connections any more
 */
export function reconnectOnce(node: Redis, isClosing: () => boolean): void {
  const { options } = node;
  // Without retries, ioredis would fail what waits with the first attempt.
  if (typeof options.retryStrategy === 'function' || options.maxRetriesPerRequest === 0) {
    return;
  }
  let since = Infinity;
  node.on('ready', () => (since = performance.now()));
  options.retryStrategy = function (this: unknown) {
    // A duplicate of the node has these options, too.
    const again = performance.now() - since >= LASTED_MS && this === options && !givenUp.has(node) && !hasState(node) && !isClosing();
    since = Infinity;
    return again ? Math.random() * MOST_MS : null;
  };
}

/** Ends a node that is disconnected from while it waits to connect again: ioredis would leave it as it is, and its client with it, for ever. */
export function endWhileReconnecting(node: Redis): void {
  const { disconnect } = node;
  node.disconnect = (reconnect) => {
    const waits = node.status === 'reconnecting' && !reconnect;
    disconnect.call(node, reconnect);
    if (waits) {
      const internals = nodeInternals(node);
      internals.setStatus('end');
      internals.flushQueue(closed());
    }
  };
}
