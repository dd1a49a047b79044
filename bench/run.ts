import { parseArgs } from 'node:util';
import { compare } from './compare';
import { requireContest } from './require';
import { synthContest } from './synth';
import { table } from './table';

const BENCHMARKS = { synth: synthContest, require: requireContest };

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

const comparisons = names.map((name) => compare(BENCHMARKS[name](), rounds));
console.log(values.json ? JSON.stringify(comparisons, undefined, 2) : table(comparisons));
