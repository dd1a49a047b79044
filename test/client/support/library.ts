import type { Cluster } from 'ioredis';
import { startUsers } from './users';
import { AccessString } from '../../../src/access-string';
import { close, connect, connectionFromEnv } from '../../../src/client';
import type { ConnectOptions } from '../../../src/client';
import { accessOf } from '../../support/readme';

/** A cluster for a library, with a user who may do no more than what the README says that the library needs. */
export interface Library {
  open(options?: ConnectOptions): Cluster;
  /** What the user was refused, and what was allowed by name although nobody called it: both should be nothing. */
  excess(): Promise<{ refused: string[]; unused: string[] }>;
  stop(): Promise<void>;
}

/**
 * @param name - of the library, in the README
 * @param extra - commands that the test needs besides
 */
export async function startLibrary(name: string, extra: readonly string[] = []): Promise<Library> {
  const access = accessOf(name);
  const { commands } = access;
  const { cluster, local } = await startUsers({ library: AccessString.of({ ...access, commands: [...commands, ...extra] }).toString() });
  const connection = connectionFromEnv(undefined, cluster.environment('library'));
  const opened: Cluster[] = [];
  return {
    open(options) {
      const db = connect({ connection, deadline: 10_000, ...options });
      opened.push(db);
      return db;
    },
    async excess() {
      const logs = await Promise.all(cluster.nodes.map((node) => node.call('ACL', 'LOG')));
      const stats = await Promise.all(cluster.nodes.map((node) => node.call('INFO', 'commandstats')));
      const called = new Set([...stats.join('\n').matchAll(/cmdstat_(\S+):calls=/g)].map(([, command]) => command));
      return {
        refused: logs.flatMap((entries) => (entries as unknown[][]).map((entry) => String(entry[7])))
          // ioredis names its connection for subscriptions, and does not mind if it may not.
          .filter((object) => object !== 'client|setname'),
        unused: commands.filter((command) => !called.has(command)),
      };
    },
    async stop() {
      await Promise.all(opened.map((db) => close(db)));
      await local.stop();
    },
  };
}
