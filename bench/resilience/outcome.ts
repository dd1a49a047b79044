import type { Fault } from './scenarios';
import type { Operation } from '../apps/traffic';

/** What became of one client in one scenario. */
export interface Outcome {
  readonly operations: number;
  /** Operations that failed. */
  readonly errors: number;
  /** Those of them on shards that nothing was done to. */
  readonly errorsElsewhere: number;
  /** Operations that were still waiting long after the traffic had ended. */
  readonly hanging: number;
  /**
   * From the moment the servers could work again to the client's first success, in milliseconds; undefined for never. Where it writes,
   * that is a write, since a read may come from a replica that was there all the time. The slowest shard counts.
   */
  readonly recovery: number | undefined;
  /** The longest time without such a success on the shard, in milliseconds. */
  readonly gap: number;
  /** The 99th percentile of the latency on shards that nothing was done to, in milliseconds; undefined when it was done to all. */
  readonly p99Elsewhere: number | undefined;
  /** Acknowledged writes that are gone; undefined when all data is. */
  readonly lost: number | undefined;
  /** The most frequent error. */
  readonly reason: string;
}

/**
 * @param shardOf - the number of the shard that a key belonged to at the start
 * @param lost - acknowledged writes that are gone
 */
export function outcomeOf(operations: readonly Operation[], fault: Fault, shardOf: (key: string) => number, lost: number | undefined): Outcome {
  const { at, healed, shard } = fault;
  const hit = (operation: Operation) => shard === undefined || shardOf(operation.key) === shard;
  const failed = operations.filter(({ error }) => error !== undefined);
  const succeeded = operations.filter((operation) => operation.end !== undefined && operation.error === undefined);
  const writes = operations.some(({ write }) => write);
  const ends = new Map<number, number[]>();
  for (const operation of succeeded.filter((candidate) => hit(candidate) && candidate.write === writes)) {
    const number = shardOf(operation.key);
    ends.set(number, (ends.get(number) ?? []).concat(operation.end!));
  }
  const perShard = [...ends.values()].map((times) => times.sort((a, b) => a - b));
  const elsewhere = succeeded.filter((operation) => !hit(operation) && operation.start >= at).map(({ start, end }) => end! - start);
  const firsts = perShard.map((times) => times.find((end) => end >= healed));
  const until = Math.max(...operations.map(({ start }) => start));
  return {
    operations: operations.length,
    errors: failed.length,
    errorsElsewhere: failed.filter((operation) => !hit(operation)).length,
    hanging: operations.filter(({ end }) => end === undefined).length,
    recovery: firsts.some((first) => first === undefined) ? undefined : Math.max(...firsts.map((first) => first! - healed)),
    gap: Math.max(...perShard.map((times) => longestGap([...times, until], at))),
    p99Elsewhere: elsewhere.length > 0 ? percentile(elsewhere, 0.99) : undefined,
    lost,
    reason: mostFrequent(failed.map(({ error }) => error!)),
  };
}

function longestGap(ends: readonly number[], at: number): number {
  let longest = 0;
  for (let i = 1; i < ends.length; i++) {
    if (ends[i] >= at) {
      longest = Math.max(longest, ends[i] - ends[i - 1]);
    }
  }
  return longest;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function mostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  texts.forEach((text) => counts.set(text, (counts.get(text) ?? 0) + 1));
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}
