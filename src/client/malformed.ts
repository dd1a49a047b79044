import type { Command } from 'ioredis';

/**
 * Whether an argument of a command cannot be made a text, such as an object without a prototype. ioredis has rejected the command then, and yet would
 * begin to send it: the commands before it in a pipeline would wait for replies that are those of others.
 */
export function isRejected(command: Command): boolean {
  return (command as Partial<Command>).reject === undefined;
}

/** Whether a command lacks a key, for which ioredis adds an argument when it looks for the keys, and throws when it writes that. */
export function lacksKey({ args }: Command): boolean {
  return args.length > 0 && args[args.length - 1] === undefined;
}

/** Whether ioredis cannot write a command. */
export function isMalformed(command: Command): boolean {
  if (isRejected(command)) {
    return true;
  }
  command.getKeys();
  return command.args.includes(undefined as unknown as string);
}

/** The error for a pipeline or transaction with such a command, of which nothing was sent. */
export function malformed({ name }: Command): TypeError {
  return new TypeError(`an argument of "${name}" is missing or cannot be made a text, nothing was sent: give strings, numbers or bytes`);
}

/**
 * That ioredis cannot write one of some commands: it would write the others, and from then on every reply on that connection would go to the wrong
 * caller.
 */
export function unwritable(commands: readonly Command[]): TypeError | undefined {
  const wrong = commands.find(isMalformed);
  return wrong && malformed(wrong);
}
