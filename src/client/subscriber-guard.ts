import type { Cluster, Redis } from 'ioredis';
import { clusterInternals, nodeInternals } from './internals';

/** What the connection for subscriptions needs besides what ioredis gives it. */
export interface SubscriberContext {
  /** Guards one connection. */
  guard(connection: Redis): void;
  /** The password that a connection signs in with now. */
  password(): string;
  /** Makes the next sign-in use a password that is valid, and another one than a refused one if there is one. Never rejects. */
  renewPassword(refused?: string): Promise<void>;
  /** Told why a connection did not get back the subscriptions of the one before it. */
  onFailure(error: Error): void;
}

/** How long a new connection may take, and a reply on it, in milliseconds: its options are not those of the nodes. */
const TIMEOUT_MS = { connect: 1_500, reply: 5_000 };

/** The random wait before another attempt after a failed one, in milliseconds: up to this, doubled from attempt to attempt. */
const BACK_OFF_MS = { first: 100, most: 2_000 };

/** How a server refuses a password. */
const REFUSED = /^(WRONGPASS|NOAUTH)\b/;

const SUBSCRIPTION = /^[ps]?(un)?subscribe$/;

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
  /** The last connection that had all subscriptions. */
  let active: typeof subscriber.lastActiveSubscriber;
  let failures = 0;
  let refused: string | undefined;
  let waiting = false;
  const selectNow = () => {
    // Its late replies are not for the next one. What was asked of it is asked again.
    subscriber.getInstance()?.stream?.destroy();
    active = subscriber.lastActiveSubscriber ??= active;
    if (active?.connector.stream?.destroyed) {
      active.connector.stream = undefined;
    }
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      connection.options.connectTimeout = TIMEOUT_MS.connect;
      connection.options.socketTimeout = TIMEOUT_MS.reply;
      const restored = restoration(connection);
      restored.catch((error: Error) => {
        if (connection.status === 'ready') {
          onFailure(error);
          connection.disconnect();
        }
      });
      connection.on('ready', () => void restored.then(() => (failures = 0), () => undefined));
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

/** The subscriptions that a new connection gets back, without those of shards, which may be refused by the node it leads to. */
function restoration(connection: Redis): Promise<unknown> {
  const commands = nodeInternals(connection).offlineQueue.toArray().map(({ command }) => command);
  return Promise.all(commands.filter(({ name }) => name !== 'ssubscribe').map(({ promise }) => promise));
}

/** ioredis 5 subscribes before it checks that the node is ready, which the server then refuses, and the subscriptions are gone with it. */
function holdUntilReady(connection: Redis): void {
  const send = connection.sendCommand;
  connection.sendCommand = (command, stream) => {
    if (connection.status === 'connect' && SUBSCRIPTION.test(command.name)) {
      nodeInternals(connection).offlineQueue.push({ command, select: 0 });
      return command.promise;
    }
    return send.call(connection, command, stream);
  };
}
