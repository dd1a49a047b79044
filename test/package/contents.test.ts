import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, pack } from './support/tarball';
import type { Tarball } from './support/tarball';

/** Above today's 0.8 megabytes, of which half is MemoryDB Local; much more is a mistake, or a decision to take. */
const MAX_SIZE = 900_000;

const INLINE_SOURCE_MAP = /^\/\/# sourceMappingURL=data:application\/json;base64,(.*)$/m;

interface Manifest {
  readonly bin: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
  readonly peerDependencies: Record<string, string>;
}

describe('the packed package', () => {
  let directory: string;
  let tarball: Tarball;

  const unpacked = (file: string): string => join(directory, 'package', file);
  const read = (file: string): string => readFileSync(unpacked(file), 'utf8');
  const manifest = (): Manifest => JSON.parse(read('package.json')) as Manifest;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cdk-memorydb-contents-'));
    tarball = pack(directory);
    execFileSync('tar', ['-xzf', tarball.path, '-C', directory]);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('holds the library, its descriptions and nothing else', () => {
    expect([...new Set(tarball.files.map((file) => file.split('/')[0]))].sort()).toEqual([
      '.jsii',
      'API.md',
      'LICENSE',
      'README.md',
      'lib',
      'package.json',
    ]);
    const notices = 'lib/local/THIRD-PARTY-NOTICES.txt';
    expect(tarball.files.filter((file) => file.startsWith('lib/') && !/\.(m?js|d\.ts)$/.test(file))).toEqual([notices]);
  });

  test('is small', () => {
    expect(tarball.size).toBeLessThan(MAX_SIZE);
  });

  test('has every file that its manifest names', () => {
    const { bin, exports } = manifest();
    const targets = [bin, exports].flatMap((entries) => Object.values(entries))
      .flatMap((target) => typeof target === 'string' ? target : Object.values(target));
    expect(tarball.files).toEqual(expect.arrayContaining(targets.map((target) => target.replace('./', ''))));
  });

  test('installs nothing but the two packages that every CDK app has', () => {
    expect(manifest().dependencies ?? {}).toEqual({});
    expect(Object.keys(manifest().peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });

  test('does not tell where it was built', () => {
    const telling = tarball.files.filter((file) => [ROOT, homedir()].some((path) => read(file).includes(path)));
    expect(telling).toEqual([]);
    for (const file of tarball.files) {
      const map = INLINE_SOURCE_MAP.exec(read(file))?.[1];
      const { sources, sourceRoot } = JSON.parse(map ? Buffer.from(map, 'base64').toString() : '{"sources":[]}') as { sources: string[]; sourceRoot?: string };
      expect([sourceRoot ?? '', ...sources].filter(isAbsolute), file).toEqual([]);
    }
  });

  test('has the client in one file for Node.js and one for bundlers', () => {
    const scripts = tarball.files.filter((file) => file.startsWith('lib/client/') && /\.m?js$/.test(file));
    expect(scripts.sort()).toEqual(['lib/client/index.js', 'lib/client/index.mjs']);
  });

  test('has MemoryDB Local once, bundled with all it needs', () => {
    const scripts = tarball.files.filter((file) => file.startsWith('lib/local/') && file.endsWith('.js'));
    expect(scripts.sort()).toEqual(['lib/local/cli.js', 'lib/local/index.js']);
    const { metafile } = buildSync({
      entryPoints: scripts.map(unpacked),
      bundle: true,
      packages: 'external',
      platform: 'node',
      metafile: true,
      write: false,
      outdir: directory,
    });
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(imported.filter((path) => !isBuiltin(path))).toEqual([]);
  });
});
