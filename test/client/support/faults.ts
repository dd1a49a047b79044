import type { LocalCluster, LocalNode } from '../../../src/local';

type SlotRange = [start: number, end: number, primary: [host: string, port: number]];

/** A shard: who was its primary and its replica at the start. */
export interface Shard {
  readonly primary: LocalNode;
  readonly replica: LocalNode;
  /** The slots that it had at the start. */
  readonly start: number;
  readonly end: number;
}

/** The shards of a cluster in the order of their slots. */
export async function shardsOf({ nodes }: LocalCluster): Promise<Shard[]> {
  const ranges = await nodes[0].call('CLUSTER', 'SLOTS') as SlotRange[];
  return ranges.sort(([a], [b]) => a - b).map(([start, end, [, port]]) => {
    const primary = nodes.find((node) => node.port === port)!;
    const replica = nodes.find((node) => node.shard === primary.shard && node !== primary)!;
    return { primary, replica, start, end };
  });
}

/**
 * Waits until a node takes writes.
 *
 * @param key - a key of its shard
 * @returns when it did, in milliseconds since the epoch
 */
export async function writable(node: LocalNode, key: string, timeout: number): Promise<number> {
  const until = Date.now() + timeout;
  while (Date.now() < until) {
    const reply = await node.call('SET', key, '1').catch(() => undefined);
    if (reply === 'OK') {
      return Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${node.name} takes no writes within ${timeout} ms`);
}

/** Moves slots with their keys from one primary to another, as a resharding does. */
export async function moveSlots(cluster: LocalCluster, from: LocalNode, to: LocalNode, slots: readonly number[]): Promise<void> {
  const [fromId, toId] = await Promise.all([from, to].map(async (node) => String(await node.call('CLUSTER', 'MYID'))));
  for (const slot of slots) {
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    await moveKeys(from, to, slot);
    for (const node of new Set([to, from, ...cluster.nodes.filter(({ role }) => role === 'primary')])) {
      await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    }
  }
}

/** Moves the keys of a slot that is on its way from one primary to another. */
export async function moveKeys(from: LocalNode, to: LocalNode, slot: number): Promise<void> {
  const [, user] = await from.call('CONFIG', 'GET', 'masteruser') as string[];
  const [, password] = await from.call('CONFIG', 'GET', 'masterauth') as string[];
  for (let keys = await keysIn(from, slot); keys.length > 0; keys = await keysIn(from, slot)) {
    await from.call('MIGRATE', to.host, to.port, '', 0, 5_000, 'AUTH2', user, password, 'KEYS', ...keys);
  }
}

async function keysIn(node: LocalNode, slot: number): Promise<string[]> {
  return await node.call('CLUSTER', 'GETKEYSINSLOT', slot, 100) as string[];
}
