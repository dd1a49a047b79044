import type { ClientFactory } from './client';
import { close, connect, mget } from 'cdk-memorydb/client';

/** This library. */
export const own: ClientFactory = async (target) => {
  const { host, port, username, replicas } = target;
  const db = connect({
    connection: { host, port, tls: true, auth: 'password', username },
    credentials: { username, getPassword: async () => target.password },
    readFrom: replicas ? 'replica' : 'primary',
  });
  return {
    get: (key) => db.get(key),
    set: (key, value) => db.set(key, value),
    mget: (keys) => mget(db, keys),
    close: () => close(db),
  };
};
