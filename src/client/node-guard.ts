import type { Redis } from 'ioredis';
import type { Abandoned } from './abandoned';

const unreadable = new WeakSet<Redis>();

/** Whether a replica answers reads: without `+readonly` it redirects them, again and again. */
export function isReadable(node: Redis): boolean {
  return !unreadable.has(node);
}

/**
 * Makes the connection to one node fit for deadlines.
 *
 * - A command whose caller was told that it failed is not sent any more, although it still waits in a queue of this node.
 * - A user without `+info` gets a connection without the check that the node has finished loading, instead of a line on the console.
 */
export function guardNode(node: Redis, abandoned: Abandoned): void {
  const send = node.sendCommand;
  node.sendCommand = (command, stream) => {
    if (abandoned.has(command)) {
      return command.promise;
    }
    if (command.name === 'info' && node.status === 'connect') {
      const { reject } = command;
      command.reject = (error) => (error.message.startsWith('NOPERM') ? command.resolve('') : reject.call(command, error));
    }
    if (command.name === 'readonly') {
      command.promise.catch(() => unreadable.add(node));
    }
    return send.call(node, command, stream);
  };
}
