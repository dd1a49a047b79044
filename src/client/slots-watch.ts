import type { Cluster } from 'ioredis';
import { MAX_TIMER_MS } from './deadline';
import { clusterInternals, subscribers } from './internals';
import { anyToAsk } from './nodes-to-ask';

/** Slots from the first to the last, and the nodes that serve them, the primary first, each with its host and port. */
export type SlotsReply = readonly (readonly [first: number, last: number, ...nodes: (readonly [host: string | null, port: number])[]])[];

/** One look in so many refreshes the slots whatever a node says: those that the client is connected to may know less than the others. */
const REFRESH_EVERY = 20;

/**
 * Looks every `slotsRefreshInterval` whether a node names other nodes for the slots than the client goes by, and refreshes them if so.
 *
 * ioredis would open a connection each time. That is a handshake and a sign-in to the servers for every client, and to Node.js objects of
 * another shape, for which it drops what it has compiled for those that are there: commands cost about ten percent more from then on.
 */
export class SlotsWatch {
  readonly #cluster: () => Cluster;
  readonly #onSame: () => void;
  readonly #beforeDistrust: () => void;
  #timer?: NodeJS.Timeout;
  #looks = 0;
  #asking = false;
  /** What the client goes by has been edited for a redirection since the last refresh that succeeded. */
  #stale = false;

  /**
   * @param cluster - may not be there yet
   * @param onSame - told of every look that found no change
   * @param beforeDistrust - told of every refresh that is not to believe the nodes that the client is connected to
   */
  constructor(cluster: () => Cluster, onSame: () => void, beforeDistrust: () => void) {
    this.#cluster = cluster;
    this.#onSame = onSame;
    this.#beforeDistrust = beforeDistrust;
  }

  /** Takes the place of the timer of ioredis, before the client is connected. */
  replaceTimer(): void {
    clusterInternals(this.#cluster()).resetNodesRefreshInterval = () => undefined;
  }

  start(): void {
    const { slotsRefreshInterval } = this.#cluster().options;
    if (slotsRefreshInterval && slotsRefreshInterval <= MAX_TIMER_MS) {
      this.#timer = setInterval(() => void this.#look(), slotsRefreshInterval).unref();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Follows a refresh that begins, after which the client may go by what is not so if it fails. */
  refreshing(): void {
    this.#stale = true;
  }

  refreshed(): void {
    this.#stale = false;
  }

  async #look(): Promise<void> {
    const cluster = this.#cluster();
    if (cluster.status !== 'ready') {
      return;
    }
    this.#looks += 1;
    const distrusts = this.#looks % REFRESH_EVERY === 0;
    const same = !distrusts && await this.#isSame(cluster);
    if (cluster.status !== 'ready') {
      return;
    }
    if (same) {
      this.#onSame();
    } else {
      if (distrusts) {
        this.#beforeDistrust();
      }
      cluster.refreshSlotsCache();
    }
  }

  async #isSame(cluster: Cluster): Promise<boolean> {
    // Connections for subscriptions that are gone are looked after with every refresh.
    const isUp = subscribers(cluster).every(({ status }) => status === 'ready' || status === 'wait');
    const node = anyToAsk(cluster);
    if (this.#asking || !isUp || !node) {
      return false;
    }
    this.#asking = true;
    try {
      return isKnown(cluster, await node.cluster('SLOTS') as unknown as SlotsReply) && !this.#stale;
    } catch {
      return false;
    } finally {
      this.#asking = false;
    }
  }
}

/** With the option `stringNumbers`, the numbers of slots are texts, which are in another order. */
export function inNumbers(reply: SlotsReply): SlotsReply {
  return reply.map(([first, last, ...nodes]) => [Number(first), Number(last), ...nodes]);
}

/** Whether a client goes by what a node says, and has connections to all of the nodes, in their roles, and to no others. */
export function isKnown(cluster: Cluster, reply: SlotsReply): boolean {
  const replicas = new Map<string, boolean>();
  for (const [first, last, ...nodes] of inNumbers(reply)) {
    const names = nodes.filter(([host]) => host).map(([host, port]) => nameOf(clusterInternals(cluster).natMapper({ host: host!, port })));
    names.forEach((name, index) => replicas.set(name, index > 0));
    let checked: readonly string[] | undefined;
    for (let slot = first; slot <= last; slot++) {
      const known = cluster.slots[slot];
      // The slots of a range share one list.
      if (known === undefined || known !== checked && !isSame(known, names)) {
        return false;
      }
      checked = known;
    }
  }
  const connected = cluster.nodes();
  return connected.length === replicas.size && connected.every(({ options }) => replicas.get(nameOf(options)) === Boolean(options.readOnly));
}

function nameOf({ host, port }: { readonly host?: string; readonly port?: number }): string {
  return `${host}:${port}`;
}

/** Whether two lists have the same primary, which is the first, and the same replicas in any order. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one[0] === other[0] && one.length === other.length && new Set([...one, ...other]).size === other.length;
}
