import { readFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project } from './support/project';
import { RESOLUTIONS, typeCheck } from './support/type-check';
import type { Resolution } from './support/type-check';

describe('a client without the constructs, installed by npm', () => {
  let project: Project;

  beforeAll(() => {
    project = Project.create('npmWithoutPeers', ['ioredis', '@types/node']);
  }, 120_000);

  afterAll(() => project?.remove());

  test.each(['aws-cdk-lib', 'constructs', '@aws-sdk/client-secrets-manager'])('does not get %s', (name) => {
    expect(project.has(name)).toBe(false);
  });

  test.each(Object.keys(RESOLUTIONS) as Resolution[])('type-checks with module resolution %s', (resolution) => {
    expect(typeCheck(project, project.addSource('client'), resolution)).toBe('');
  });

  test.each(['cjs', 'esm'] as const)('makes a client (%s)', (format) => {
    expect(project.runFixture('client', format)).toBe('true wait function\n');
  });

  test.each(['cjs', 'esm'] as const)('is told which package reads secrets (%s)', (format) => {
    expect(project.runFixture('secret', format)).toContain('@aws-sdk/client-secrets-manager');
  });

  test('makes a client from a bundle that holds the client and ioredis only', () => {
    const [source] = project.addSource('client');
    const outfile = project.path('bundle.js');
    const { metafile } = buildSync({
      absWorkingDir: project.directory,
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      external: ['@aws-sdk/*'],
      metafile: true,
    });
    const own = Object.keys(metafile.inputs).filter((input) => input.startsWith('node_modules/cdk-memorydb/'));
    expect(own).toEqual(['node_modules/cdk-memorydb/lib/client/index.mjs']);
    expect(Object.keys(metafile.inputs).filter((input) => /aws-cdk-lib|constructs/.test(input))).toEqual([]);
    // `BatchError` is not used.
    expect(readFileSync(outfile, 'utf8')).not.toContain('EBATCH');
    expect(project.run(process.execPath, [outfile])).toBe('true wait function\n');
  });
});
