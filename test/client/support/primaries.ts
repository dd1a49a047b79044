import type { Cluster } from 'ioredis';
import { expect } from 'vitest';
import type { LocalCluster, LocalNode } from '../../../src/local';

/** The nodes that are primaries now. */
export async function primariesOf({ nodes }: LocalCluster): Promise<LocalNode[]> {
  const roles = await Promise.allSettled(nodes.map((node) => node.call('ROLE')));
  return nodes.filter((_, i) => {
    const role = roles[i];
    return role.status === 'fulfilled' && (role.value as string[])[0] === 'master';
  });
}

/** Deletes everything. */
export async function flush(cluster: LocalCluster): Promise<void> {
  const primaries = await primariesOf(cluster);
  await Promise.all(primaries.map((node) => node.call('FLUSHALL')));
}

/** Waits until the replicas have everything that a client has written. */
export async function replicated(db: Cluster): Promise<void> {
  const primaries = db.nodes('master');
  await expect.poll(() => Promise.all(primaries.map((node) => node.wait(1, 500))), { timeout: 20_000 }).toEqual(primaries.map(() => 1));
}

/** How many commands of a name the primaries have got since their statistics were reset. */
export async function callsOf(cluster: LocalCluster, name: string): Promise<number> {
  const primaries = await primariesOf(cluster);
  const stats = await Promise.all(primaries.map((node) => node.call('INFO', 'commandstats')));
  return stats.reduce<number>((sum, text) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(String(text))?.[1] ?? 0), 0);
}
