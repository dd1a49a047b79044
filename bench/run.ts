import { parseArgs } from 'node:util';
import { coldStart } from './cold-start';
import { compare } from './compare';
import type { Comparison } from './compare';
import { requireContest } from './require';
import { synthContests } from './synth';
import { table } from './table';
import { throughput } from './throughput';

const BENCHMARKS = {
  'synth': async (rounds: number) => {
    const comparisons: Comparison[] = [];
    for (const contest of synthContests()) {
      comparisons.push(await compare(contest, rounds));
    }
    return comparisons;
  },
  'require': async (rounds: number) => [await compare(requireContest(), rounds)],
  'cold-start': coldStart,
  throughput,
} satisfies Record<string, (rounds: number) => Promise<Comparison[]>>;

const isBenchmark = (name: string): name is keyof typeof BENCHMARKS => name in BENCHMARKS;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
});

const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const rounds = Number(values.rounds);
if (!names.every(isBenchmark) || !(Number.isInteger(rounds) && rounds > 0)) {
  throw new Error(`Usage: npm run bench -- [--json] [--rounds N] [${Object.keys(BENCHMARKS).join('] [')}]`);
}

async function main(): Promise<void> {
  const comparisons: Comparison[] = [];
  for (const name of names.filter(isBenchmark)) {
    comparisons.push(...await BENCHMARKS[name](rounds));
  }
  console.log(values.json ? JSON.stringify(comparisons, undefined, 2) : table(comparisons));
}

void main();
