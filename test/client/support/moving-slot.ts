import { primariesOf } from './primaries';
import type { LocalCluster, LocalNode } from '../../../src/local';

/** A slot on its way from one primary to another. */
export interface MovingSlot {
  readonly from: LocalNode;
  readonly to: LocalNode;
  /** Gives the slot to its new owner; keys that the old one still has are lost, so there should be none. */
  finish(): Promise<void>;
}

/**
 * Starts to move a slot: the owner sends clients on for keys that it does not have, and refuses commands of which it has some keys only.
 *
 * @param destination - `host:port` of the new owner
 */
export async function startMove(cluster: LocalCluster, slot: number, destination?: string): Promise<MovingSlot> {
  const primaries = await primariesOf(cluster);
  const owners = await Promise.all(primaries.map((node) => owns(node, slot)));
  const from = primaries[owners.indexOf(true)];
  const to = primaries.find((node, i) => !owners[i] && (destination === undefined || destination === `${node.host}:${node.port}`))!;
  const [fromId, toId] = await Promise.all([from, to].map(async (node) => String(await node.call('CLUSTER', 'MYID'))));
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  return {
    from,
    to,
    async finish() {
      for (const node of [to, from, ...primaries.filter((other) => other !== to && other !== from)]) {
        await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
      }
    },
  };
}

type SlotRange = [start: number, end: number, primary: [host: string, port: number]];

async function owns(node: LocalNode, slot: number): Promise<boolean> {
  const ranges = await node.call('CLUSTER', 'SLOTS') as SlotRange[];
  return ranges.some(([start, end, [, port]]) => start <= slot && slot <= end && port === node.port);
}
