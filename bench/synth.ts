import { deepStrictEqual } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from './apps/synthesize';
import type { Contest } from './compare';
import { compile, runScript } from './process';

/** Enough that the clusters outweigh the VPC and what the first construct of a kind costs. */
const FEW = 100;

/** So many that a cost which grows faster than their number shows. */
const MANY = 500;

/**
 * Synthesizing clusters with this library against writing the same resources as L1 constructs.
 *
 * Every measurement is a fresh process, since an application is synthesized once per process: a warmed-up one would show times that
 * nobody gets. The clock starts after the modules have been loaded, which the benchmark `require` measures. The template validation of
 * aws-cdk-lib is off on both sides: it takes seconds, and just as long for the same template.
 */
export function synthContests(): Contest[] {
  const own = app('with-constructs');
  const peer = app('with-l1');
  deepStrictEqual(own(FEW).resources, peer(FEW).resources, 'the two templates hold different resources, so their times say nothing');
  const ownSide = (count: number) => ({ name: `cdk-memorydb, ${count} clusters`, measure: () => own(count).milliseconds });
  const peerSide = (count: number) => ({ name: `aws-cdk-lib L1, ${count} clusters`, measure: () => peer(count).milliseconds });
  const contest = {
    benchmark: 'synth',
    unit: 'Milliseconds' as const,
    note: 'Clusters with a user each, one VPC. Fresh process each, modules loaded, template validation off.',
  };
  return [
    { ...contest, own: ownSide(FEW), peers: [peerSide(FEW)] },
    {
      ...contest,
      note: `${contest.note} A time that grows with the number of clusters is ${MANY / FEW} times that of ${FEW}.`,
      own: ownSide(MANY),
      peers: [peerSide(MANY), ownSide(FEW)],
    },
  ];
}

function app(name: string): (count: number) => Measurement {
  const script = compile(`apps/${name}`);
  return (count) => {
    const outdir = mkdtempSync(join(tmpdir(), 'cdk-memorydb-bench-'));
    try {
      return runScript<Measurement>([script, String(count), outdir], { CDK_VALIDATION: 'false' });
    } finally {
      rmSync(outdir, { recursive: true });
    }
  };
}
