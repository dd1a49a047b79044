import type { Command, Redis } from 'ioredis';
import type { Abandoned } from './abandoned';
import { cannotAnswer, describe, isSignedOut, retriable } from './failure';
import { commandInternals, isOfCluster, nodeInternals, REFRESHER } from './internals';
import type { QueueItem } from './internals';
import { isRejected, lacksKey, malformed, unwritable } from './malformed';
import { refusePipelines } from './node-pipelines';
import { forgetTransaction, noteTransaction } from './open-transactions';
import { signingOut } from './sign-out';

/** How long a replica that cannot answer is left alone, in milliseconds. */
const AVOID_MS = 1_000;

/** Until when replicas are not read from; for ever, if they may not be. */
const unreadable = new WeakMap<Redis, number>();

/** Whether a replica answers reads: without `+readonly` it redirects them, again and again. */
export function isReadable(node: Redis): boolean {
  const until = unreadable.get(node);
  return until === undefined || until < performance.now();
}

/** Leaves a replica alone for a time. */
export function avoid(node: Redis): void {
  unreadable.set(node, Math.max(unreadable.get(node) ?? 0, performance.now() + AVOID_MS));
}

/** What a node's connection needs to know about the commands that come to it. */
export interface NodeGuardContext {
  readonly abandoned: Abandoned;
  /** Whether a replica may execute a command that was given to the cluster. */
  isForReplica(command: Command): boolean;
  /** What to ask for the slots, which may be a connection that has to be opened for that. */
  toAskForSlots(open: () => Redis): Redis;
  /** Told why a replica is never read from, whenever it is connected to. */
  onUnreadable(error: Error): void;
}

/** Whether the cluster chose the node for a command; others were given to the node itself. */
function isRouted(command: Command, stream: QueueItem['stream']): boolean {
  return stream ? isOfCluster(stream) : commandInternals(command).slot !== undefined;
}

/**
 * Makes the connection to one node fit for deadlines and for shards whose primary is not connected.
 *
 * - A command whose caller was told that it failed is not sent any more, although it still waits in a queue of this node.
 * - A replica does not get what is not for it, and which ioredis gives to any node while it knows no primary: it would read what has been
 *   overwritten, and refuse scripts. Nor does a node that has become one since the command was queued.
 * - A user without `+info` gets a connection without the check that the node has finished loading, instead of a line on the console.
 * - RESET is refused, and a connection that is signed out all the same is opened again.
 * - A replica that cannot answer now is not read from for a time.
 * - The slots are asked for over a connection that is there, if possible.
 * - ASKING is sent with the command that it is for, or not at all: it would have the node execute the next one instead, although another node has
 *   the key. When it fails, ioredis drops its promise, and the command shares its fate.
 */
export function guardNode(node: Redis, { abandoned, isForReplica, toAskForSlots, onUnreadable }: NodeGuardContext): void {
  const { duplicate, sendCommand: send } = node;
  const internals = nodeInternals(node);
  const { handleReconnection } = internals;
  internals.handleReconnection = (error, item) => {
    if (node.options.readOnly && cannotAnswer(error)) {
      avoid(node);
    }
    handleReconnection.call(node, error, item);
    // Not before the others have their replies, which would be lost.
    if (isSignedOut(error) && node.options.password && internals.commandQueue.isEmpty()) {
      node.disconnect(true);
    }
  };
  node.on('close', () => forgetTransaction(node));
  refusePipelines(node, (commands) => unwritable(commands) ?? signingOut(commands));
  let asking: Command | undefined;
  /** @returns whether the command can be sent */
  const admit = (command: Command, stream: QueueItem['stream']): boolean => {
    if (abandoned.has(command)) {
      return false;
    }
    if (node.options.readOnly && isRouted(command, stream) && !isForReplica(command)) {
      refuse(node, command);
      return false;
    }
    if (!stream && isRejected(command)) {
      return false;
    }
    if (!stream && lacksKey(command)) {
      command.reject(malformed(command));
      return false;
    }
    return true;
  };
  node.sendCommand = (command, stream) => {
    const before = asking;
    asking = undefined;
    if (!admit(command, stream as unknown as QueueItem['stream'])) {
      before?.resolve('OK');
      return command.promise;
    }
    if (before) {
      send.call(node, before);
    }
    if (!stream && command.name === 'asking') {
      command.promise.catch(() => undefined);
      asking = command;
      // One that a caller gives by itself goes by itself.
      process.nextTick(() => {
        if (asking === command) {
          asking = undefined;
          send.call(node, command);
        }
      });
      return command.promise;
    }
    // What ioredis and callers send to the node itself, and what has no key: none of that is sent a hundred thousand times in a second.
    if (typeof commandInternals(command).slot !== 'number') {
      const error = signingOut([command]);
      if (error) {
        command.reject(error);
        return command.promise;
      }
      guardKeyless(node, command, onUnreadable);
    }
    return send.call(node, command, stream);
  };
  node.duplicate = (override) => {
    if (!override?.connectionName?.startsWith(REFRESHER)) {
      return duplicate.call(node, override);
    }
    // ioredis compares the numbers of slots, which are not in order as texts.
    return toAskForSlots(() => duplicate.call(node, { ...override, stringNumbers: false }));
  };
}

function refuse(node: Redis, command: Command): void {
  if (node.status === 'wait') {
    // One that is gone has to be noticed, so that a client without any node looks for the cluster again.
    node.connect().catch(() => undefined);
  }
  const { host, port } = node.options;
  command.reject(retriable(new Error(`no primary is connected, and ${host}:${port} is a replica`)));
}

function guardKeyless(node: Redis, command: Command, onUnreadable: NodeGuardContext['onUnreadable']): void {
  noteTransaction(node, command.name);
  if (command.name === 'info' && node.status === 'connect') {
    const { reject } = command;
    command.reject = (error) => (error.message.startsWith('NOPERM') ? command.resolve('') : reject.call(command, error));
  } else if (command.name === 'readonly') {
    command.promise.catch((error: Error) => {
      if (error.message.startsWith('NOPERM')) {
        unreadable.set(node, Infinity);
        onUnreadable(new Error(`${node.options.host}:${node.options.port} is not read from: ${describe(error)}`));
      }
    });
  }
}
