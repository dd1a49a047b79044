import type { Command, Redis } from 'ioredis';
import { unwritable } from './malformed';
import { refusePipelines } from './node-pipelines';

/** What ends the watch of a connection without a word. */
const ENDS_WATCH = ['discard', 'exec', 'multi', 'reset', 'unwatch'];

/**
 * Has what would end the watch of a connection refused while a caller reads with it: the transaction would overwrite what others have written since.
 *
 * @param isReading - whether a caller does
 */
export function keepWatching(connection: Redis, isReading: () => boolean): void {
  const refusal = (commands: readonly Command[]) => {
    const wrong = isReading() && commands.find(({ name }) => ENDS_WATCH.includes(name.toLowerCase()));
    return wrong ? new TypeError(`${wrong.name.toUpperCase()} would end the watch of the keys: read with single commands or a pipeline`) : undefined;
  };
  refusePipelines(connection, (commands) => refusal(commands) ?? unwritable(commands));
  const { sendCommand } = connection;
  connection.sendCommand = (command, stream) => {
    const error = stream ? undefined : refusal([command]);
    if (!error) {
      return sendCommand.call(connection, command, stream);
    }
    command.reject(error);
    return command.promise;
  };
}
