import { targetOf } from './play';
import { startUsers } from '../../test/client/support/users';
import type { TrafficMethods } from '../apps/traffic';
import type { ClientName } from '../clients';
import { Worker } from '../worker';

const CLIENTS = 50;
const TIMEOUT_MS = 20_000;

/** What clients that all start at once do to a cluster. */
export interface Crowd {
  readonly client: ClientName;
  /** How many of them got an answer. */
  readonly answered: number;
  /** Until the last of them did, in milliseconds. */
  readonly milliseconds: number;
  /** Connections that were opened per client, short ones included. */
  readonly opened: number;
  /** Connections of all clients to the node that has most of them, when all are up. */
  readonly onOneNode: number;
}

/** Starts many clients of a kind at once. */
export async function crowdOf(client: ClientName, script: string): Promise<Crowd> {
  const users = await startUsers({ app: 'on ~* &* +@all' });
  const worker = new Worker<TrafficMethods>(script, { NODE_EXTRA_CA_CERTS: users.cluster.caFile });
  try {
    const { nodes } = users.cluster;
    const count = async (section: string, field: RegExp) => Promise.all(nodes.map(async (node) => {
      return Number(field.exec(String(await node.call('INFO', section)))![1]);
    }));
    const received = async () => (await count('stats', /total_connections_received:(\d+)/)).reduce((sum, number) => sum + number);
    const before = await received();
    const attempts = await worker.call('openAll', client, targetOf(users), CLIENTS, TIMEOUT_MS);
    const opened = await received() - before;
    const lists = await Promise.all(nodes.map(async (node) => String(await node.call('CLIENT', 'LIST')).match(/ user=app /g)?.length ?? 0));
    return {
      client,
      answered: attempts.filter(({ outcome }) => outcome === 'answered').length,
      milliseconds: Math.max(...attempts.map(({ milliseconds }) => milliseconds)),
      opened: opened / CLIENTS,
      onOneNode: Math.max(...lists),
    };
  } finally {
    worker.kill('SIGKILL');
    await users.local.stop();
  }
}
