import type { Command } from 'ioredis';

/**
 * Whether an argument of a command cannot be made a text, such as an object without a prototype. ioredis has rejected the command then, and yet would
 * begin to send it: the commands before it in a pipeline would wait for replies that are those of others.
 */
export function isMalformed(command: Command): boolean {
  return (command as Partial<Command>).reject === undefined;
}

/** The error for a pipeline or transaction with such a command, of which nothing was sent. */
export function malformed({ name }: Command): TypeError {
  return new TypeError(`an argument of "${name}" cannot be made a text, nothing was sent: give strings, numbers or bytes`);
}
