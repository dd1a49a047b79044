import type { Command } from 'ioredis';
import { InDoubtError } from './errors';
import type { Refused } from './transaction-permission';

/** How a server says that it has not executed a command, which it may have done the first time. */
const REFUSED = /^(ASK|BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|MOVED|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b/;

/** Of these, what the client does not try again. */
const FOR_NOW = /^(BUSY|MISCONF|NOPERM|NOREPLICAS|OOM)\b/;

/** Whether a server has refused a command, or a transaction for one of its commands, for a reason that there may not have been the first time. */
function isRefused(error: Refused): boolean {
  if (!error.message.startsWith('EXECABORT ')) {
    return REFUSED.test(error.message);
  }
  return error.previousErrors?.some(({ message }) => REFUSED.test(message)) ?? true;
}

/**
 * What a caller is told of a command or transaction that was sent again after its reply was lost.
 *
 * @param name - of the command
 * @returns that it is in doubt if a server has refused it now, or else the error itself
 */
export function afterRepetition(error: Error, endpoint: string, name: string): Error {
  if (error.name !== 'ReplyError' || !isRefused(error)) {
    return error;
  }
  const message = `the reply to "${name}" was lost and ${endpoint} refused it when it was sent again, it may have been executed the first time: ${error.message}`;
  return new InDoubtError(message, { endpoint, command: name, cause: error });
}

/** What a caller is told of a command that was sent again after its reply was lost, refused then, and overtaken by others of its pipeline since. */
export function overtaken(error: Error, endpoint: string, name: string): InDoubtError {
  const message = `the reply to "${name}" was lost and it was refused when it was sent again, it may have been executed the first time; ` +
    `what comes after it in its pipeline has been executed since: ${error.message}`;
  return new InDoubtError(message, { endpoint, command: name, cause: error });
}

/**
 * Has the caller of a single command told that.
 *
 * @param isTriedAgain - whether the client tries it again when another node or time is right
 */
export function tellAfterRepetition(command: Command, endpoint: string, isTriedAgain: boolean): void {
  const { reject } = command;
  command.reject = (error) => {
    const isOver = !isTriedAgain || FOR_NOW.test(error.message);
    reject.call(command, isOver ? afterRepetition(error, endpoint, command.name) : error);
  };
}
