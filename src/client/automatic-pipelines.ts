import { Command } from 'ioredis';
import type { ChainableCommander, Cluster } from 'ioredis';
import { callersOf, clusterInternals, pipelineInternals } from './internals';

/**
 * What keeps others waiting besides what ioredis knows to block, what belongs on a connection for subscriptions besides what it leaves out by itself, and what
 * is refused.
 */
const MORE = ['wait', 'waitaof', 'punsubscribe', 'ssubscribe', 'sunsubscribe', 'reset'];

/**
 * The names of what is not put into pipelines, as callers may write them.
 *
 * @param names - what the caller wants to have left out
 */
export function ignoredCommands(names: readonly string[] = []): string[] {
  const alone = [...Command.FLAGS.BLOCKING_COMMANDS, ...MORE];
  // Of the first two, ioredis knows `multi` only: refusing it would fail what others have put into the same pipeline, and `exec` would execute that.
  return [...new Set([...names, 'MULTI', 'exec', ...alone, ...alone.map((name) => name.toUpperCase())])];
}

/**
 * Keeps the callers of one pipeline that ioredis makes by itself (`enableAutoPipelining`) together with their commands. A call that throws has no command, and
 * yet a place among those who wait: everyone behind it would get the reply of another one.
 */
export function alignCallers(pipeline: ChainableCommander): void {
  const internals = pipelineInternals(pipeline);
  const { exec } = pipeline;
  const { _queue: commands, sendCommand } = internals;
  let callers: unknown[] | undefined;
  const drop = (waiting: number) => callers?.splice(commands.length, callers.length - commands.length - waiting);
  internals.sendCommand = (command) => {
    callers ??= callersOf(pipeline);
    // The last one is the caller of this command.
    drop(1);
    return sendCommand.call(pipeline, command);
  };
  pipeline.exec = (...args: Parameters<typeof exec>) => {
    drop(0);
    // For a retry, ioredis adds the commands once more.
    internals.sendCommand = sendCommand;
    callers = undefined;
    return exec.apply(pipeline, args);
  };
}

/** Lets the pipelines that are being put together know a command that is added to a client in use. */
export function addToPipelines(cluster: Cluster, name: string): void {
  const commands = cluster as unknown as Record<string, unknown>;
  for (const pipeline of clusterInternals(cluster)._autoPipelines.values()) {
    Object.assign(pipeline, { [name]: commands[name], [`${name}Buffer`]: commands[`${name}Buffer`] });
  }
}
