import type { Cluster, Redis } from 'ioredis';
import { clusterInternals } from './internals';

/**
 * Has the end of a connection leave the one alone that has taken its place, as of a client that connects again while it is being closed. ioredis 5 forgets
 * that by the name of the node: nobody would close it.
 *
 * @param cluster - to which `node` has just been added
 */
export function leaveSuccessor(cluster: Cluster, node: Redis): void {
  const { connectionPool } = clusterInternals(cluster);
  const { removeNode } = Object.getPrototypeOf(connectionPool) as typeof connectionPool;
  const { host, port } = node.options;
  const own = `${host}:${port}`;
  // What ioredis does at the end comes between the two.
  node.prependOnceListener('end', () => {
    connectionPool.removeNode = (key) => {
      if (key !== own || connectionPool.nodes.all[key] === node) {
        removeNode.call(connectionPool, key);
      }
    };
  });
  node.once('end', () => delete (connectionPool as Partial<typeof connectionPool>).removeNode);
}
