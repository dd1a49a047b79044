import { Command } from 'ioredis';
import type { Redis } from 'ioredis';
import { nodeInternals } from './internals';
import type { SubscriptionSet } from './internals';

/** What a server says of a channel that a connection has no more, asked to or not. */
const GONE = 'sunsubscribe';

/** The channels that commands give up, which would take long to look through for every reply. */
const givenUp = new WeakMap<Command, ReadonlySet<string>>();

/**
 * Notices that a server takes a channel from a connection because its slot is served by another one from now on. ioredis 5 takes what it says for
 * the reply to the command that waits, whose own reply is then that of the next one; so it gets a command to which it is the reply.
 *
 * @param connection - one for sharded subscriptions that is not open yet
 * @param onTaken - told the channel
 */
export function watchForTaken(connection: Redis, onTaken: (channel: string) => void): void {
  const watch = (channels: SubscriptionSet) => {
    const { del } = channels;
    // What ioredis does with such a reply before it looks for the command.
    channels.del = (kind, channel) => {
      del.call(channels, kind, channel);
      if (kind === GONE && !isAskedFor(connection, channel)) {
        nodeInternals(connection).commandQueue.unshift({ command: new Command(GONE, [channel]) });
        onTaken(channel);
      }
    };
  };
  connection.on('connect', () => {
    const { condition } = nodeInternals(connection);
    let { subscriber } = condition;
    Object.defineProperty(condition, 'subscriber', {
      get: () => subscriber,
      set: (next: typeof subscriber) => {
        subscriber = next;
        if (next) {
          watch(next);
        }
      },
    });
  });
}

/** Whether the command whose reply comes next gives up the channel. */
function isAskedFor(connection: Redis, channel: string): boolean {
  const command = nodeInternals(connection).commandQueue.peekFront()?.command;
  return command?.name.toLowerCase() === GONE && (command.args.length === 0 || channelsOf(command).has(channel));
}

function channelsOf(command: Command): ReadonlySet<string> {
  let channels = givenUp.get(command);
  if (!channels) {
    channels = new Set(command.args.map(String));
    givenUp.set(command, channels);
  }
  return channels;
}
