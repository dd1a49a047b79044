// Bundles MemoryDB Local with all that it imports, and writes down whose work is in the bundle and under which licence.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';

const OUTDIR = 'lib/local';

const options = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', outdir: OUTDIR, allowOverwrite: true, logLevel: 'warning' };
const { metafile } = await build({ ...options, entryPoints: ['src/local/index.ts'], metafile: true });
await build({ ...options, entryPoints: ['src/local/cli.ts'], external: ['./index'] });

const packageDirs = new Set(
  Object.keys(metafile.inputs).flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
);
const notices = [...packageDirs].sort().map((dir) => {
  const { name, version, license } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(path.join(dir, file), 'utf8').trim() : 'The package has no licence file.'}\n`;
});
writeFileSync(path.join(OUTDIR, 'THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
