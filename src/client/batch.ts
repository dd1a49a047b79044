import type { ChainableCommander, Cluster, Command } from 'ioredis';
import { isRejected } from './malformed';
import { ENDS_TRANSACTION } from './open-transactions';
import { tell } from './pipeline-guard';
import { keepOnPrimary } from './read-from';
import { sendWithText } from './whole-scripts';

/** What changes the state of a connection that others use too. */
const REFUSED = ['multi', ...ENDS_TRANSACTION];

type Exec = ChainableCommander['exec'];

/**
 * Collects commands like `db.pipeline()` does, but over keys in any slots.
 *
 * `exec()` sends all of them at once, each to the node of its key, and gives a pair of error and result for each in the order they were
 * added: one that fails does not keep others from being done. Commands of one key are carried out in order unless they have to be
 * repeated; those of several are not atomic. All of them go to primaries, unless the option `scaleReads` of ioredis is given. Each has the deadline and the retries of a single command. What
 * was executed is not sent again by another `exec()`.
 *
 * @throws TypeError for MULTI, WATCH and their likes: use `transaction`
 */
export function batch(db: Cluster): ChainableCommander {
  const commands: Command[] = [];
  const collector: ChainableCommander = Object.create(db.pipeline(), {
    length: { get: () => commands.length },
    sendCommand: {
      value: (command: Command) => {
        if (REFUSED.includes(command.name.toLowerCase())) {
          throw new TypeError(`${command.name.toUpperCase()} cannot be in a batch, which is no transaction: use transaction()`);
        }
        keepOnPrimary(command);
        sendWithText(command);
        commands.push(command);
        return collector;
      },
    },
    exec: {
      value: (callback?: Parameters<Exec>[0]) => {
        const replies = Promise.all(commands.splice(0).map((command) => send(db, command)));
        return callback ? tell(replies, callback) : replies;
      },
    },
  });
  return collector;
}

async function send(db: Cluster, command: Command): Promise<[error: Error | null, result: unknown]> {
  try {
    if (!isRejected(command)) {
      void db.sendCommand(command);
    }
    // Of a script, ioredis replaces the promise by one that survives a node which does not know the script yet.
    return [null, await command.promise];
  } catch (error) {
    return [error as Error, undefined];
  }
}
