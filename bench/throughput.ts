import { readFileSync } from 'node:fs';
import type { LoadMethods, Operation } from './apps/load';
import type { ClientName } from './clients';
import { compare } from './compare';
import type { Comparison } from './compare';
import { compile } from './process';
import { Worker } from './worker';
import { passwordOf, startUsers } from '../test/client/support/users';

const PEERS: readonly ClientName[] = ['ioredis', 'ioredis, auto-pipelining', 'node-redis', 'valkey-glide'];

const LOADS: readonly (readonly [operation: Operation, concurrency: number])[] = [
  ...[1, 50, 500].flatMap((concurrency) => [['get', concurrency], ['set', concurrency]] as const),
  ['mget', 1],
];

/** A machine that does other things as well changes the first more than the second. */
const MEASURED = [['Operations per second', 'perSecond'], ['Microseconds', 'processorTime']] as const;

/** How many processes each client has, one after the other: two of the same client differ by several percent for as long as they live. */
const PROCESSES = 5;

/** How long a process does something before it is measured with it, in milliseconds: by then, Node.js has compiled what is worth it. */
const WARM_UP_MS = 2_000;

/** Long enough to outlast a collection of garbage, short enough that the machine is in the same mood for all clients of a round. */
const MEASUREMENT_MS = 400;

/**
 * Commands per second of the clients, and what they cost, against a real cluster of three shards with a replica each, with TLS and an ACL user.
 *
 * Every client has processes of its own, which stay for all measurements, since a service is warm; only one of them works at a time.
 */
export async function throughput(rounds: number): Promise<Comparison[]> {
  const { cluster, local } = await startUsers({ app: 'on ~* &* +@all' });
  const workers: Worker<LoadMethods>[] = [];
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
    const start = async (name: ClientName) => {
      const own: Worker<LoadMethods>[] = [];
      while (own.length < PROCESSES) {
        const worker = new Worker<LoadMethods>(script, { NODE_EXTRA_CA_CERTS: cluster.caFile });
        workers.push(worker);
        own.push(worker);
        await worker.call('open', name, target);
      }
      let turn = 0;
      return { name, next: () => own[turn++ % PROCESSES] };
    };
    const own = await start('cdk-memorydb');
    const peers = [];
    for (const name of PEERS) {
      peers.push(await start(name));
    }
    const comparisons: Comparison[] = [];
    for (const [operation, concurrency] of LOADS) {
      const what = operation === 'mget' ? '1,000 keys of 100 bytes in all slots per operation, one operation' : `100 bytes, ${concurrency} operations`;
      for (const worker of workers) {
        await worker.call('measure', operation, concurrency, WARM_UP_MS);
      }
      for (const [unit, measured] of MEASURED) {
        const side = ({ name, next }: typeof own) => ({
          name,
          measure: async () => (await next().call('measure', operation, concurrency, MEASUREMENT_MS))[measured],
        });
        const note = `${what} at a time${unit === 'Microseconds' ? '; time of the processor in the client per operation' : ''}.`;
        comparisons.push(await compare({ benchmark: `${operation} x ${concurrency}`, unit, note, own: side(own), peers: peers.map(side) }, rounds));
      }
    }
    return comparisons;
  } finally {
    workers.forEach((worker) => worker.kill('SIGTERM'));
    await local.stop();
  }
}
