import { readFileSync } from 'node:fs';
import type { LoadMethods, Operation, Speed } from './apps/load';
import type { ClientName } from './clients';
import { comparisonOf } from './compare';
import type { Comparison } from './compare';
import { compile } from './process';
import { Worker } from './worker';
import { passwordOf, startUsers } from '../test/client/support/users';

/** This library and its peers. */
const CLIENTS: readonly ClientName[] = ['cdk-memorydb', 'ioredis', 'ioredis, auto-pipelining', 'node-redis', 'valkey-glide'];

type Load = readonly [operation: Operation, concurrency: number];

const LOADS: readonly Load[] = [
  ...[1, 50, 500].flatMap((concurrency) => [['get', concurrency], ['set', concurrency]] as const),
  ['mget', 1],
];

/** A machine that does other things as well changes the first more than the second. */
const MEASURED = [['Operations per second', 'perSecond'], ['Microseconds', 'processorTime']] as const;

/** What a client does before anything is measured, each for so many milliseconds: by then, Node.js has compiled what is worth it. */
const WARM_UP: readonly Load[] = [['get', 50], ['set', 50]];
const WARM_UP_MS = 1_500;

/** For how long a client works before it is measured, in milliseconds: one that has rested may find nothing of its own in the caches of the processor. */
const RUN_UP_MS = 1_000;

const MEASUREMENT_MS = 1_000;

/**
 * Commands per second of the clients, and what they cost, against a real cluster of three shards with a replica each, with TLS and an ACL user.
 *
 * Every client has another process in every round, since two of the same client differ by several percent for as long as they live. Only one
 * process works at a time.
 */
export async function throughput(rounds: number): Promise<Comparison[]> {
  const { cluster, local } = await startUsers({ app: 'on ~* &* +@all' });
  try {
    const script = compile('apps/load');
    const target = {
      host: cluster.host,
      port: cluster.port,
      username: 'app',
      password: passwordOf('app'),
      ca: readFileSync(cluster.caFile!, 'utf8'),
      replicas: false,
    };
    const speeds = LOADS.map(() => CLIENTS.map((): Speed[] => []));
    for (let round = 0; round < rounds; round++) {
      const workers = CLIENTS.map(() => new Worker<LoadMethods>(script, { NODE_EXTRA_CA_CERTS: cluster.caFile }));
      try {
        const order = [...workers.keys()];
        if (round % 2 === 1) {
          order.reverse();
        }
        for (const index of order) {
          await workers[index].call('open', CLIENTS[index], target);
          for (const [operation, concurrency] of WARM_UP) {
            await workers[index].call('measure', operation, concurrency, 0, WARM_UP_MS);
          }
        }
        for (const [load, [operation, concurrency]] of LOADS.entries()) {
          for (const index of order) {
            speeds[load][index].push(await workers[index].call('measure', operation, concurrency, RUN_UP_MS, MEASUREMENT_MS));
          }
        }
      } finally {
        workers.forEach((worker) => worker.kill('SIGTERM'));
      }
    }
    return LOADS.flatMap((load, index) => comparisonsOf(load, speeds[index]));
  } finally {
    await local.stop();
  }
}

/** @param speeds - of each client, round by round */
function comparisonsOf([operation, concurrency]: Load, speeds: readonly (readonly Speed[])[]): Comparison[] {
  const what = operation === 'mget' ? '1,000 keys of 100 bytes in all slots per operation, one operation' : `100 bytes, ${concurrency} operations`;
  return MEASURED.map(([unit, measured]) => {
    const note = `${what} at a time${unit === 'Microseconds' ? '; time of the processor in the client per operation' : ''}.`;
    const [own, ...peers] = CLIENTS.map((name, index) => ({ name, values: speeds[index].map((speed) => speed[measured]) }));
    return comparisonOf({ benchmark: `${operation} x ${concurrency}`, unit, note }, own, peers);
  });
}
