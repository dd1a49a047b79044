import { Command } from 'ioredis';
import type { Cluster } from 'ioredis';
import { backOff } from './back-off';
import { findNodes } from './cluster-slots';
import { clusterInternals, commandInternals } from './internals';

/**
 * Channels that a server has taken from a connection because their slots have moved. Until they are back, the client asks who serves which slot, and
 * then there: the first node that it asks may not know yet, and a slot may be back where it was, which is no change to ioredis.
 */
export class TakenChannels {
  readonly #cluster: Cluster;
  readonly #isWanted: (channel: string) => boolean;
  readonly #channels = new Set<string>();
  #timer?: NodeJS.Timeout;

  /** @param isWanted - whether nobody has given up a channel */
  constructor(cluster: Cluster, isWanted: (channel: string) => boolean) {
    this.#cluster = cluster;
    this.#isWanted = isWanted;
    cluster.on('ready', () => this.#search());
    cluster.on('end', () => this.#stop());
  }

  add(channel: string): void {
    if (this.#isWanted(channel)) {
      this.#channels.add(channel);
      this.#search();
    }
  }

  /** A server that serves its slot has answered. */
  delete(channel: string): void {
    this.#channels.delete(channel);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#channels.clear();
  }

  #search(): void {
    if (this.#timer || this.#channels.size === 0 || this.#cluster.status !== 'ready') {
      return;
    }
    const timer = setTimeout(() => void findNodes(this.#cluster).then(() => {
      if (this.#timer === timer) {
        this.#timer = undefined;
        this.#ask();
        this.#search();
      }
    }), backOff.call(this, 1));
    this.#timer = timer;
  }

  #ask(): void {
    const { shardedSubscribers } = clusterInternals(this.#cluster).shardedSubscribers!;
    for (const channel of this.#channels) {
      const slot = commandInternals(new Command('ssubscribe', [channel])).getSlot()!;
      const [name] = this.#cluster.slots[slot] ?? [];
      const connection = shardedSubscribers.get(name)?.getInstance();
      if (!this.#isWanted(channel)) {
        this.#channels.delete(channel);
      } else if (connection?.status === 'ready') {
        connection.ssubscribe(channel).catch(() => undefined);
      }
    }
  }
}
