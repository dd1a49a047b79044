import type { Command } from 'ioredis';

/** ioredis 6 knows of a command that it has its reply or error; ioredis 5 knows only of a reply. */
type Settleable = Command & { readonly isSettled?: boolean };

const watched = new WeakSet<Command>();
const rejected = new WeakSet<Command>();

/** Whether a command has its reply or error; it has to be watched from its start. */
export function isSettled(command: Settleable): boolean {
  return command.isSettled ?? (command.isResolved || rejected.has(command));
}

/** Watches for the error of a command, where ioredis does not. */
export function watch(command: Settleable): void {
  // A command may come again with the `reject` of its cluster, which stands for a retry, too.
  if (command.isSettled !== undefined || watched.has(command)) {
    return;
  }
  watched.add(command);
  const { reject } = command;
  command.reject = (error) => {
    rejected.add(command);
    reject.call(command, error);
  };
}
