import { Cluster } from 'ioredis';
import type { ClusterOptions } from 'ioredis';
import type { BenchClient, ClientFactory, Target } from './client';

/** ioredis by itself, with no more than it needs to connect. */
export const ioredis: ClientFactory = async (target) => bare(target, {});

/** The same, which gathers commands into pipelines. */
export const autoPipelining: ClientFactory = async (target) => bare(target, { enableAutoPipelining: true });

/** The options of a published guide to MemoryDB, which are widely copied, with the `dnsLookup` that they lack to connect. */
export const guide: ClientFactory = async (target) => guided(target, { dnsLookup: (address, callback) => callback(null, address) });

/** The same as they are published. */
export const guideAsPublished: ClientFactory = async (target) => guided(target, {});

function bare({ host, port, username, password, replicas }: Target, options: ClusterOptions): BenchClient {
  return wrap(new Cluster([{ host, port }], {
    dnsLookup: (address, callback) => callback(null, address),
    scaleReads: replicas ? 'slave' : 'master',
    redisOptions: { username, password, tls: {} },
    ...options,
  }));
}

function guided({ host, port, username, password }: Target, options: ClusterOptions): BenchClient {
  return wrap(new Cluster([{ host, port }], {
    redisOptions: { username, password, tls: { rejectUnauthorized: true }, connectTimeout: 5_000 },
    scaleReads: 'slave',
    clusterRetryStrategy: (times) => Math.min(times * 200, 3_000),
    ...options,
  }));
}

function wrap(db: Cluster): BenchClient {
  // Without a listener, ioredis prints each error.
  db.on('error', () => undefined);
  return {
    get: (key) => db.get(key),
    set: (key, value) => db.set(key, value),
    mget: (keys) => Promise.all(keys.map((key) => db.get(key))),
    close: async () => db.disconnect(),
  };
}
