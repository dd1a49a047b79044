import type { Cluster, Redis } from 'ioredis';
import { blockingTime } from './deadline';
import { clusterInternals, nodeInternals, subscribers } from './internals';

/** Slots from the first to the last, and the nodes that serve them, the primary first, each with its host and port. */
type SlotsReply = readonly (readonly [first: number, last: number, ...nodes: (readonly [host: string | null, port: number])[]])[];

/**
 * Looks every `slotsRefreshInterval` whether a node names other nodes for the slots than the client goes by, and refreshes them only then.
 *
 * ioredis would open a connection each time. That is a handshake and a sign-in to the servers for every client, and to Node.js objects of
 * another shape, for which it drops what it has compiled for those that are there: commands cost about ten percent more from then on.
 */
export function watchSlots(cluster: Cluster): void {
  const internals = clusterInternals(cluster);
  let asking = false;
  const look = async () => {
    // Connections for subscriptions that are gone are looked after with every refresh.
    const isUp = subscribers(cluster).every(({ status }) => status === 'ready' || status === 'wait');
    const node = isUp && !asking ? anyOf(cluster.nodes().filter(answersSoon)) : undefined;
    let same = false;
    if (node) {
      asking = true;
      same = await (node.cluster('SLOTS') as Promise<unknown>).then((reply) => isKnown(cluster, reply as SlotsReply), () => false);
      asking = false;
    }
    if (!same) {
      cluster.refreshSlotsCache();
    }
  };
  internals.resetNodesRefreshInterval = () => {
    const { slotsRefreshInterval } = cluster.options;
    if (slotsRefreshInterval) {
      // ioredis ends it.
      internals.slotsTimer ??= setInterval(() => void look(), slotsRefreshInterval);
    }
  };
}

function anyOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}

/** A node with a blocking command answers when that is done. */
function answersSoon(node: Redis): boolean {
  return node.status === 'ready' && nodeInternals(node).commandQueue.toArray().every(({ command }) => blockingTime(command) === 0);
}

/** Whether a client goes by what a node says, and has connections to all of the nodes and no others. */
function isKnown(cluster: Cluster, reply: SlotsReply): boolean {
  const named = new Set<string>();
  for (const [first, last, ...nodes] of reply) {
    const names = nodes.filter(([host]) => host).map(([host, port]) => `${host}:${port}`);
    names.forEach((name) => named.add(name));
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
  const connected = cluster.nodes().map(({ options: { host, port } }) => `${host}:${port}`);
  return connected.length === named.size && connected.every((name) => named.has(name));
}

/** Whether two lists have the same primary, which is the first, and the same replicas in any order. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one[0] === other[0] && one.every((name) => other.includes(name));
}
