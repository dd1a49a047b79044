import type { Cluster, Redis } from 'ioredis';
import { findNodes } from './cluster-slots';
import { trueCause } from './failure';
import { clusterInternals, nodeInternals } from './internals';
import { isRefused, isSubscription, REPLY_TIMEOUT_MS, subscriptionBackOff, Subscriptions } from './subscriptions';

/** What the connection for subscriptions needs besides what ioredis gives it. */
export interface SubscriberContext {
  /** Guards one connection. */
  guard(connection: Redis): void;
  /** Told why a connection could not be opened, or did not get back a subscription of the one before it; either is tried again. */
  onFailure(error: Error): void;
}

/** How long a new connection may take, in milliseconds: its options are not those of the nodes. */
const CONNECT_TIMEOUT_MS = 1_500;

/**
 * Makes the connection for subscriptions, which is not one of the nodes, fit for deadlines and long outages, and has it opened as they are: ioredis gives
 * it none of their options but for TLS and who signs in, so that their `Connector` has to take the place of its own.
 *
 * With the last connection that worked, which ioredis keeps for what was subscribed to on it, it would lose subscriptions for good: those of
 * a connection that is replaced while it is getting them back, whose late reply counts as one to the next; those that a server refuses for
 * a time, and those that were made meanwhile. It would also disconnect it once more with every attempt to replace a lost one, and each time
 * leave a listener and a timer with its dead socket: a warning on the console after eleven attempts.
 */
export function guardSubscriber(cluster: Cluster, { guard, onFailure }: SubscriberContext): void {
  const { subscriber } = clusterInternals(cluster);
  const Connector = cluster.options.redisOptions!.Connector!;
  const select = subscriber.selectSubscriber;
  const subscriptions = new Subscriptions();
  const last = { off: () => undefined, disconnect: () => undefined };
  Object.defineProperty(subscriber, 'lastActiveSubscriber', { get: () => last, set: () => undefined });
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  const stopWaiting = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const selectNow = () => {
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      connection.options.connectTimeout = CONNECT_TIMEOUT_MS;
      connection.options.socketTimeout = REPLY_TIMEOUT_MS;
      nodeInternals(connection).connector = new Connector(connection.options);
      restore(connection, subscriptions, onFailure);
      connection.on('ready', () => (failures = 0));
      connection.on('error', (error) => {
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
      stopWaiting();
      selectNow();
      return;
    }
    if (timer) {
      return;
    }
    const delay = failures === 0 ? 0 : subscriptionBackOff(failures);
    failures += 1;
    // There may be nothing else that keeps a process alive which waits for messages.
    timer = setTimeout(() => {
      timer = undefined;
      if (failures > 1 && cluster.status === 'ready') {
        void findNodes(cluster);
      }
      if (subscriber.isStarted()) {
        selectNow();
      }
    }, delay);
  };
  cluster.on('end', stopWaiting);
}

/** Sees to it that a new connection gets all that callers have subscribed to on those before it. */
function restore(connection: Redis, subscriptions: Subscriptions, onFailure: SubscriberContext['onFailure']): void {
  for (const kind of ['subscribe', 'psubscribe'] as const) {
    const channels = subscriptions.of(kind);
    if (channels.length > 0) {
      connection.call(kind, channels).catch((error: Error) => {
        if (connection.status === 'ready') {
          if (isRefused(error)) {
            onFailure(error);
          }
          void subscriptions.insist(connection, kind, channels, onFailure);
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
