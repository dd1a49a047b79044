import type { ChainableCommander, Cluster, Command, Redis } from 'ioredis';
import { runningTime } from './clock';
import type { CommandGuard } from './command-guard';
import { blockingTime } from './deadline';
import { clusterInternals, isAutomatic, nodeInternals, pipelineInternals } from './internals';
import { isMalformed, unwritable } from './malformed';
import { isOfTransaction } from './open-transactions';
import { followRedirections } from './pipeline-redirections';
import { afterRepetition } from './refused-repetition';
import { signingOut } from './sign-out';
import type { Thaw } from './thaw';
import { openTransaction, withoutMulti } from './transaction-error';
import { isWithoutMulti, noteLostPermission } from './transaction-permission';
import { sendWithText, WholeScripts } from './whole-scripts';

/** What the pipelines of a client have in common. */
export interface PipelineGuardContext {
  readonly cluster: Cluster;
  /** The cluster endpoint as `host:port`. */
  readonly endpoint: string;
  /** How long a pipeline may take beside what its commands block, in milliseconds. */
  readonly deadline: number;
  /** When that time began, unless it begins with the execution. */
  readonly start?: number;
  readonly thaw: Thaw;
  readonly commands: CommandGuard;
  /** Commands of pipelines that are partly in a transaction. */
  readonly mixed: WeakSet<Command>;
  /** Commands of transactions that were sent again as a whole, and may have been executed the first time. */
  readonly repeated: WeakSet<Command>;
  /** Commands that had been sent when the client was closed. */
  readonly unanswered: WeakSet<Command>;
  /** Whether redirections are followed command by command. */
  readonly follows: boolean;
  /** Whether ioredis has a time limit of its own for commands, and would send those again that it has failed. */
  readonly timesOut: boolean;
  /** Gives a command to the cluster. */
  send(command: Command): void;
}

type Exec = ChainableCommander['exec'];
type ExecCallback = Parameters<Exec>[0];
type Result = Awaited<ReturnType<Exec>>;

/** Gives a pipeline of ioredis one deadline for all of its commands, and a result that tells the caller what became of each. */
export function guardPipeline(pipeline: ChainableCommander, name: 'pipeline' | 'multi', context: PipelineGuardContext): ChainableCommander {
  const { cluster, commands: { abandoned }, thaw } = context;
  const { exec } = pipeline as { exec: (callback?: ExecCallback) => ReturnType<Exec> };
  const internals = pipelineInternals(pipeline);
  const made = runningTime();
  const scripts = new WholeScripts();
  let state: 'new' | 'running' | 'abandoned' = 'new';
  let replied = false;
  // ioredis says so after it has made it.
  let automatic = false;
  let first: ReturnType<Exec> | undefined;
  let sent: Promise<unknown> | 'empty' | 'later' | undefined;
  let length = 0;

  function execute(callback?: ExecCallback): ReturnType<Exec> {
    // Those that ioredis puts together need not keep an order.
    if (!automatic) {
      scripts.beginAnew();
      internals._queue.forEach((command) => (name === 'multi' ? scripts.add(command) : sendWithText(command)));
    }
    // Without slots, ioredis waits for them and comes again.
    sent = cluster.slots.length > 0 ? internals._queue[0]?.promise ?? 'empty' : 'later';
    followRedirections(internals, { follows: context.follows, send: context.send, onReplied: () => (replied = true) });
    try {
      return exec.call(pipeline, callback);
    } catch (error) {
      giveUpUnwritten(internals._queue, error as Error, context);
      throw error;
    } finally {
      length = internals._queue.length;
    }
  }

  /**
   * Commands that ioredis has put together go one by one when it refuses them before it sends any: for the slots that it knows now, or for one of them that
   * would fail by itself.
   */
  async function executeOrPart(): Promise<Result> {
    // Of one that was held back, it may have been added meanwhile.
    const wrong = automatic ? wrongIn(internals._queue, true, internals._queue.some(isOfTransaction)) : undefined;
    const subscriptions = wrong ? internals._queue.filter(isSubscription) : [];
    if (wrong && subscriptions.length > 0) {
      context.commands.abandonAll(subscriptions, wrong);
    }
    if (wrong || internals._queue.some(isMalformed)) {
      return part();
    }
    try {
      return await execute();
    } catch (error) {
      // Of an empty one, nothing was executed.
      if (isWithoutMulti(error) && internals._queue.length > 2) {
        const reason = withoutMulti(error);
        noteLostPermission(cluster, reason);
        throw reason;
      }
      if (!automatic || !(error instanceof TypeError || PARTED.includes((error as Error).message))) {
        throw error;
      }
      return part();
    }
  }

  const isRepeated = () => internals._queue.some((command) => context.repeated.has(command));

  function told(error: Error): Error {
    return isRepeated() ? afterRepetition(error, context.endpoint, name) : error;
  }

  function toldOfReplies(replies: Result): Result {
    return replies && isRepeated() ? replies.map(([error, reply]) => [error && told(error), reply]) : replies;
  }

  function part(): Promise<Result> {
    internals.isCluster = false;
    replied = true;
    // What ioredis has put in between for a slot that moves has no result.
    const commands = internals._queue.filter((command) => command.name !== 'asking');
    return Promise.all(commands.map((command): Promise<[Error | null, unknown]> => {
      context.send(command);
      return command.promise.then((reply) => [null, reply], (reason) => [reason, undefined]);
    }));
  }

  function run(): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => {
        state = 'abandoned';
        context.commands.abandonAll(internals._queue, error);
        reject(error);
      };
      const now = runningTime();
      automatic = isAutomatic(pipeline);
      const hasTransaction = internals._queue.some(isOfTransaction);
      if (hasTransaction && !internals._queue.every(({ inTransaction }) => inTransaction)) {
        internals._queue.forEach((command) => context.mixed.add(command));
      }
      // One of ioredis waits until the one before it is done, and its commands with it.
      const start = context.start ?? (automatic ? made : now);
      const outside = hasTransaction ? outsideTransactions(internals._queue) : internals._queue;
      const ms = outside.reduce((sum, command) => sum + blockingTime(command), start + context.deadline - now);
      if (ms <= 0) {
        // One of ioredis that waited until the one before it was done, or a transaction whose commands took their time to be added.
        refuse(context.commands.deadlineError(name, start));
        return;
      }
      const stop = context.commands.limit(ms, (reason = context.commands.deadlineError(name, start)) => {
        state = 'abandoned';
        const isAnswered = replied;
        context.commands.abandonAll(internals._queue, reason);
        if (isAnswered || internals._queue.some((command) => context.unanswered.has(command))) {
          // Its commands have their own errors, with which it is about to resolve.
          setImmediate(reject, reason);
        } else {
          reject(reason);
        }
      });
      const send = () => {
        if (state !== 'abandoned') {
          executeOrPart().then((replies) => resolve(toldOfReplies(replies)), (error: Error) => reject(told(error))).finally(stop).catch(reject);
        }
      };
      // One of ioredis goes command by command instead.
      const wrong = automatic ? undefined : wrongIn(internals._queue, false, name === 'pipeline' && hasTransaction);
      if (wrong) {
        stop();
        refuse(wrong);
      } else if (thaw.holds) {
        thaw.hold(send);
      } else {
        send();
      }
    });
  }

  /** ioredis calls `exec` again for every retry. */
  function retry(callback?: ExecCallback): ReturnType<Exec> {
    if (internals.preferKey && clusterInternals(cluster).connectionPool.nodes.slave[internals.preferKey]) {
      // The primary that it was sent to is one no longer.
      internals.preferKey = undefined;
    }
    return execute(callback);
  }

  pipeline.exec = (callback?: ExecCallback) => {
    // Inside a pipeline, the first EXEC ends the transaction, not the pipeline; ioredis forgets that until it knows the slots.
    if (name === 'pipeline' && state === 'new' && internals._transactions > 0) {
      internals._transactions -= 1;
      return pipeline.callBuffer('exec', ...callback ? [callback as never] : []) as never;
    }
    if (first) {
      // For a retry, ioredis gives the commands new promises. What a caller executes once more is executed already.
      const isRetry = sent === 'later' ? cluster.slots.length > 0 : typeof sent === 'object' && sent !== internals._queue[0]?.promise;
      if (isRetry && state !== 'abandoned') {
        return retry(callback);
      }
      return tell(sent !== undefined && internals._queue.length > length ? Promise.reject(executed()) : first, callback);
    }
    state = 'running';
    const result = first = run();
    if (context.timesOut) {
      const abandon = () => internals._queue.forEach((command) => abandoned.add(command));
      result.then(abandon, abandon);
    }
    return tell(result, callback);
  };
  return pipeline;
}

/** Why a list of commands is not sent. */
function wrongIn(commands: readonly Command[], automatic: boolean, mayLeaveOpen: boolean): Error | undefined {
  const error = automatic ? undefined : unwritable(commands) ?? signingOut(commands);
  if (error) {
    return error;
  }
  if (mayLeaveOpen && leavesOpen(commands, automatic)) {
    return openTransaction();
  }
  const subscription = commands.find(isSubscription);
  if (subscription && !commands.every(isSubscription)) {
    return new TypeError(`"${subscription.name}" in a pipeline with other commands would leave their connection to subscriptions: call it by itself`);
  }
  return undefined;
}

/**
 * Gives up a pipeline that ioredis has thrown for while it gave the commands to a node, and the connection to that: it waits there for replies to commands
 * that were never written, and those that come are for others. More text than a string can hold does that.
 */
function giveUpUnwritten(commands: readonly Command[], reason: Error, context: PipelineGuardContext): void {
  const given = new Set(commands);
  const holdsSome = (node: Redis) => nodeInternals(node).commandQueue.toArray().some(({ command }) => given.has(command));
  const waiting = context.cluster.nodes().filter(holdsSome);
  if (waiting.length > 0) {
    context.commands.abandonAll(commands, reason);
    waiting.forEach(({ stream }) => stream.destroy(reason));
  }
}

/** The commands that may block, which they do not in a transaction. */
function outsideTransactions(commands: readonly Command[]): Command[] {
  let isInside = false;
  return commands.filter((command) => {
    isInside = isOfTransaction(command) ? !/^exec$/i.test(command.name) : isInside;
    return !isInside;
  });
}

function isSubscription({ name }: Command): boolean {
  return /^[ps]?(un)?subscribe$/i.test(name);
}

/** The error for commands that would be executed again, and others that would be executed then. */
function executed(): TypeError {
  return new TypeError('commands were added to a pipeline that is executed already: make another one for them');
}

/** Calls back with a result, which is returned as well. */
export function tell(result: ReturnType<Exec>, callback: ExecCallback): ReturnType<Exec> {
  if (typeof callback === 'function') {
    result.then((replies) => process.nextTick(callback, null, replies), (error) => process.nextTick(callback, error));
  }
  return result;
}

/**
 * Refuses a list of commands with an EXEC that ends no transaction of it, which ioredis would execute the list up to there with, and then once more.
 *
 * @param name - what takes the list
 * @throws TypeError
 */
export function checkList(name: 'pipeline' | 'multi', list: unknown): void {
  let open = 0;
  for (const [word] of Array.isArray(list) ? list as unknown[][] : []) {
    if (word === 'exec' && (name === 'multi' || open === 0)) {
      throw new TypeError(`EXEC in the list of ${name}() would execute what comes before it twice: leave it out, exec() executes the list`);
    }
    open += word === 'multi' ? 1 : word === 'exec' ? -1 : 0;
  }
}

/** What ioredis says of a pipeline whose keys are not with the same nodes, or not in one slot for one command, before it sends anything. */
const PARTED = [
  'All keys in the pipeline should belong to the same slots allocation group',
  'All the keys in a pipeline command should belong to the same slot',
];

/**
 * Whether a transaction is begun and not ended, which would go on with the commands of others, or begun among those. Only EXEC ends one also when
 * the server refuses it.
 */
function leavesOpen(commands: readonly Command[], amongOthers: boolean): boolean {
  const names = commands.map((command) => command.name.toLowerCase());
  const begin = names.lastIndexOf('multi');
  return begin >= 0 && (amongOthers || begin > names.lastIndexOf('exec'));
}
