import type { Command } from 'ioredis';
import { isRefusal } from './failure';
import { commandInternals } from './internals';

/** The replies to a pipeline, in the order of its commands. */
export type PipelineReplies = [error: Error | null, reply: unknown][] | null;

/** Replies with which a server executes nothing, because another one serves the slot, or will. */
const REDIRECTION = /^(MOVED|ASK|TRYAGAIN) /;

/**
 * Sends those commands of a pipeline again, each by itself, that the server has refused because it is not the one for them. ioredis does
 * that for a pipeline as a whole only, and gives the caller the redirection if another command of it has written something.
 *
 * One stays refused when a later one has been executed for a key of it, which it would overtake now.
 *
 * @param queue - the commands of the pipeline
 * @param send - gives a command to the cluster
 */
export async function followRedirections(
  queue: readonly Command[], replies: PipelineReplies, send: (command: Command) => unknown,
): Promise<PipelineReplies> {
  if (!replies?.some(([error]) => error && isElsewhere(error))) {
    return replies;
  }
  const commands = queue.filter(({ ignore }) => !ignore);
  const refused = notOvertaken(commands, replies);
  const again = refused.map((index) => {
    const command = commands[index];
    commandInternals(command).initPromise();
    send(command);
    return command.promise.then((reply) => [null, reply] as const, (error: Error) => [error] as const);
  });
  const results = await Promise.all(again);
  return replies.map((reply, index) => results[refused.indexOf(index)] ?? reply) as PipelineReplies;
}

function isElsewhere(error: Error): boolean {
  return REDIRECTION.test(error.message) || isRefusal(error);
}

/** The positions of the commands that can be sent again. */
function notOvertaken(commands: readonly Command[], replies: NonNullable<PipelineReplies>): number[] {
  const executed = new Set<string>();
  const positions: number[] = [];
  for (let index = commands.length - 1; index >= 0; index--) {
    const command = commands[index];
    const [error] = replies[index];
    const keys = command.getKeys().map(String);
    if (!error || !isElsewhere(error)) {
      keys.forEach((key) => executed.add(key));
    } else if (!command.inTransaction && !keys.some((key) => executed.has(key))) {
      positions.unshift(index);
    }
  }
  return positions;
}
