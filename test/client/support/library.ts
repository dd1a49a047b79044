import type { Cluster } from 'ioredis';
import { startUsers } from './users';
import type { AccessString } from '../../../src/access-string';
import { close, connect, connectionFromEnv } from '../../../src/client';
import type { ConnectOptions } from '../../../src/client';

/** A cluster for a library, with a user who may do no more than what the library needs. */
export interface Library {
  open(options?: ConnectOptions): Cluster;
  /** What the user was refused, and which of some commands nobody has called: both should be nothing. */
  excess(commands: readonly string[]): Promise<{ refused: string[]; unused: string[] }>;
  stop(): Promise<void>;
}

export async function startLibrary(access: AccessString): Promise<Library> {
  const { cluster, local } = await startUsers({ library: access.toString() });
  const connection = connectionFromEnv(undefined, cluster.environment('library'));
  const opened: Cluster[] = [];
  return {
    open(options) {
      const db = connect({ connection, deadline: 10_000, ...options });
      opened.push(db);
      return db;
    },
    async excess(commands) {
      const logs = await Promise.all(cluster.nodes.map((node) => node.call('ACL', 'LOG')));
      const stats = await Promise.all(cluster.nodes.map((node) => node.call('INFO', 'commandstats')));
      const called = new Set([...stats.join('\n').matchAll(/cmdstat_(\S+):calls=/g)].map(([, name]) => name));
      return {
        // ioredis names its connections, and does not mind if it may not.
        refused: logs.flatMap((entries) => (entries as unknown[][]).map((entry) => String(entry[7]))).filter((object) => object !== 'client|setname'),
        unused: commands.filter((name) => !called.has(name)),
      };
    },
    async stop() {
      await Promise.all(opened.map((db) => close(db)));
      await local.stop();
    },
  };
}
