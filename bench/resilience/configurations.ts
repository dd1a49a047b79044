import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { targetOf } from './play';
import { passwordOf, startUsers } from '../../test/client/support/users';
import type { Attempt, TrafficMethods } from '../apps/traffic';
import type { ClientName } from '../clients';
import type { Target } from '../clients/client';
import { Worker } from '../worker';

/** How long an error is waited for. */
const TIMEOUT_MS = 25_000;

/** What a client says to a mistake in its configuration. */
export interface Complaint extends Attempt {
  readonly client: ClientName;
  readonly mistake: string;
}

/** Connects each client with each of the usual mistakes, and with none. */
export async function complaints(clients: readonly ClientName[], script: string): Promise<Complaint[]> {
  const users = await startUsers({ app: 'on ~* &* +@all', limited: 'on ~* &* -@all +@read +@write' });
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const target = targetOf(users);
    const mistakes: Record<string, Partial<Target>> = {
      'none': {},
      'unknown host': { host: 'no-such-cluster.invalid' },
      'wrong port': { port: 1 },
      'a host that does not answer': { port: (silent.address() as AddressInfo).port },
      'untrusted certificate': { ca: undefined },
      'wrong password': { password: 'Bench-wrong-password-0123456789' },
      'user without +cluster': { username: 'limited', password: passwordOf('limited') },
    };
    const found: Complaint[] = [];
    for (const client of clients) {
      found.push(...await Promise.all(Object.entries(mistakes).map(async ([mistake, wrong]) => {
        const trusted = 'ca' in wrong ? {} : { NODE_EXTRA_CA_CERTS: users.cluster.caFile };
        const worker = new Worker<TrafficMethods>(script, trusted);
        try {
          return { client, mistake, ...await worker.call('open', client, { ...target, ...wrong }, TIMEOUT_MS) };
        } finally {
          worker.kill('SIGKILL');
        }
      })));
    }
    return found;
  } finally {
    silent.close();
    await users.local.stop();
  }
}
