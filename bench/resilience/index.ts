import { complaints } from './configurations';
import type { Complaint } from './configurations';
import { crowdOf } from './crowd';
import type { Crowd } from './crowd';
import type { Outcome } from './outcome';
import { play } from './play';
import { SCENARIOS } from './scenarios';
import type { ClientName } from '../clients';
import { compile } from '../process';
import { spreadOf } from '../stats';
import { align } from '../table';

const CLIENTS: readonly ClientName[] = ['cdk-memorydb', 'ioredis, options of a guide', 'node-redis', 'valkey-glide'];

/** What became of the clients. */
export interface Resilience {
  readonly rounds: number;
  /** By scenario and client, one outcome a round. */
  readonly outcomes: readonly { readonly scenario: string; readonly client: ClientName; readonly outcomes: readonly Outcome[] }[];
  readonly complaints: readonly Complaint[];
  readonly crowds: readonly Crowd[];
}

/**
 * What callers notice when something happens to the cluster, the credentials or the process: each client in turn, on a fresh cluster of
 * three shards with a replica each.
 */
export async function resilience(rounds: number): Promise<Resilience> {
  const script = compile('apps/traffic');
  const outcomes = SCENARIOS.flatMap((scenario) => CLIENTS.map((client) => ({ scenario, client, outcomes: [] as Outcome[] })));
  for (let round = 0; round < rounds; round++) {
    for (const entry of round % 2 === 0 ? outcomes : [...outcomes].reverse()) {
      process.stderr.write(`${entry.scenario.name}: ${entry.client}\n`);
      entry.outcomes.push(await play(entry.scenario, entry.client, script));
    }
  }
  const crowds: Crowd[] = [];
  for (const client of CLIENTS) {
    crowds.push(await crowdOf(client, script));
  }
  return {
    rounds,
    outcomes: outcomes.map((entry) => ({ ...entry, scenario: entry.scenario.name })),
    complaints: await complaints([...CLIENTS, 'ioredis, guide as published'], script),
    crowds,
  };
}

/** Writes the outcomes as tables for people. */
export function resilienceTables({ rounds, outcomes, complaints: said, crowds }: Resilience): string {
  const scenarios = [...new Set(outcomes.map(({ scenario }) => scenario))].map((scenario) => [
    ...align([
      [scenario, 'operations', 'errors', 'elsewhere', 'hanging', 'recovery', 'gap', 'p99 elsewhere', 'lost'],
      ...outcomes.filter((entry) => entry.scenario === scenario).map(({ client, outcomes: all }) => [
        client,
        ...(['operations', 'errors', 'errorsElsewhere', 'hanging', 'recovery', 'gap', 'p99Elsewhere', 'lost'] as const).map((column) => cell(all, column)),
      ]),
    ]),
    ...outcomes.filter((entry) => entry.scenario === scenario).flatMap(({ client, outcomes: all }) => {
      const reason = all.find((outcome) => outcome.reason)?.reason;
      return reason ? [`  ${client}: ${reason}`] : [];
    }),
  ].join('\n'));
  const crowd = align([
    ['50 clients at once', 'answered', 'ms to the last', 'opened per client', 'on one node'],
    ...crowds.map(({ client, answered, milliseconds, opened, onOneNode }) => [
      client, String(answered), milliseconds.toFixed(0), opened.toFixed(1), String(onOneNode),
    ]),
  ]).join('\n');
  const mistakes = align([
    ['mistake', 'client', 'outcome', 'ms'],
    ...said.map(({ mistake, client, outcome, milliseconds }) => [mistake, client, outcome, milliseconds.toFixed(0)]),
  ]).map((line, i) => (i === 0 ? line : `${line}  ${said[i - 1].reason}`)).join('\n');
  return [
    ...scenarios,
    `Median of ${rounds} rounds (least to most), times in milliseconds. Recovery is from the moment the servers could work again to the first`
    + ' success; gap is the longest time without a success; hanging is what had no answer 8 s after the traffic had ended.',
    crowd,
    mistakes,
  ].join('\n\n');
}

function cell(outcomes: readonly Outcome[], column: Exclude<keyof Outcome, 'reason'>): string {
  const values = outcomes.map((outcome) => outcome[column]);
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) {
    return column === 'recovery' ? 'never' : '-';
  }
  const { median, min, max } = spreadOf(known);
  return min === max ? median.toFixed(0) : `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)})`;
}
