import { Command } from 'ioredis';
import type { Cluster, Redis } from 'ioredis';

/**
 * Sends a command without a key to one node, with the deadline of the client. It is not sent to any other node, whatever happens.
 */
export function sendTo<T>(db: Cluster, node: Redis, name: string, ...args: string[]): Promise<T> {
  const command = new Command(name, args, { replyEncoding: 'utf8' });
  void db.sendCommand(command, undefined, { redis: node });
  return command.promise as Promise<T>;
}
