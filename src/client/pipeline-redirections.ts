import type { Command } from 'ioredis';
import { blockingTime } from './deadline';
import { isLookalike } from './failure';
import type { PipelineInternals } from './internals';
import { hasExecutedNothing, KeptOrder } from './kept-order';
import { isOfTransaction } from './open-transactions';
import { keysOf } from './repeatable';

/** What the first commands of pipelines give that are followed already: with a retry, ioredis makes them give something new. */
const followed = new WeakSet<Promise<unknown>>();

/** How the commands of a pipeline are sent again. */
export interface RedirectionsContext {
  /** Whether commands are sent again each by itself, unless ioredis has to deal with the pipeline. */
  readonly follows: boolean;
  /** Gives a command to the cluster. */
  send(command: Command): void;
  /** Told that no command is waiting for the node any more, and that some that it refused are sent again. */
  onReplied(): void;
}

/** A command that was refused. */
interface Refusal {
  readonly error: Error;
  readonly reject: (error: Error) => void;
}

/**
 * Sends those commands of a pipeline again, each by itself, that the server has refused because it is not the one for them, when it has executed
 * others. ioredis would give the caller the redirection if one of those has written something, and do all of them again if they have only read:
 * where a slot goes to, which has not all of its keys yet, or nowhere, since the keys are no longer together.
 *
 * What was refused as a whole is for ioredis to send again as a whole, and so is a pipeline with a transaction or with a command that blocks, or
 * one in which a command was refused whose keys ioredis does not know.
 *
 * A command stays refused when a later one has been executed for a key of it, unless both only read: it would come after that one now.
 */
export function followRedirections(pipeline: PipelineInternals, { follows, send, onReplied }: RedirectionsContext): void {
  const commands = pipeline._queue;
  if (commands.length === 0 || followed.has(commands[0].promise)) {
    return;
  }
  followed.add(commands[0].promise);
  if (!follows || commands.some(isForIoredis)) {
    keepAnswers(pipeline);
    return;
  }
  const refusals = new Map<Command, Refusal>();
  const missing = new Set(commands);
  let isOver = false;

  function replied(command: Command): void {
    missing.delete(command);
    if (missing.size > 0 || isOver) {
      return;
    }
    isOver = true;
    if (refusals.size === 0) {
      return;
    }
    const [{ error: { message } }] = refusals.values();
    const isWhole = refusals.size === commands.length && [...refusals.values()].every(({ error }) => error.message === message);
    if (isWhole || [...refusals.keys()].some((refused) => keysOf(refused).length === 0)) {
      refusals.forEach(({ error, reject }) => reject(error));
      return;
    }
    // What the commands get from now on is theirs.
    pipeline.isCluster = false;
    onReplied();
    const order = new KeptOrder(commands, send, (overtaken, error) => refusals.get(overtaken)!.reject(error));
    for (const [refused, { error }] of refusals) {
      order.refused(refused, error);
    }
  }

  for (const command of commands) {
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      const result = resolve.call(command, reply);
      replied(command);
      return result;
    };
    command.reject = (error) => {
      if (!isOver && missing.has(command) && hasExecutedNothing(error)) {
        refusals.set(command, { error, reject: (latest) => reject.call(command, latest) });
        replied(command);
      } else {
        pipeline.isCluster &&= !isLookalike(error);
        reject.call(command, error);
        replied(command);
      }
    };
  }
}

/**
 * Leaves the caller of a pipeline the answers that have come when others of its commands were sent to a node that their slot is on its way to: ioredis
 * would have that node answer all of them, also for keys that it does not have yet.
 */
function keepAnswers(pipeline: PipelineInternals): void {
  let isAnswered = false;
  let isAsked = false;
  const note = () => {
    if (isAnswered && isAsked) {
      pipeline.isCluster = false;
    }
  };
  for (const command of pipeline._queue) {
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      isAnswered ||= !command.inTransaction && command.name !== 'asking';
      note();
      return resolve.call(command, reply);
    };
    command.reject = (error) => {
      isAsked ||= error.message.startsWith('ASK ');
      pipeline.isCluster &&= !isLookalike(error);
      note();
      reject.call(command, error);
    };
  }
}

/** A command that blocks may have a time limit of ioredis, which goes on while it is held back. */
function isForIoredis(command: Command): boolean {
  return isOfTransaction(command) || /^(discard|watch)$/i.test(command.name) || blockingTime(command) > 0;
}
