import { statSync } from 'node:fs';
import { compare } from './compare';
import type { Comparison, Contest } from './compare';
import { compile, runScript } from './process';
import { passwordOf, startUsers } from '../test/client/support/users';

/** What a script of this benchmark prints. */
export interface Start {
  /** How long the processor was busy with loading the client, in milliseconds. */
  readonly loading: number;
  /** From the start of the process to the first reply, in milliseconds. */
  readonly replied: number;
  /** How long the processor was busy until then, in milliseconds. */
  readonly busy: number;
}

/** What tells this client that it is in a function. */
const FUNCTION = { AWS_LAMBDA_FUNCTION_NAME: 'bench' };

const OWN = 'cdk-memorydb';
const PEERS = { 'ioredis': 'ioredis', 'node-redis': 'node-redis' };

/**
 * How long a function that has just been started waits for its first reply, and what it has to load for it.
 *
 * Every measurement is a fresh process that runs a minified bundle, as a function does. The certificate authority of the cluster is
 * trusted like those of the system, so that no client has to read a file that it does not have at the service.
 */
export async function coldStart(rounds: number): Promise<Comparison[]> {
  const { cluster, local } = await startUsers({ app: 'on ~* &* +@all' });
  try {
    const env = { ...cluster.environment('app'), MEMORYDB_CA_FILE: '', MEMORYDB_PASSWORD: passwordOf('app'), NODE_EXTRA_CA_CERTS: cluster.caFile };
    const contest = (details: Pick<Contest, 'benchmark' | 'unit' | 'note'>, measure: (script: string) => number): Contest => {
      const side = (name: string, file: string) => {
        const script = compile(`apps/start-${file}`, {
          minify: true,
          external: ['@aws-sdk/*'],
          banner: { js: 'const before = process.cpuUsage();' },
        });
        return { name, measure: () => measure(script) };
      };
      return { ...details, own: side(OWN, OWN), peers: Object.entries(PEERS).map(([name, file]) => side(name, file)) };
    };
    const times: Contest[] = [
      contest({
        benchmark: 'first reply',
        unit: 'Milliseconds',
        note: 'In a function, where this client does not ask whether the cluster is ready, as its peers do: from the start of the process to the reply to a GET.',
      }, (script) => runScript<Start>([script], { ...env, ...FUNCTION }).replied),
      contest({
        benchmark: 'first reply, busy',
        unit: 'Milliseconds',
        note: 'In a function, processor time until then, which a busy machine changes least.',
      }, (script) => runScript<Start>([script], { ...env, ...FUNCTION }).busy),
      contest({
        benchmark: 'first reply of a service',
        unit: 'Milliseconds',
        note: 'The same elsewhere, where the client asks first whether the cluster is ready, as its peers do.',
      }, (script) => runScript<Start>([script], env).replied),
      contest({
        benchmark: 'first reply of a service, busy',
        unit: 'Milliseconds',
        note: 'Processor time until then.',
      }, (script) => runScript<Start>([script], env).busy),
      contest({
        benchmark: 'import',
        unit: 'Milliseconds',
        note: 'Processor time for loading the client from a minified bundle in a fresh process.',
      }, (script) => runScript<Start>([script], env).loading),
    ];
    const comparisons: Comparison[] = [];
    for (const time of times) {
      comparisons.push(await compare(time, rounds));
    }
    comparisons.push(await compare(contest({
      benchmark: 'bundle',
      unit: 'Kilobytes',
      note: 'Minified by esbuild, not compressed.',
    }, (script) => statSync(script).size / 1_000), 1));
    return comparisons;
  } finally {
    await local.stop();
  }
}
