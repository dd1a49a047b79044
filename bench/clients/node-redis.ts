import { createCluster } from 'redis';
import type { ClientFactory } from './client';

/** node-redis, which asks for the password before every connection. */
export const nodeRedis: ClientFactory = async (target) => {
  const { host, port, username, replicas } = target;
  const cluster = createCluster({
    rootNodes: [{ socket: { host, port, tls: true } }],
    useReplicas: replicas,
    defaults: {
      credentialsProvider: {
        type: 'async-credentials-provider',
        credentials: async () => ({ username, password: target.password }),
      },
      socket: { tls: true },
    },
  });
  cluster.on('error', () => undefined);
  await cluster.connect();
  return {
    get: (key) => cluster.get(key),
    set: (key, value) => cluster.set(key, value),
    mget: (keys) => Promise.all(keys.map((key) => cluster.get(key))),
    close: async () => cluster.destroy(),
  };
};
