import type { Cluster, Redis } from 'ioredis';
import { clusterInternals } from './internals';

/** What the connection for subscriptions needs besides what ioredis gives it. */
export interface SubscriberContext {
  /** Guards one connection. */
  guard(connection: Redis): void;
  /** The password that a connection signs in with now. */
  password(): string;
  /** Makes the next sign-in use a password that is valid, and another one than a refused one if there is one. Never rejects. */
  renewPassword(refused?: string): Promise<void>;
}

/** How long a new connection may take, and a reply on it, in milliseconds: its options are not those of the nodes. */
const TIMEOUT_MS = { connect: 1_500, reply: 5_000 };

/** The random wait before another attempt after a failed one, in milliseconds: up to this, doubled from attempt to attempt. */
const BACK_OFF_MS = { first: 100, most: 2_000 };

/** How a server refuses a password. */
const REFUSED = /^(WRONGPASS|NOAUTH)\b/;

/**
 * Makes the connection for subscriptions, which is not one of the nodes, fit for deadlines, long outages and passwords that change.
 *
 * It is opened without the `Connector` of the nodes, with the password that they used last, which may have expired since. And with every
 * attempt to replace a lost connection, ioredis disconnects the last one that worked once more, and each time leaves a listener and a timer
 * with its dead socket: a warning on the console after eleven attempts.
 */
export function guardSubscriber(cluster: Cluster, { guard, password, renewPassword }: SubscriberContext): void {
  const { subscriber } = clusterInternals(cluster);
  const select = subscriber.selectSubscriber;
  let failures = 0;
  let refused: string | undefined;
  let waiting = false;
  const selectNow = () => {
    const last = subscriber.lastActiveSubscriber?.connector;
    if (last?.stream?.destroyed) {
      last.stream = undefined;
    }
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      connection.options.connectTimeout = TIMEOUT_MS.connect;
      connection.options.socketTimeout = TIMEOUT_MS.reply;
      connection.on('ready', () => (failures = 0));
      let used: string | undefined;
      connection.on('connect', () => (used = password()));
      connection.on('error', ({ message }) => {
        if (REFUSED.test(message)) {
          refused = used;
        }
      });
      guard(connection);
    }
  };
  subscriber.selectSubscriber = () => {
    if (waiting) {
      return;
    }
    if (!subscriber.getInstance()) {
      selectNow();
      return;
    }
    waiting = true;
    const delay = failures === 0 ? 0 : Math.random() * Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** failures);
    failures += 1;
    setTimeout(() => {
      void renewPassword(refused).then(() => {
        refused = undefined;
        waiting = false;
        if (subscriber.isStarted()) {
          selectNow();
        }
      });
    }, delay).unref();
  };
}
