import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project } from './support/project';
import { RESOLUTIONS, typeCheck } from './support/type-check';
import type { Resolution } from './support/type-check';

const TYPE_CHECK_TIMEOUT_MS = 120_000;

describe('a CDK app installed by npm', () => {
  let project: Project;

  beforeAll(() => {
    project = Project.create('npm', ['aws-cdk-lib', 'constructs', '@types/node']);
  }, 120_000);

  afterAll(() => project?.remove());

  test.each(['ioredis', '@aws-sdk/client-secrets-manager', 'pkijs'])('does not get %s', (name) => {
    expect(project.has(name)).toBe(false);
  });

  test.each(Object.keys(RESOLUTIONS) as Resolution[])('type-checks with module resolution %s', (resolution) => {
    const files = ['constructs', 'local'].flatMap((fixture) => project.addSource(fixture));
    expect(typeCheck(project, files, resolution)).toBe('');
  }, TYPE_CHECK_TIMEOUT_MS);

  test.each(['cjs', 'esm'] as const)('synthesizes a cluster (%s)', (format) => {
    expect(project.runFixture('constructs', format).trim().split('\n')).toEqual([
      '6379',
      'AWS::MemoryDB::ACL',
      'AWS::MemoryDB::Cluster',
      'AWS::MemoryDB::ParameterGroup',
      'AWS::MemoryDB::SubnetGroup',
      'AWS::MemoryDB::User',
    ]);
  });

  test.each(['cjs', 'esm'] as const)('loads MemoryDB Local (%s)', (format) => {
    expect(project.runFixture('local', format)).toContain('no-such-directory');
  });

  test('runs the command', () => {
    expect(project.run('npx', ['--no', 'cdk-memorydb', 'local', '--help'])).toContain('cdk-memorydb local up');
  });

  test.each(['cjs', 'esm'] as const)('is told which package the client needs (%s)', (format) => {
    expect(() => project.runFixture('client', format)).toThrow(/Cannot find (module|package) 'ioredis'/);
  });
});
