import type { Command } from 'ioredis';
import { blockingTime } from './deadline';
import { isElsewhere, isLookalike, isRefusal, isSplit } from './failure';
import type { PipelineInternals } from './internals';
import { isOfTransaction } from './open-transactions';
import { keysOf } from './repeatable';

/** How a reply begins that names another node. */
const REDIRECTION = /^(MOVED|ASK) /;

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
  readonly reject: () => void;
}

/** A command that is sent again. */
interface Sent {
  readonly kind: string | undefined;
  readonly keys: readonly string[];
  /** Whether it is on its way, and not behind another one. */
  readonly isUnderWay: boolean;
  readonly done: Promise<void>;
}

/**
 * Sends those commands of a pipeline again, each by itself, that the server has refused because it is not the one for them, when it has executed
 * others. ioredis would give the caller the redirection if one of those has written something, and do all of them again if they have only read:
 * where a slot goes to, which has not all of its keys yet, or nowhere, since the keys are no longer together.
 *
 * What was refused as a whole is for ioredis to send again as a whole, and so is a pipeline with a transaction or with a command that blocks, or
 * one in which a command was refused whose keys ioredis does not know.
 *
 * A command stays refused when a later one has been executed for a key of it, which it would overtake now.
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
      refusals.forEach(({ reject }) => reject());
      return;
    }
    // What the commands get from now on is theirs.
    pipeline.isCluster = false;
    onReplied();
    sendAgain(commands.filter((each) => refusals.has(each)), refusals, notOvertaken(commands, refusals), send);
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
        refusals.set(command, { error, reject: () => reject.call(command, error) });
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

function hasExecutedNothing(error: Error): boolean {
  return isElsewhere(error) || isSplit(error) || isRefusal(error);
}

/** The commands that can be sent again. */
function notOvertaken(commands: readonly Command[], refusals: ReadonlyMap<Command, Refusal>): ReadonlySet<Command> {
  const executed = new Set<string>();
  const result = new Set<Command>();
  for (const command of [...commands].reverse()) {
    const keys = keysOf(command);
    if (!refusals.has(command)) {
      keys.forEach((key) => executed.add(key));
    } else if (!keys.some((key) => executed.has(key))) {
      result.add(command);
    }
  }
  return result;
}

/**
 * Commands for the same key are executed in their order.
 *
 * @param refused - those that were refused, in the order of the pipeline
 * @param sendable - those of them that are sent again
 */
function sendAgain(
  refused: readonly Command[], refusals: ReadonlyMap<Command, Refusal>, sendable: ReadonlySet<Command>, send: (command: Command) => void,
): void {
  const latest = new Map<string, Sent>();
  for (const command of refused) {
    const { error, reject } = refusals.get(command)!;
    if (!sendable.has(command)) {
      reject();
      continue;
    }
    const keys = keysOf(command);
    const kind = REDIRECTION.exec(error.message)?.[1];
    const others = new Set(keys.flatMap((key) => latest.get(key) ?? []));
    const before = [...others].filter((sent) => !sent.isUnderWay || !goTogether(sent, { kind, keys }));
    const done = command.promise.then(() => undefined, () => undefined);
    if (before.length === 0) {
      send(command);
    } else {
      void Promise.all(before.map((sent) => sent.done)).then(() => send(command));
    }
    keys.forEach((key) => latest.set(key, { kind, keys, isUnderWay: before.length === 0, done }));
  }
}

/** Whether two commands stay in their order: both are sent to the same node at once, and none can be told to try again in a moment. */
function goTogether(one: Pick<Sent, 'kind' | 'keys'>, other: Pick<Sent, 'kind' | 'keys'>): boolean {
  return one.kind === other.kind && (one.kind === 'MOVED' || one.kind === 'ASK') && one.keys.length === 1 && other.keys.length === 1;
}
