import { readFileSync } from 'node:fs';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import type { Scenario } from './scenarios';
import { shardsOf } from '../../test/client/support/faults';
import type { Shard } from '../../test/client/support/faults';
import { passwordOf, startUsers } from '../../test/client/support/users';
import type { Users } from '../../test/client/support/users';
import type { Operation, TrafficMethods } from '../apps/traffic';
import type { ClientName } from '../clients';
import type { Target } from '../clients/client';
import { Worker } from '../worker';
import { slotOf } from 'cdk-memorydb/client';

/** Operations per second: so few that the machine is idle but for what is measured. */
const RATE = 400;

const READ_KEYS = Array.from({ length: 300 }, (_, i) => `read-${i}`);
const WRITE_KEYS = Array.from({ length: 8_000 }, (_, i) => `write-${i}`);

/** Long enough for a failover to be felt: a replica takes over after five to nine seconds. MemoryDB Local by itself is quicker. */
const NODE_TIMEOUT_MS = 5_000;

/** How long a client works before anything happens to it. */
const WARM_UP_MS = 2_000;

/** How long operations may still take when the traffic has ended. */
const SETTLE_MS = 8_000;

const OPEN_TIMEOUT_MS = 10_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Who the clients are, on a cluster of the test harness. */
export function targetOf({ cluster }: Users, replicas = false): Target {
  const { caFile, host, port } = cluster;
  return { host, port, username: 'app', password: passwordOf('app'), ca: readFileSync(caFile!, 'utf8'), replicas };
}

/** Lets one scenario happen to one client, on a cluster of its own. */
export async function play(scenario: Scenario, client: ClientName, script: string): Promise<Outcome> {
  const users = await startUsers({ app: 'on ~* &* +@all' });
  const worker = new Worker<TrafficMethods>(script, { NODE_EXTRA_CA_CERTS: users.cluster.caFile });
  try {
    await users.onAllNodes('CONFIG', 'SET', 'cluster-node-timeout', String(NODE_TIMEOUT_MS));
    const shards = await shardsOf(users.cluster);
    const opened = await worker.call('open', client, targetOf(users, scenario.readsReplicas), OPEN_TIMEOUT_MS);
    if (opened.outcome !== 'answered') {
      throw new Error(`${client} did not connect: ${opened.reason}`);
    }
    const shardOf = (key: string) => shards.findIndex(({ end }) => slotOf(key) <= end);
    const probes = shards.map((_, shard) => Array.from({ length: 1_000 }, (__, i) => `probe-${i}`).find((key) => shardOf(key) === shard)!);
    const stage = { users, shards, worker, probes };
    await worker.call('start', { rate: RATE, readKeys: READ_KEYS, writeKeys: scenario.readsReplicas ? [] : WRITE_KEYS });
    await pause(WARM_UP_MS);
    const [fault] = await Promise.all([scenario.happen(stage), pause(scenario.duration)]);
    const { operations } = await worker.call('stop', SETTLE_MS);
    await scenario.end?.(stage);
    const lost = scenario.losesData ? undefined : await lostWrites(shards, operations, shardOf);
    return outcomeOf(operations, fault, shardOf, lost);
  } finally {
    worker.kill('SIGKILL');
    await users.local.stop();
  }
}

/** How many acknowledged writes no node has. */
async function lostWrites(shards: readonly Shard[], operations: readonly Operation[], shardOf: (key: string) => number): Promise<number> {
  const acknowledged = operations.filter(({ write, end, error }) => write && end !== undefined && error === undefined);
  const nodes = shards.flatMap(({ primary, replica }) => [primary, replica]).filter(({ running }) => running);
  const found = await Promise.all(acknowledged.map(async ({ key }) => {
    const { primary, replica } = shards[shardOf(key)];
    // The shard of the start first; a slot may have moved meanwhile.
    for (const node of new Set([primary, replica, ...nodes].filter((candidate) => nodes.includes(candidate)))) {
      if (await node.call('EXISTS', key).catch(() => 0) === 1) {
        return true;
      }
    }
    return false;
  }));
  return found.filter((there) => !there).length;
}
