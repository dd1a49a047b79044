import type { Cluster, Command, Redis } from 'ioredis';
import { guardNode } from './node-guard';

/** The part of an ioredis cluster that its typings hide: what keeps one connection for subscriptions. */
interface SubscriberInternals {
  lastActiveSubscriber?: { readonly connector: { stream?: { readonly destroyed: boolean } } };
  getInstance(): Redis | null;
  selectSubscriber(): void;
}

/**
 * Makes the connection for subscriptions, which is not one of the nodes, fit for deadlines and long outages.
 *
 * With every attempt to replace a lost connection, ioredis disconnects the last one that worked once more, and each time leaves a
 * listener and a timer with its dead socket: a warning on the console after eleven attempts.
 *
 * @param abandoned - the commands whose callers were told that they failed
 */
export function guardSubscriber(cluster: Cluster, abandoned: WeakSet<Command>): void {
  const { subscriber } = cluster as unknown as { subscriber: SubscriberInternals };
  const select = subscriber.selectSubscriber;
  subscriber.selectSubscriber = () => {
    const last = subscriber.lastActiveSubscriber?.connector;
    if (last?.stream?.destroyed) {
      last.stream = undefined;
    }
    select.call(subscriber);
    const connection = subscriber.getInstance();
    if (connection) {
      guardNode(connection, abandoned);
    }
  };
}
