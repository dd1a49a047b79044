import type { Cluster, Command, Redis } from 'ioredis';
import { clusterInternals, nodeInternals } from './internals';

/** What the connection for subscriptions needs besides what ioredis gives it. */
export interface SubscriberContext {
  /** Guards one connection. */
  guard(connection: Redis): void;
  /** The password that a connection signs in with now. */
  password(): string;
  /** Makes the next sign-in use a password that is valid, and another one than a refused one if there is one. Never rejects. */
  renewPassword(refused?: string): Promise<void>;
  /** Told why a connection did not get back a subscription of the one before it, for which it asks again. */
  onFailure(error: Error): void;
}

/** How long a new connection may take, and a reply on it, in milliseconds: its options are not those of the nodes. */
const TIMEOUT_MS = { connect: 1_500, reply: 5_000 };

/** The random wait before another attempt after a failed one, in milliseconds: up to this, doubled from attempt to attempt. */
const BACK_OFF_MS = { first: 100, most: 2_000 };

/** How a server refuses a password. */
const REFUSED = /^(WRONGPASS|NOAUTH)\b/;

/** What changes the subscriptions of the connection, without those of shards, which the node it leads to may refuse. */
const SUBSCRIPTION = /^p?(un)?subscribe$/;

/**
 * Makes the connection for subscriptions, which is not one of the nodes, fit for deadlines, long outages and passwords that change.
 *
 * It is opened without the `Connector` of the nodes, with the password that they used last, which may have expired since. And with every
 * attempt to replace a lost connection, ioredis disconnects the last one that worked once more, and each time leaves a listener and a timer
 * with its dead socket: a warning on the console after eleven attempts.
 *
 * ioredis would also lose the subscriptions for good in two cases: a connection that is replaced while it is getting them back answers late,
 * and counts as the one after it; and a server refuses them for a time.
 */
export function guardSubscriber(cluster: Cluster, { guard, password, renewPassword, onFailure }: SubscriberContext): void {
  const { subscriber } = clusterInternals(cluster);
  const select = subscriber.selectSubscriber;
  let active: Redis | undefined;
  let failures = 0;
  let refused: string | undefined;
  let waiting = false;
  const selectNow = () => {
    // Its late replies are not for the next one. What was asked of it is asked again.
    subscriber.getInstance()?.stream?.destroy();
    // A late reply to a connection that was stopped leaves none.
    active = subscriber.lastActiveSubscriber ??= active;
    const last = active && nodeInternals(active).connector;
    if (last?.stream?.destroyed) {
      last.stream = undefined;
    }
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      connection.options.connectTimeout = TIMEOUT_MS.connect;
      connection.options.socketTimeout = TIMEOUT_MS.reply;
      restore(connection, onFailure).then(() => {
        if (subscriber.getInstance() === connection) {
          subscriber.lastActiveSubscriber = connection;
        }
      }, () => undefined);
      connection.on('ready', () => (failures = 0));
      let used: string | undefined;
      connection.on('connect', () => (used = password()));
      connection.on('error', ({ message }) => {
        if (REFUSED.test(message)) {
          refused = used;
        }
      });
      guard(connection);
      holdUntilReady(connection);
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
    const delay = failures === 0 ? 0 : backOff(failures);
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

function backOff(failures: number): number {
  return Math.random() * Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** failures);
}

/**
 * Waits for the subscriptions of the last connection, which ioredis has asked for on a new one, until it has all of them.
 *
 * @throws whatever ended the connection
 */
async function restore(connection: Redis, onFailure: SubscriberContext['onFailure']): Promise<void> {
  const asked = nodeInternals(connection).offlineQueue.toArray().map(({ command }) => command);
  await Promise.all(asked.filter(({ name }) => SUBSCRIPTION.test(name)).map((command) => insist(connection, command, onFailure)));
}

/**
 * Asks for a subscription until the server grants it, on the same connection, whose other subscriptions need not suffer.
 *
 * @throws whatever ended the connection
 */
async function insist(connection: Redis, { name, args, promise }: Command, onFailure: SubscriberContext['onFailure']): Promise<void> {
  let reply = promise;
  for (let refusals = 1; ; refusals++) {
    try {
      await reply;
      return;
    } catch (error) {
      if (connection.status !== 'ready') {
        throw error;
      }
      onFailure(error as Error);
    }
    await new Promise((resolve) => setTimeout(resolve, backOff(refusals)).unref());
    reply = connection.call(name, ...args as string[]);
  }
}

/** ioredis 5 subscribes before it checks that the node is ready, which the server then refuses, and the subscriptions are gone with it. */
function holdUntilReady(connection: Redis): void {
  const send = connection.sendCommand;
  connection.sendCommand = (command, stream) => {
    if (connection.status === 'connect' && !stream && SUBSCRIPTION.test(command.name)) {
      nodeInternals(connection).offlineQueue.push({ command, select: 0 });
      return command.promise;
    }
    return send.call(connection, command, stream);
  };
}
