import { ClusterPlan } from './plan';
import { ServerNode } from './server-node';
import { describe } from './template';

const INTERVAL = 50;

/**
 * Wait until every node serves, and lists every replica of every shard.
 *
 * A replica that has received nothing yet is not listed, though the cluster calls itself ok before.
 *
 * @param timeout in milliseconds
 * @throws when a server ends or time runs out, with the end of a log
 */
export async function waitUntilReady(plan: ClusterPlan, nodes: readonly ServerNode[], timeout: number): Promise<void> {
  const deadline = Date.now() + timeout;
  await Promise.all(nodes.map(async (node) => {
    for (;;) {
      const missing = await whatIsMissing(plan, node);
      if (missing === undefined) {
        return;
      }
      const ended = nodes.find((other) => !other.running);
      if (ended !== undefined || Date.now() > deadline) {
        const problem = ended === undefined ? `${missing} after ${timeout} ms` : 'its server has ended';
        const culprit = ended ?? node;
        throw new Error(
          `cluster "${plan.name}" (${describe(plan.located)}) did not start: node ${culprit.name}: ${problem}, ` +
          `the end of its log:\n${culprit.logTail()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }));
}

async function whatIsMissing(plan: ClusterPlan, node: ServerNode): Promise<string | undefined> {
  try {
    const info = String(await node.call('CLUSTER', 'INFO'));
    if (!info.includes('cluster_state:ok')) {
      return 'the cluster is not ok';
    }
    // Each entry: first slot, last slot, then the nodes of the shard.
    const slots = await node.call('CLUSTER', 'SLOTS') as unknown[][];
    const complete = slots.filter((entry) => entry.length === 2 + 1 + plan.replicas).length;
    return complete === plan.shards ? undefined : `${complete} of ${plan.shards} shards are complete`;
  } catch (error) {
    return (error as Error).message;
  }
}
