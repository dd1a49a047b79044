import type { Cluster } from 'ioredis';
import { startProxy } from './proxy';
import type { Proxy } from './proxy';
import { startUsers } from './users';
import type { Users } from './users';
import { close, connect } from '../../../src/client';

/** A cluster, a way to its nodes that can lose what goes over it, and a client that does not go that way. */
export interface ProxiedUsers {
  readonly users: Users;
  readonly proxy: Proxy;
  readonly admin: Cluster;
  stop(): Promise<void>;
}

/** Starts a cluster with the user `app`, who may do everything. */
export async function startProxiedUsers(): Promise<ProxiedUsers> {
  const users = await startUsers({ app: 'on ~* &* +@all' });
  const proxy = await startProxy(users.cluster);
  const admin = connect({ connection: users.connection() });
  return {
    users,
    proxy,
    admin,
    async stop() {
      await close(admin);
      await proxy.stop();
      await users.local.stop();
    },
  };
}
