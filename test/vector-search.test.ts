import type { Stack } from 'aws-cdk-lib';
import { CfnParameterGroup } from 'aws-cdk-lib/aws-memorydb';
import { describe, expect, test } from 'vitest';
import { Cluster, EngineVersion, NodeType, ParameterGroup } from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newStack, propertiesOf, synth, templateOf } from './support/synth';

const { REDIS_6_2, REDIS_7_0, REDIS_7_1, VALKEY_7_2, VALKEY_7_3 } = EngineVersion;

function define(stack: Stack, props: Partial<ClusterProps>): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.R7G_LARGE, ...props });
}

const named = (stack: Stack, name: string) => ParameterGroup.fromParameterGroupName(stack, 'Parameters', name);

test.each([
  [REDIS_7_1, 'default.memorydb-redis7.search'],
  [VALKEY_7_2, 'default.memorydb-valkey7.search'],
  [VALKEY_7_3, 'default.memorydb-valkey7.search'],
  [EngineVersion.of('valkey', '8.0'), 'default.memorydb-valkey8.search'],
])('%s uses the built-in group %s, and none is made', (engineVersion, name) => {
  const stack = newStack();
  const cluster = define(stack, { engineVersion, vectorSearch: true, numReplicasPerShard: 2 });
  const template = templateOf(stack);
  expect(propertiesOf(template, 'AWS::MemoryDB::Cluster')).toMatchObject({ ParameterGroupName: name, NumShards: 1 });
  template.resourceCountIs('AWS::MemoryDB::ParameterGroup', 0);
  expect(cluster.parameterGroup?.parameterGroupRef.parameterGroupName).toBe(name);
  expect(synth(stack).warnings).toEqual([]);
});

test.each([undefined, false])('none is used when vectorSearch is %s', (vectorSearch) => {
  const stack = newStack();
  define(stack, { vectorSearch });
  templateOf(stack).resourceCountIs('AWS::MemoryDB::ParameterGroup', 1);
});

describe('a group of the user', () => {
  test.each(['default.memorydb-valkey7.search', 'with-search'])('that may have search is used: %s', (name) => {
    const stack = newStack();
    define(stack, { vectorSearch: true, parameterGroup: named(stack, name) });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').ParameterGroupName).toBe(name);
  });

  test.each<[string, (stack: Stack) => ClusterProps['parameterGroup'], string]>([
    ['of this library', (stack) => new ParameterGroup(stack, 'Parameters', { engineVersion: VALKEY_7_3, parameters: { 'search-enabled': 'yes' } }),
      'CloudFormation creates a group without its parameters, and search is never turned on later'],
    ['that is an L1', (stack) => new CfnParameterGroup(stack, 'Parameters', { parameterGroupName: 'mine', family: 'memorydb_valkey7' }),
      'CloudFormation creates a group without its parameters, and search is never turned on later'],
    ['that is built in', (stack) => named(stack, 'default.memorydb-valkey7'), 'that built-in group does not have it'],
  ])('%s comes too late', (_, makeGroup, reason) => {
    const stack = newStack();
    expect(() => define(stack, { vectorSearch: true, parameterGroup: makeGroup(stack) })).toThrow(
      `'parameterGroup' must have 'search-enabled' before the cluster is created, got Test/Parameters: ${reason}; ` +
        'leave it out to use default.memorydb-valkey7.search, or import a group that has it already by its name',
    );
  });
});

describe.each([
  ['vectorSearch', (): Partial<ClusterProps> => ({ vectorSearch: true })],
  ['the built-in group', (stack: Stack, family = 'valkey7'): Partial<ClusterProps> => ({ parameterGroup: named(stack, `default.memorydb-${family}.search`) })],
])('with %s, it fails for', (_, searching) => {
  test('two shards', () => {
    const stack = newStack();
    expect(() => define(stack, { ...searching(stack), numShards: 2 })).toThrow(
      "'numShards' must be 1 in a cluster with vector search, got 2; choose a larger 'nodeType' for more room, more replicas for more reads, " +
        'or turn vector search off',
    );
  });

  test('nodes with data tiering', () => {
    const stack = newStack();
    expect(() => define(stack, { ...searching(stack), nodeType: NodeType.R6GD_2XLARGE })).toThrow(
      "'nodeType' must be one without data tiering for vector search, got db.r6gd.2xlarge; choose an r7g, r6g or t4g node or turn vector search off",
    );
  });

  test.each([[REDIS_6_2, 'redis6'], [REDIS_7_0, 'redis7'], [EngineVersion.of('valkey', '7.1'), 'valkey7']])('%s', (engineVersion, family) => {
    const stack = newStack();
    expect(() => define(stack, { ...searching(stack, family), engineVersion })).toThrow(
      `'engineVersion' must be Redis OSS 7.1, Valkey 7.2 or later for vector search, got ${engineVersion.toString()}; raise it or turn vector search off`,
    );
  });
});

test('a parameter of search is only explained where it is set', () => {
  const stack = newStack();
  new ParameterGroup(stack, 'Off', { engineVersion: VALKEY_7_3, parameters: { 'search-enabled': 'no' } });
  expect(synth(stack).warnings).toEqual([]);
  new ParameterGroup(stack, 'On', { engineVersion: VALKEY_7_3, parameters: { 'search-enabled': 'yes' } });
  expect(synth(stack).warnings).toEqual([
    expect.stringMatching(/^Test\/On: 'search-enabled' is read only when .* give the cluster 'vectorSearch: true'.*searchEnabledTooLate\]$/),
  ]);
});
