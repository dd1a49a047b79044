import type { Cluster } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
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
}

/**
 * Starts a cluster with the user `app`, who may do everything, for the tests of a file.
 *
 * @param take - given it before the first test
 */
export function useProxiedUsers(take: (started: ProxiedUsers) => void): void {
  let started: Awaited<ReturnType<typeof startProxiedUsers>> | undefined;
  beforeAll(async () => take(started = await startProxiedUsers()));
  afterAll(() => started?.stop());
}

async function startProxiedUsers(): Promise<ProxiedUsers & { stop(): Promise<void> }> {
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
