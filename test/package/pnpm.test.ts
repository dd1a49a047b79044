import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PNPM, Project } from './support/project';
import { typeCheck } from './support/type-check';

const CDK = ['aws-cdk-lib', 'constructs', '@types/node'];

describe('a CDK app installed by pnpm, each package apart', () => {
  let project: Project;

  beforeAll(() => {
    project = Project.create('pnpm', CDK);
  }, 120_000);

  afterAll(() => project?.remove());

  test('does not get the optional peers', () => {
    const installed = readdirSync(join(project.root, 'node_modules', '.pnpm'));
    expect(installed).toContainEqual(expect.stringMatching(/^cdk-memorydb@/));
    expect(installed).not.toContainEqual(expect.stringMatching(/^(ioredis|@aws-sdk)/));
  });

  test.each(['cjs', 'esm'] as const)('synthesizes a cluster (%s)', (format) => {
    expect(project.runFixture('constructs', format)).toContain('AWS::MemoryDB::Cluster');
  });

  test('runs the command', () => {
    expect(project.run(PNPM, ['exec', 'cdk-memorydb', 'local', '--help'])).toContain('cdk-memorydb local up');
  });

  test('is told which package the client needs', () => {
    expect(() => project.runFixture('client', 'cjs')).toThrow("Cannot find module 'ioredis'");
  });
});

describe('a CDK app with a client installed by pnpm, each package apart', () => {
  let project: Project;

  beforeAll(() => {
    project = Project.create('pnpm', [...CDK, 'ioredis', '@aws-sdk/client-secrets-manager']);
  }, 120_000);

  afterAll(() => project?.remove());

  test('type-checks', () => {
    const files = ['constructs', 'client', 'local'].flatMap((fixture) => project.addSource(fixture));
    expect(typeCheck(project, files, 'node16')).toBe('');
  }, 120_000);

  test.each(['ioredis', '@aws-sdk/client-secrets-manager'])('lets the client find %s', (name) => {
    const client = realpathSync(project.path('node_modules', 'cdk-memorydb', 'lib', 'client', 'index.js'));
    expect(createRequire(client).resolve(name)).toContain(project.root);
  });

  test.each(['cjs', 'esm'] as const)('makes a client (%s)', (format) => {
    expect(project.runFixture('client', format)).toBe('true wait function\n');
  });
});
