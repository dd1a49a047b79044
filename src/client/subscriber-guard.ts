import type { Cluster, Redis } from 'ioredis';
import { findNodes } from './cluster-slots';
import { trueCause } from './failure';
import { clusterInternals, nodeInternals } from './internals';
import { isRefused, isSubscription, REPLY_TIMEOUT_MS, subscriptionBackOff, Subscriptions } from './subscriptions';
import type { SubscriptionKind } from './subscriptions';

/** What the connection for subscriptions needs besides what ioredis gives it. */
export interface SubscriberContext {
  /** Guards one connection. */
  guard(connection: Redis): void;
  /** The password that a connection signs in with now. */
  password(): string;
  /** Makes the next sign-in use a password that is valid, and another one than a refused one if there is one. Never rejects. */
  renewPassword(refused?: string): Promise<void>;
  /** Told why a connection could not be opened, or did not get back a subscription of the one before it; either is tried again. */
  onFailure(error: Error): void;
}

/** How long a new connection may take, in milliseconds: its options are not those of the nodes. */
const CONNECT_TIMEOUT_MS = 1_500;

/** How a server refuses a password. */
const REFUSED = /^(WRONGPASS|NOAUTH)\b/;

/**
 * Makes the connection for subscriptions, which is not one of the nodes, fit for deadlines, long outages and passwords that change.
 *
 * It is opened without the `Connector` of the nodes, with the password that they used last, which may have expired since.
 *
 * With the last connection that worked, which ioredis keeps for what was subscribed to on it, it would lose subscriptions for good: those of
 * a connection that is replaced while it is getting them back, whose late reply counts as one to the next; those that a server refuses for
 * a time, and those that were made meanwhile. It would also disconnect it once more with every attempt to replace a lost one, and each time
 * leave a listener and a timer with its dead socket: a warning on the console after eleven attempts.
 */
export function guardSubscriber(cluster: Cluster, { guard, password, renewPassword, onFailure }: SubscriberContext): void {
  const { subscriber } = clusterInternals(cluster);
  const select = subscriber.selectSubscriber;
  const subscriptions = new Subscriptions();
  const last = {
    off: () => undefined,
    disconnect: () => undefined,
    condition: { subscriber: { channels: (kind: SubscriptionKind) => subscriptions.of(kind) } },
  };
  Object.defineProperty(subscriber, 'lastActiveSubscriber', { get: () => last, set: () => undefined });
  let failures = 0;
  let refused: string | undefined;
  let waiting: object | undefined;
  let timer: NodeJS.Timeout | undefined;
  const selectNow = () => {
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      connection.options.connectTimeout = CONNECT_TIMEOUT_MS;
      connection.options.socketTimeout = REPLY_TIMEOUT_MS;
      restore(connection, subscriptions, onFailure);
      connection.on('ready', () => (failures = 0));
      let used: string | undefined;
      connection.on('connect', () => (used = password()));
      connection.on('error', (error) => {
        if (REFUSED.test(error.message)) {
          refused = used;
        }
        const cause = trueCause(error);
        if (cause) {
          onFailure(cause);
        }
      });
      guard(connection);
      holdUntilReady(connection);
      subscriptions.follow(connection);
    }
  };
  subscriber.selectSubscriber = () => {
    if (!subscriber.getInstance()) {
      // One that is waited for, to replace one that was stopped since, is not needed any more.
      clearTimeout(timer);
      waiting = undefined;
      selectNow();
      return;
    }
    if (waiting) {
      return;
    }
    const wait = waiting = {};
    const delay = failures === 0 ? 0 : subscriptionBackOff(failures);
    failures += 1;
    // There may be nothing else that keeps a process alive which waits for messages.
    timer = setTimeout(() => {
      if (failures > 1 && cluster.status === 'ready') {
        void findNodes(cluster);
      }
      const renewed = subscriber.isStarted() ? renewPassword(refused) : Promise.resolve();
      void renewed.then(() => {
        if (waiting === wait) {
          refused = undefined;
          waiting = undefined;
          if (subscriber.isStarted()) {
            selectNow();
          }
        }
      });
    }, delay);
  };
  cluster.on('end', () => {
    clearTimeout(timer);
    waiting = undefined;
  });
}

/** Sees to it that a new connection gets all that ioredis has asked for on it. */
function restore(connection: Redis, subscriptions: Subscriptions, onFailure: SubscriberContext['onFailure']): void {
  for (const { command: { name, args, promise } } of nodeInternals(connection).offlineQueue.toArray()) {
    if (isSubscription(name)) {
      promise.catch((error) => {
        if (connection.status === 'ready') {
          if (isRefused(error)) {
            onFailure(error);
          }
          void subscriptions.insist(connection, name as SubscriptionKind, args.map(String), onFailure);
        }
      });
    }
  }
}

/** ioredis 5 subscribes before it checks that the node is ready, which the server then refuses, and the subscriptions are gone with it. */
function holdUntilReady(connection: Redis): void {
  const send = connection.sendCommand;
  connection.sendCommand = (command, stream) => {
    if (connection.status === 'connect' && !stream && isSubscription(command.name)) {
      nodeInternals(connection).offlineQueue.push({ command, select: 0 });
      return command.promise;
    }
    return send.call(connection, command, stream);
  };
}
