import type { Cluster, Redis } from 'ioredis';
import { backOff } from './back-off';
import { findNodes } from './cluster-slots';
import { ConfigurationError } from './errors';
import { trueCause } from './failure';
import { clusterInternals } from './internals';
import { REPLY_TIMEOUT_MS, Subscriptions } from './subscriptions';
import { TakenChannels } from './taken-channels';
import { watchForTaken } from './unasked-replies';

/**
 * Makes the connections for sharded subscriptions (`shardedSubscribers`) get back what a server refuses for a time: ioredis asks once, with one
 * command for all channels of a slot, and not again until the connection or the topology changes. A client that has ended and connects
 * again gets messages, too. What a server takes because its slot has moved comes back from the node that has it by then. A client that was closed
 * is not asked for its slots any more, and no timer for that holds the process.
 *
 * Connections that are lost are opened again after one wait for all of them, which grows: ioredis begins with all of them for each one that could not be
 * opened, at once and once more later.
 *
 * @param onFailure - told why a connection could not be opened, or did not get back a subscription; either is tried again
 */
export function guardShardedSubscribers(cluster: Cluster, onFailure: (error: Error) => void): void {
  const subscriptions = new Subscriptions();
  const guarded = new WeakSet<Redis>();
  const { subscriberGroupEmitter: emitter } = clusterInternals(cluster);
  if (!emitter) {
    Object.assign(cluster, { ssubscribe: refuse, ssubscribeBuffer: refuse });
    return;
  }
  const taken = new TakenChannels(cluster, (channel) => subscriptions.wants('ssubscribe', channel));
  let failures = 0;
  let isMissing = false;
  let timer: NodeJS.Timeout | undefined;
  const isClosing = () => ['disconnecting', 'end'].includes(cluster.status);
  /** With the slots, ioredis opens what is not open. */
  const openAgain = () => {
    if (timer || isClosing()) {
      return;
    }
    const delay = failures === 0 ? 0 : backOff.call(emitter, failures);
    failures += 1;
    // There may be nothing else that keeps a process alive which waits for messages.
    timer = setTimeout(() => {
      timer = undefined;
      isMissing = cluster.status !== 'ready';
      if (!isMissing) {
        void findNodes(cluster).then(openMissing);
      }
    }, delay);
  };
  cluster.on('end', () => {
    clearTimeout(timer);
    timer = undefined;
  });
  const openMissing = () => {
    // Without the slots, and with a client that lost its connections meanwhile, ioredis makes none.
    const group = clusterInternals(cluster).shardedSubscribers!;
    if (cluster.status === 'ready' && (isMissing || group.shardedSubscribers.size === 0 || group.hasUnhealthySubscribers())) {
      openAgain();
    }
  };
  cluster.on('ready', openMissing);
  for (const event of ['-node', 'subscriberConnectFailed']) {
    emitter.listeners(event).forEach((listener) => emitter.off(event, listener as () => void));
  }
  emitter.on('-node', (connection: Redis, name: string) => {
    cluster.emit('-node', connection, name);
    openAgain();
  });
  emitter.on('subscriberConnectFailed', ({ error }: { error: Error }) => {
    const cause = trueCause(error);
    if (cause && !isClosing()) {
      onFailure(cause);
    }
    openAgain();
  });
  emitter.removeAllListeners = () => emitter;
  cluster.on('+subscriber', () => {
    for (const each of clusterInternals(cluster).shardedSubscribers!.shardedSubscribers.values()) {
      const connection = each.getInstance();
      if (connection && !guarded.has(connection)) {
        guarded.add(connection);
        guard(connection);
      }
    }
  });

  function guard(connection: Redis): void {
    subscriptions.follow(connection);
    watchForTaken(connection, (channel) => taken.add(channel));
    connection.on('ready', () => (failures = 0));
    connection.options.socketTimeout ??= REPLY_TIMEOUT_MS;
    // The channels have the prefix already.
    connection.options.keyPrefix = undefined;
    const asking = new Set<string>();
    // What callers subscribe to comes as a command; with the method, ioredis gets back what it has on its list, refused ones included.
    connection.ssubscribe = async (...channels: unknown[]) => {
      const missing = [...new Set(channels.map(String))].filter((channel) => !asking.has(channel));
      // One by one, so that ioredis can ask again for one that was granted while another is refused: its slot may go and come back.
      await Promise.all(missing.map(async (channel) => {
        asking.add(channel);
        const isDone = await subscriptions.insist(connection, 'ssubscribe', [channel], (error) => {
          taken.delete(channel);
          onFailure(error);
        });
        asking.delete(channel);
        if (isDone) {
          taken.delete(channel);
        }
      }));
    };
  }
}

/** Without connections of their own, ioredis would ask one node after the other, and pass on no message. */
function refuse(...args: unknown[]): Promise<never> {
  const refused = Promise.reject(new ConfigurationError('messages of shards need a client with the option "shardedSubscribers: true"'));
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    refused.catch((error) => callback(error));
  }
  return refused;
}
