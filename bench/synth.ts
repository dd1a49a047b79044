import { deepStrictEqual } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from './apps/synthesize';
import type { Contest } from './compare';
import { compile, runScript } from './process';

/** Enough that the clusters outweigh the VPC and what the first construct of a kind costs. */
const CLUSTERS = 100;

/**
 * Synthesizing clusters with this library against writing the same resources as L1 constructs.
 *
 * Every measurement is a fresh process, since an application is synthesized once per process: a warmed-up one would show times that
 * nobody gets. The clock starts after the modules have been loaded, which the benchmark `require` measures. The template validation of
 * aws-cdk-lib is off on both sides: it takes seconds, and just as long for the same template.
 */
export function synthContest(): Contest {
  const own = app('with-constructs');
  const peer = app('with-l1');
  deepStrictEqual(own().resources, peer().resources, 'the two templates hold different resources, so their times say nothing');
  return {
    benchmark: 'synth',
    unit: 'Milliseconds',
    note: `${CLUSTERS} clusters with a user each, one VPC. Fresh process each, modules loaded, template validation off.`,
    own: { name: 'cdk-memorydb', measure: () => own().milliseconds },
    peers: [{ name: 'aws-cdk-lib L1', measure: () => peer().milliseconds }],
  };
}

function app(name: string): () => Measurement {
  const script = compile(`apps/${name}`);
  return () => {
    const outdir = mkdtempSync(join(tmpdir(), 'cdk-memorydb-bench-'));
    try {
      return runScript<Measurement>([script, String(CLUSTERS), outdir], { CDK_VALIDATION: 'false' });
    } finally {
      rmSync(outdir, { recursive: true });
    }
  };
}
