import type { Cluster } from 'ioredis';
import { Client } from './client';
import { after } from './deadline';
import { describe } from './failure';
import { SLOTS } from './slots';

/** What a health check found. */
export interface Health {
  /** Whether the cluster answers and serves all of its slots. */
  readonly healthy: boolean;
  /** How long the check took, in milliseconds. */
  readonly latency: number;
  /** Why the cluster is not healthy. */
  readonly reason?: string;
}

/** How to check. */
export interface HealthCheckOptions {
  /**
   * How long the cluster may take to answer, in milliseconds.
   *
   * @default 2000
   */
  timeout?: number;
}

/**
 * Asks one node for the state of the cluster, with a command that every user of a cluster client may run. Never rejects.
 */
export async function healthCheck(db: Cluster, { timeout = 2_000 }: HealthCheckOptions = {}): Promise<Health> {
  const start = performance.now();
  const reason = await reasonOf(db, timeout);
  return { healthy: reason === undefined, latency: performance.now() - start, reason };
}

function reasonOf(db: Cluster, timeout: number): Promise<string | undefined> {
  const answer = db.cluster('INFO');
  return new Promise((resolve) => {
    const stop = after(timeout, () => {
      const failure = Client.failureOf(db);
      resolve(`no answer within ${timeout} ms${failure ? `: ${describe(failure)}` : ''}`);
    });
    answer.then(
      (info) => resolve(problemIn(String(info))),
      (error: Error) => resolve(describe(error)),
    ).finally(stop).catch(() => undefined);
  });
}

function problemIn(info: string): string | undefined {
  const fields = new Map(info.split('\r\n').map((line) => line.split(':') as [string, string]));
  if (fields.get('cluster_state') !== 'ok') {
    return `the state of the cluster is ${fields.get('cluster_state')}`;
  }
  // The state stays "ok" without them where the cluster does not require full coverage.
  const served = Number(fields.get('cluster_slots_assigned')) - Number(fields.get('cluster_slots_fail'));
  return served === SLOTS ? undefined : `${SLOTS - served} of ${SLOTS} slots are not served`;
}
