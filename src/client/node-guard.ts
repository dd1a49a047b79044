import { Command } from 'ioredis';
import type { Redis } from 'ioredis';
import { blockingTime, MAX_TIMER_MS } from './deadline';

const unreadable = new WeakSet<Redis>();

/** Whether a replica answers reads: without `+readonly` it redirects them, again and again. */
export function isReadable(node: Redis): boolean {
  return !unreadable.has(node);
}

/**
 * Makes the connection to one node fit for deadlines.
 *
 * - A command whose caller was told that it failed is not sent any more, although it still waits in a queue of this node.
 * - A connection that carries a blocking command may stay silent; otherwise `socketTimeout` would cut it off and repeat the command. Once
 *   the command is done, silence means again that the node is gone.
 * - A user without `+info` gets a connection without the check that the node has finished loading, instead of a line on the console.
 *
 * @param abandoned - the commands whose callers were told
 */
export function guardNode(node: Redis, abandoned: WeakSet<Command>): void {
  const send = node.sendCommand;
  const { socketTimeout } = node.options;
  let blocked = 0;
  const unblock = () => {
    blocked -= 1;
    if (blocked === 0) {
      node.options.socketTimeout = socketTimeout;
    }
  };
  node.sendCommand = (command, stream) => {
    if (abandoned.has(command)) {
      return command.promise;
    }
    if (socketTimeout !== undefined && blockingTime(command) > 0) {
      blocked += 1;
      node.options.socketTimeout = MAX_TIMER_MS;
      command.promise.then(unblock, unblock);
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
