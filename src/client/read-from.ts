import type { ClusterOptions, Command, Redis } from 'ioredis';
import { isReadable } from './node-guard';

/**
 * Where commands that only read are sent.
 *
 * - `primary`: to the primary of the shard, which has every acknowledged write
 * - `replica`: to a replica of the shard, which may lag behind; to the primary while no replica is connected
 * - `any`: to any node of the shard
 */
export type ReadFrom = 'primary' | 'replica' | 'any';

/** Every value of {@link ReadFrom}. */
export const READ_FROM: readonly ReadFrom[] = ['primary', 'replica', 'any'];

/**
 * The `scaleReads` option for a choice.
 *
 * `slave` of ioredis also sends reads to a replica that is not connected, and fails them when it is down.
 */
export function scaleReads(readFrom: ReadFrom): ClusterOptions['scaleReads'] {
  if (readFrom === 'primary') {
    return 'master';
  }
  return ([primary, ...replicas]: (Redis | undefined)[], command: Command) => {
    // ioredis sends a whole pipeline where its first command goes; if another one writes, all of it would be redirected.
    if (command.pipelineIndex !== undefined) {
      return primary;
    }
    const ready = replicas.filter((node): node is Redis => {
      if (node?.status === 'wait') {
        node.connect().catch(() => undefined);
      }
      return node?.status === 'ready' && isReadable(node);
    });
    if (readFrom === 'any' && primary) {
      ready.push(primary);
    }
    return ready.length ? ready : primary;
  };
}
