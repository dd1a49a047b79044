import type { Command } from 'ioredis';

const whole = new WeakSet<Command>();

/**
 * Has a script that was defined by name sent with its text, although its server may know it.
 *
 * ioredis takes a script for known once its text was written to a connection, also when the server has refused that, or forgotten it since. Of a single command it
 * sends the text then. In a pipeline that would be executed after all others, and in a transaction without it.
 */
export function sendWhole(command: Command): void {
  if (whole.has(command) || !/^eval(sha)?$/.test(command.name)) {
    return;
  }
  whole.add(command);
  const { toWritable } = command;
  // A socket that has never seen it.
  command.toWritable = () => toWritable.call(command, {});
}
