import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { coldStart } from './cold-start';
import { compare } from './compare';
import type { Comparison } from './compare';
import { ROOT } from './process';
import { requireContest } from './require';
import { resilience, resilienceTables } from './resilience';
import { synthContests } from './synth';
import { table } from './table';
import { throughput } from './throughput';

/** Where the findings stay, as JSON. */
const RESULTS = join(ROOT, 'bench', 'results');

/** What a benchmark found, for programs and for people. */
interface Report {
  readonly data: unknown;
  readonly text: string;
}

const tables = (comparisons: readonly Comparison[]): Report => ({ data: comparisons, text: table(comparisons) });

const BENCHMARKS = {
  'synth': async (rounds = 15) => {
    const comparisons: Comparison[] = [];
    for (const contest of synthContests()) {
      comparisons.push(await compare(contest, rounds));
    }
    return tables(comparisons);
  },
  'require': async (rounds = 15) => tables([await compare(requireContest(), rounds)]),
  'cold-start': async (rounds = 15) => tables(await coldStart(rounds)),
  'throughput': async (rounds = 15) => tables(await throughput(rounds)),
  'resilience': async (rounds = 1) => {
    const data = await resilience(rounds);
    return { data, text: resilienceTables(data) };
  },
} satisfies Record<string, (rounds?: number) => Promise<Report>>;

const isBenchmark = (name: string): name is keyof typeof BENCHMARKS => name in BENCHMARKS;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});

const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (!names.every(isBenchmark) || !(rounds === undefined || (Number.isInteger(rounds) && rounds > 0))) {
  throw new Error(`Usage: npm run bench -- [--json] [--rounds N] [${Object.keys(BENCHMARKS).join('] [')}]`);
}

async function main(): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const name of names.filter(isBenchmark)) {
    const { data, text } = await BENCHMARKS[name](rounds);
    found[name] = data;
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, `${name}.json`), JSON.stringify(data, undefined, 2));
    if (!values.json) {
      console.log(`${text}\n`);
    }
  }
  if (values.json) {
    console.log(JSON.stringify(found, undefined, 2));
  }
}

void main();
