import type { Command } from 'ioredis';
import { InDoubtError } from './errors';

/** How a server says that it has not executed a command, which it may have done the first time. */
const REFUSED = /^(ASK|CLUSTERDOWN|EXECABORT|LOADING|MASTERDOWN|MISCONF|MOVED|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b/;

/** Of these, what the client does not try again. */
const FOR_NOW = /^(MISCONF|NOPERM|NOREPLICAS|OOM)\b/;

/**
 * What a caller is told of a command or transaction that was sent again after its reply was lost.
 *
 * @param name - of the command
 * @returns that it is in doubt if a server has refused it now, or else the error itself
 */
export function afterRepetition(error: Error, endpoint: string, name: string): Error {
  if (error.name !== 'ReplyError' || !REFUSED.test(error.message)) {
    return error;
  }
  const message = `the reply to "${name}" was lost and ${endpoint} refused it when it was sent again, it may have been executed the first time: ${error.message}`;
  return new InDoubtError(message, { endpoint, command: name, cause: error });
}

/** Has the caller of a single command told that. */
export function tellAfterRepetition(command: Command, endpoint: string): void {
  const { reject } = command;
  command.reject = (error) => reject.call(command, FOR_NOW.test(error.message) ? afterRepetition(error, endpoint, command.name) : error);
}
