import type { ClusterOptions, Command, Redis } from 'ioredis';
import { ConfigurationError } from './errors';
import { isReadable } from './node-guard';
import { doesNotOnlyRead } from './repeatable';

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

/** What the option `scaleReads` of ioredis may be. */
type ScaleReads = ClusterOptions['scaleReads'];

/** Single commands that are sent as a part of something that reads what it writes. */
const forPrimary = new WeakSet<Command>();

/** Keeps a command from being sent to a replica. */
export function keepOnPrimary(command: Command): void {
  forPrimary.add(command);
}

/** `slave` of ioredis also sends reads to a replica that is not connected, and fails them when it is down. */
const choose = (includePrimary: boolean): ScaleReads => ([primary, ...replicas]: (Redis | undefined)[], command: Command) => {
  // ioredis sends a whole pipeline where its first command goes; if another one writes, all of it would be redirected.
  if (command.pipelineIndex !== undefined || forPrimary.has(command)) {
    return primary;
  }
  const ready = replicas.filter((node): node is Redis => {
    if (node?.status === 'wait') {
      node.connect().catch(() => undefined);
    }
    return node?.status === 'ready' && isReadable(node);
  });
  if (includePrimary && primary) {
    ready.push(primary);
  }
  return ready.length ? ready : primary;
};

const SCALE_READS: Readonly<Record<ReadFrom, ScaleReads>> = { primary: 'master', replica: choose(false), any: choose(true) };

/** The `scaleReads` option for a choice. */
export function scaleReads(readFrom: ReadFrom): ScaleReads {
  return SCALE_READS[readFrom];
}

/**
 * Whether a command may go to a replica.
 *
 * @param chosen - the `scaleReads` option, which decides over pipelines if it is the caller's own
 */
export function isForReplica(command: Command, chosen: ScaleReads): boolean {
  // For all commands of a pipeline alike: it is not written before all of them have come.
  if (command.pipelineIndex !== undefined) {
    return !Object.values(SCALE_READS).includes(chosen);
  }
  // With CLUSTER INFO, ioredis finds out whether the cluster is ready; every node tells.
  if (command.name === 'cluster') {
    return true;
  }
  // The caller's own choice knows of none that has to go to the primary.
  if (chosen === SCALE_READS.primary || forPrimary.has(command) && Object.values(SCALE_READS).includes(chosen)) {
    return false;
  }
  return !doesNotOnlyRead(command);
}

/** @throws ConfigurationError when another option would have its way over where reads go */
export function checkReads(readFrom: ReadFrom, { scaleReads: other, enableAutoPipelining }: ClusterOptions): void {
  if (readFrom !== 'primary' && other !== undefined && other !== SCALE_READS[readFrom]) {
    throw new ConfigurationError(`readFrom is ${JSON.stringify(readFrom)} although scaleReads is given: both say where reads go, so leave one of them out`);
  }
  if (readFrom !== 'primary' && enableAutoPipelining) {
    throw new ConfigurationError(
      `readFrom is ${JSON.stringify(readFrom)} although enableAutoPipelining is true: what is sent in pipelines goes to the primary, so leave one of them out`,
    );
  }
}
