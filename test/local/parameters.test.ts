import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterTemplate, setting, user } from './fixtures';
import { Local, startLocal } from '../../src/local';

function withParameters(parameters: object, cluster: object = {}, family: string = 'memorydb_valkey7') {
  return clusterTemplate({ app: user('app', 'on ~* +@all') }, { ParameterGroupName: { Ref: 'Group' }, ...cluster }, {
    Group: {
      Type: 'AWS::MemoryDB::ParameterGroup',
      Properties: { ParameterGroupName: 'orders', Family: family, Parameters: parameters },
    },
  });
}

describe('parameters of a group', () => {
  let local: Local;

  beforeAll(async () => {
    local = await startLocal({
      template: withParameters({
        'maxmemory-policy': 'allkeys-lru',
        'notify-keyspace-events': 'Ex',
        'timeout': 300,
        'client-output-buffer-limit-normal-hard-limit': '1048576',
        'client-output-buffer-limit-pubsub-soft-seconds': '30',
        'search-enabled': 'yes',
        'search-query-timeout-ms': '5000',
      }),
    });
  });

  afterAll(async () => local?.stop());

  test('are in force on every node', async () => {
    expect(local.nodes).toHaveLength(2);
    for (const node of local.nodes) {
      expect(await setting(node, 'maxmemory-policy')).toBe('allkeys-lru');
      expect(await setting(node, 'notify-keyspace-events')).toMatch(/^(Ex|xE)$/);
      expect(await setting(node, 'timeout')).toBe('300');
    }
  });

  test('make up one limit of the server out of three', async () => {
    const limits = await setting(local.nodes[0], 'client-output-buffer-limit');
    expect(limits).toContain('normal 1048576 0 0');
    expect(limits).toContain('pubsub 33554432 8388608 30');
  });

  test('that the server does not have are left out with a notice', () => {
    expect(local.notices).toEqual([
      'parameter "search-enabled" of cluster "orders" is left out, this server cannot do it',
      'parameter "search-query-timeout-ms" of cluster "orders" is left out, this server cannot do it',
    ]);
  });

  test('that are not given have the default of the family', async () => {
    expect(await setting(local.nodes[0], 'maxmemory-samples')).toBe('3');
    expect(await setting(local.nodes[0], 'latency-tracking')).toBe('no');
  });
});

test('the default group means no eviction', async () => {
  const local = await startLocal({
    template: clusterTemplate({ app: user('app', 'on ~* +@all') }, { ParameterGroupName: 'default.memorydb-valkey7', NumReplicasPerShard: 0 }),
  });
  try {
    expect(local.notices).toEqual([]);
    expect(await setting(local.nodes[0], 'maxmemory-policy')).toBe('noeviction');
  } finally {
    await local.stop();
  }
});

test('an unknown group is replaced by the defaults with a notice', async () => {
  const local = await startLocal({
    template: clusterTemplate({ app: user('app', 'on ~* +@all') }, { ParameterGroupName: 'made-elsewhere', NumReplicasPerShard: 0 }),
  });
  await local.stop();
  expect(local.notices).toEqual(['parameter group "made-elsewhere" of cluster Template/Cluster is in no stack that was read, defaults are used']);
});

test('of a family that is not known here cannot change where a server listens', async () => {
  const template = withParameters({ 'timeout': '5', 'bind': '0.0.0.0', 'timeout\nbind': '0.0.0.0' }, { NumReplicasPerShard: 0 }, 'memorydb_valkey9');
  const local = await startLocal({ template });
  try {
    expect(local.notices).toEqual([
      'parameter "bind" of Template/Group is left out, the service has no such parameter',
      'parameter "timeout\\nbind" of Template/Group is left out, the service has no such parameter',
    ]);
    expect(await setting(local.nodes[0], 'bind')).toBe('127.0.0.1 -::1');
    expect(await setting(local.nodes[0], 'timeout')).toBe('5');
  } finally {
    await local.stop();
  }
});

test('the default group for search is told apart', async () => {
  const local = await startLocal({
    template: clusterTemplate({ app: user('app', 'on ~* +@all') }, { ParameterGroupName: 'default.memorydb-valkey7.search', NumReplicasPerShard: 0 }),
  });
  await local.stop();
  expect(local.notices).toEqual(['parameter "search-enabled" of cluster "orders" is left out, this server cannot do it']);
});

test('fails on a value that the server refuses', async () => {
  await expect(startLocal({ template: withParameters({ 'maxmemory-policy': 'keep-all' }, {}, 'memorydb_valkey9') }))
    .rejects.toThrow(/^parameter "maxmemory-policy" of cluster "orders" \(Template\/Cluster\) does not accept "keep-all": .*allkeys-lru/);
});
