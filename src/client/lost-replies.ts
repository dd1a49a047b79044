import type { Command, Redis } from 'ioredis';
import { InDoubtError } from './errors';
import { closed, describe, isRetriable, retriable } from './failure';
import { commandInternals, isOfCluster, nodeInternals } from './internals';
import type { QueueItem } from './internals';
import { KeptOrder } from './kept-order';
import { isMultiOrExec, isOfTransaction } from './open-transactions';
import { overtaken, tellAfterRepetition } from './refused-repetition';
import { changesNothing, onlyReads } from './repeatable';
import { repeatableOf } from './repeatable-sequence';

/**
 * Which commands are sent again when their connection broke before the reply came. What was never sent always is.
 *
 * - `safe`: those whose repetition cannot change the result, as long as nobody else writes the same keys meanwhile; the others reject with an `InDoubtError`
 * - `never`: those that only read; the others reject with an `InDoubtError`
 * - `always`: all of them, which may execute a command twice
 */
export type RetryWrites = 'safe' | 'never' | 'always';

/** Every value of {@link RetryWrites}. */
export const RETRY_WRITES: readonly RetryWrites[] = ['safe', 'never', 'always'];

/** What a node's connection needs to know to settle the commands that it loses. */
export interface LostRepliesContext {
  readonly retryWrites: RetryWrites;
  /** The commands of pipelines that contain a transaction and more. */
  readonly mixed: WeakSet<Command>;
  /** Gets the commands of transactions that are sent again as a whole, if they do not only read. */
  readonly repeated: WeakSet<Command>;
  /** Gets the commands that were sent by a client that is being closed. */
  readonly unanswered: WeakSet<Command>;
  /** Whether the client is being closed, so that nothing is sent again. */
  isClosing(): boolean;
  /** Tells the commands that were given to the cluster from those that were given to a node. */
  routed(): (command: Command) => boolean;
  /** Calls back in a moment, when it is known which nodes there are. */
  later(retry: () => void): void;
  /** Gives a command to the cluster again. */
  send(command: Command): void;
}

/** Commands of pipelines that are sent by themselves from now on, wherever that leads, with those of their pipeline. */
const parted = new WeakMap<Command, KeptOrder>();

/**
 * Decides over the commands that were sent on a connection and not answered when it breaks, and takes those that are to be sent again to
 * the node that serves their slot by then.
 *
 * ioredis would send all of them again, each to a random node first, which loses their order, or fail the rest of a pipeline of which some
 * were answered.
 *
 * @returns tells the commands that were sent that the client has ended
 */
export function guardReplies(node: Redis, context: LostRepliesContext): () => void {
  const internals = nodeInternals(node);
  let reason: Error | undefined;
  node.on('error', (error) => (reason = error));
  node.on('connect', () => {
    reason = undefined;
    // Before ioredis looks at the queue.
    node.stream.prependOnceListener('close', () => settle(node, reason, context, true));
  });
  node.on('reconnecting', () => {
    const waiting = internals.offlineQueue.toArray();
    internals.offlineQueue.clear();
    // The rest of a pipeline is redirected by itself, for which the cluster has to know of it. It sends it to this node, in its turn.
    for (const item of waiting) {
      const order = item.stream ? undefined : parted.get(item.command);
      if (order) {
        order.give(item.command);
      } else {
        internals.offlineQueue.push(item);
      }
    }
  });
  const flush = internals.flushQueue;
  internals.flushQueue = (error, options = {}) => {
    settle(node, error, context);
    // A sign-in or readiness check that fails is no answer to those that wait.
    const failure = node.status === 'connect' ? retriable(error) : error;
    if (isRetriable(failure) && options.offlineQueue !== false && !context.isClosing()) {
      const waiting = internals.offlineQueue.toArray();
      const isRouted = context.routed();
      internals.offlineQueue.clear();
      for (const item of waiting) {
        const order = item.stream ? undefined : parted.get(item.command);
        if (order) {
          context.later(() => order.give(item.command));
        } else if (!item.stream && isRouted(item.command)) {
          context.later(() => context.send(item.command));
        } else {
          internals.offlineQueue.push(item);
        }
      }
    }
    flush.call(node, failure, options);
  };
  return () => settle(node, closed(), context);
}

/** @param isLost - whether no reply can come any more */
function settle(node: Redis, reason: Error | undefined, context: LostRepliesContext, isLost = false): void {
  const { commandQueue, offlineQueue } = nodeInternals(node);
  if (node.status === 'connect' || commandQueue.isEmpty()) {
    return;
  }
  const { host, port } = node.options;
  const endpoint = `${host}:${port}`;
  const cause = reason ?? new Error(`${endpoint} closed the connection`);
  const closing = context.isClosing();
  const isRouted = context.routed();
  const sent = commandQueue.toArray();
  const waiting = offlineQueue.toArray();
  if (closing) {
    sent.forEach(({ command }) => context.unanswered.add(command));
  }
  // Of a client that is being closed, replies may still come, and ioredis looks for their commands. It sends what is left again if it can.
  if (isLost || !closing) {
    commandQueue.clear();
  }
  offlineQueue.clear();
  for (const batch of batches(sent)) {
    const commands = batch.map(({ command }) => command);
    if (commands.some(isOfTransaction)) {
      settleTransaction(commands);
    } else {
      const again = sentAgain(commands, context.retryWrites);
      const refuse = (command: Command, error: Error) => command.reject(overtaken(error, endpoint, command.name));
      const order = new KeptOrder(commands.filter((command) => again.has(command)), context.send, refuse);
      batch.forEach((item) => (again.has(item.command) ? sendAgain(item, order) : doubt(item.command, item.command.name)));
    }
  }
  waiting.forEach((item) => offlineQueue.push(item));

  function sendAgain({ command, stream }: QueueItem, order: KeptOrder): void {
    if (command.name === 'asking') {
      // The command that it was for is asked about anew, and without it, it would be for another one.
      command.resolve('OK');
      return;
    }
    if (closing) {
      command.reject(closed());
      return;
    }
    if (!changesNothing(command)) {
      tellAfterRepetition(command, endpoint, isOfCluster(stream) || parted.has(command) || isRouted(command));
    }
    // A pipeline of the cluster names the slot that it is for; one of a node is for this node.
    if (isOfCluster(stream)) {
      parted.set(command, order);
      const internals = commandInternals(command);
      if (internals.getSlot() === null && onlyReads(command)) {
        // What it reads is what this node has.
        internals.slot = stream.destination.slot;
      }
    }
    offlineQueue.push({ command, select: 0 });
  }

  /**
   * A transaction is sent again as a whole or not at all, and so is a pipeline that contains one. When part of its replies have come, what they were for
   * is not among these commands any more.
   */
  function settleTransaction(commands: Command[]): void {
    const inner = commands.filter((command) => !isMultiOrExec(command));
    const whole = commands[0].pipelineIndex === 0;
    const again = context.retryWrites === 'always' ? whole || !context.mixed.has(commands[0]) : whole && sentAgain(inner, context.retryWrites).size === inner.length;
    if (again) {
      if (!inner.every(changesNothing)) {
        commands.forEach((command) => context.repeated.add(command));
      }
      commands.forEach((command) => command.reject(retriable(cause)));
    } else {
      commands.forEach((command) => doubt(command, /^exec$/i.test(command.name) ? 'multi' : command.name));
    }
  }

  function doubt(command: Command, name: string): void {
    const message = `the connection to ${endpoint} broke before the reply to "${name}": it may have been executed, and doing it again could change the result`;
    // What libraries know as the end of a client that they have closed themselves.
    const text = closing ? closed().message : `${message}: ${describe(cause)}`;
    command.reject(new InDoubtError(text, { endpoint, command: name, cause: closing ? new Error(message, { cause }) : cause }));
  }
}

/** The commands of a sequence that are sent again. */
function sentAgain(commands: readonly Command[], retryWrites: RetryWrites): ReadonlySet<Command> {
  if (retryWrites === 'always') {
    return new Set(commands);
  }
  const repeatable = repeatableOf(commands);
  return retryWrites === 'safe' ? repeatable : new Set([...repeatable].filter((command) => changesNothing(command)));
}

/** The commands of each pipeline together, every other one by itself. */
function batches(sent: readonly QueueItem[]): QueueItem[][] {
  const result: QueueItem[][] = [];
  for (const item of sent) {
    const last = result.at(-1);
    if (item.stream && last?.[0].stream === item.stream) {
      last.push(item);
    } else {
      result.push([item]);
    }
  }
  return result;
}
