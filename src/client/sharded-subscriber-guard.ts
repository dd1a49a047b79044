import type { Cluster, Redis } from 'ioredis';
import { clusterInternals } from './internals';
import { Subscriptions } from './subscriptions';

/**
 * Makes the connections for sharded subscriptions (`shardedSubscribers`) get back what a server refuses for a time: ioredis asks once, with one
 * command for all channels of a slot, and not again until the connection or the topology changes. A client that has ended and connects
 * again gets messages, too.
 *
 * @param onFailure - told why a connection did not get back a subscription, for which it asks again
 */
export function guardShardedSubscribers(cluster: Cluster, onFailure: (error: Error) => void): void {
  const subscriptions = new Subscriptions();
  const guarded = new WeakSet<Redis>();
  const { subscriberGroupEmitter: emitter } = clusterInternals(cluster);
  if (emitter) {
    emitter.removeAllListeners = () => emitter;
  }
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
    const asking = new Set<string>();
    // What callers subscribe to comes as a command; with the method, ioredis gets back what it has on its list, refused ones included.
    connection.ssubscribe = async (...channels: unknown[]) => {
      const missing = [...new Set(channels.map(String))].filter((channel) => !asking.has(channel));
      // One by one, so that ioredis can ask again for one that was granted while another is refused: its slot may go and come back.
      await Promise.all(missing.map(async (channel) => {
        asking.add(channel);
        await subscriptions.insist(connection, 'ssubscribe', [channel], onFailure);
        asking.delete(channel);
      }));
    };
  }
}
