import type { Cluster, Redis } from 'ioredis';
import { blockingTime } from './deadline';
import { nodeInternals } from './internals';
import { isInTransaction } from './open-transactions';

/** A random one of the nodes that answer a question of the client soon, over a connection that is there. */
export function anyToAsk(cluster: Cluster, filter: (node: Redis) => boolean = () => true): Redis | undefined {
  const nodes = cluster.nodes().filter((node) => answersSoon(node) && filter(node));
  return nodes[Math.floor(Math.random() * nodes.length)];
}

/** A node with a blocking command answers when that is done, and one in a transaction does not answer. */
function answersSoon(node: Redis): boolean {
  const { commandQueue } = nodeInternals(node);
  return node.status === 'ready' && !isInTransaction(node) && commandQueue.toArray().every(({ command }) => blockingTime(command) === 0);
}
