import type { SlotRange } from './events';

/** Who serves the slots: ranges in ascending order, each with its primary as `host:port`. */
export type Topology = readonly (SlotRange & { readonly primary: string })[];

/** The slots of a shard whose primary is another node now. */
export interface Failover {
  readonly from: string;
  readonly to: string;
  readonly slots: SlotRange[];
}

/** @param slots - by slot, the nodes that serve it, the primary first */
export function topologyOf(slots: readonly (readonly string[] | undefined)[]): Topology {
  const ranges: { start: number; end: number; primary: string }[] = [];
  let last: { start: number; end: number; primary: string } | undefined;
  for (let slot = 0; slot < slots.length; slot++) {
    const primary = slots[slot]?.[0];
    if (primary !== undefined && last?.primary === primary && last.end === slot - 1) {
      last.end = slot;
    } else if (primary !== undefined) {
      ranges.push(last = { start: slot, end: slot, primary });
    }
  }
  return ranges;
}

/** The primaries of a cluster, each once. */
export function primariesOf(topology: Topology): string[] {
  return [...new Set(topology.map(({ primary }) => primary))];
}

/**
 * The slots that have changed hands.
 *
 * It was a failover where the former primary serves nothing any more and the new one served nothing before; otherwise slots were
 * migrated from one shard to another.
 */
export function compare(before: Topology, after: Topology): { moved: number; failovers: Failover[] } {
  const formerly = new Set(primariesOf(before));
  const now = new Set(primariesOf(after));
  const failovers = new Map<string, Failover>();
  let moved = 0;
  let next = 0;
  for (const old of before) {
    while (next < after.length && after[next].end < old.start) {
      next += 1;
    }
    for (let i = next; i < after.length && after[i].start <= old.end; i++) {
      const { primary: to } = after[i];
      const { primary: from } = old;
      const slots = { start: Math.max(old.start, after[i].start), end: Math.min(old.end, after[i].end) };
      if (from === to) {
        continue;
      }
      moved += slots.end - slots.start + 1;
      if (!now.has(from) && !formerly.has(to)) {
        const failover = failovers.get(`${from} ${to}`) ?? { from, to, slots: [] };
        failover.slots.push(slots);
        failovers.set(`${from} ${to}`, failover);
      }
    }
  }
  return { moved, failovers: [...failovers.values()] };
}
