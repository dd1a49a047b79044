import type { Cluster, Command, Redis } from 'ioredis';
import { blockingTime } from './deadline';
import { nodeInternals } from './internals';
import { isInTransaction } from './open-transactions';

/** A random one of the nodes that answer a question of the client soon, over a connection that is there. */
export function anyToAsk(cluster: Cluster, filter: (node: Redis) => boolean = () => true): Redis | undefined {
  const nodes = cluster.nodes().filter((node) => answersSoon(node) && filter(node));
  return nodes[Math.floor(Math.random() * nodes.length)];
}

/** The commands that keep nodes from answering others, because they block. */
export function blockingCommands(cluster: Cluster): Command[] {
  const first = cluster.nodes().map((node) => nodeInternals(node).commandQueue.peekFront()?.command);
  return first.filter((command) => command !== undefined && blockingTime(command) > 0) as Command[];
}

/** A node with a blocking command answers when that is done, and one in a transaction does not answer. */
function answersSoon(node: Redis): boolean {
  const { commandQueue } = nodeInternals(node);
  return node.status === 'ready' && !isInTransaction(node) && commandQueue.toArray().every(({ command }) => blockingTime(command) === 0);
}
