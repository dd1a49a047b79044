import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { LocalCluster, LocalNode } from '../../src/local';

/** A user of a test template, with its name as logical id. */
export function user(name: string, accessString: string, authenticationMode: object = { Type: 'iam' }) {
  return { Type: 'AWS::MemoryDB::User', Properties: { UserName: name, AccessString: accessString, AuthenticationMode: authenticationMode } };
}

/** A template with one cluster, its ACL and the given users. */
export function clusterTemplate(users: Readonly<Record<string, ReturnType<typeof user>>>, cluster: object = {}, more: object = {}) {
  return {
    Resources: {
      Cluster: { Type: 'AWS::MemoryDB::Cluster', Properties: { ClusterName: 'orders', ACLName: { Ref: 'Acl' }, NodeType: 'db.t4g.small', ...cluster } },
      Acl: { Type: 'AWS::MemoryDB::ACL', Properties: { ACLName: 'orders', UserNames: Object.keys(users).map((id) => ({ Ref: id })) } },
      ...users,
      ...more,
    },
  };
}

/** Talk to one node as a user; an error is thrown, nothing is tried twice. */
export async function asUser<T>(cluster: LocalCluster, userName: string, password: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    host: cluster.host,
    port: cluster.port,
    username: userName,
    password,
    protocol: 2,
    lazyConnect: true,
    retryStrategy: () => null,
    enableReadyCheck: false,
    disableClientInfo: true,
    ...cluster.caFile === undefined ? {} : { tls: { ca: readFileSync(cluster.caFile) } },
  });
  let cause: unknown;
  redis.on('error', (error) => {
    cause = error;
  });
  try {
    await redis.connect().catch((error: unknown) => {
      throw cause ?? error;
    });
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** A cluster client with the values of an environment. */
export async function withClusterClient<T>(environment: Readonly<Record<string, string>>, work: (client: Cluster) => Promise<T>): Promise<T> {
  const client = new Cluster([{ host: environment.MEMORYDB_HOST, port: Number(environment.MEMORYDB_PORT) }], {
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: {
      username: environment.MEMORYDB_USERNAME,
      password: environment.MEMORYDB_PASSWORD,
      ...environment.MEMORYDB_CA_FILE === undefined ? {} : { tls: { ca: readFileSync(environment.MEMORYDB_CA_FILE) } },
    },
  });
  client.on('error', () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** The value of one setting of a server. */
export async function setting(node: LocalNode, name: string): Promise<string> {
  const [, value] = await node.call('CONFIG', 'GET', name) as string[];
  return value;
}

/** Whether a process is there; one that has ended but is not collected yet is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    // A machine without /proc answers by the signal alone.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

/** Wait until something holds, for ten seconds at most. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!await holds()) {
    if (Date.now() > deadline) {
      throw new Error(`still not so after 10 seconds: ${holds.toString()}`);
    }
    await sleep(20);
  }
}
