import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Dashboard, GraphWidget, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import { describe, expect, test } from 'vitest';
import { Cluster, NodeType, StorageTier } from '../src';
import type { ClusterMetricOptions, ICluster } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, templateOf } from './support/synth';
import { ClusterMetricsBase } from '../src/private/cluster-metrics-base';
import { METRIC_STATISTICS } from '../src/private/metric-statistics';

interface CannedMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensionsMap: Record<string, string>;
  readonly statistic: string;
}

/** What aws-cdk-lib's own database of metrics knows of a cluster; the package does not export it. */
function cannedMetrics(): CannedMetric[] {
  const require = createRequire(__filename);
  const file = join(dirname(require.resolve('aws-cdk-lib/aws-memorydb')), 'lib', 'memorydb-canned-metrics.generated.js');
  const { MemoryDBMetrics } = require(file);
  return Object.getOwnPropertyNames(MemoryDBMetrics)
    .filter((name) => typeof MemoryDBMetrics[name] === 'function')
    .map((name) => MemoryDBMetrics[name]({ ClusterName: 'orders' }));
}

const METHODS = Object.getOwnPropertyNames(ClusterMetricsBase.prototype).filter((name) => /^metric./.test(name));

/** Calls a metric method by its name. */
function call(cluster: ICluster, method: string, options?: ClusterMetricOptions): Metric {
  return (cluster as unknown as Record<string, (options?: ClusterMetricOptions) => Metric>)[method](options);
}

function newCluster(stack: Stack): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL });
}

const byName = (stack: Stack) => Cluster.fromClusterName(stack, 'Db', 'orders');

describe('every metric', () => {
  test('has a method of its own', () => {
    const cluster = byName(newStack());
    expect(METHODS.map((method) => call(cluster, method).metricName).sort()).toEqual(Object.keys(METRIC_STATISTICS).sort());
  });

  test.each(METHODS)('%s is named as the service names it', (method) => {
    const { metricName, namespace } = call(byName(newStack()), method);
    expect(`metric${metricName}`.toLowerCase()).toBe(method.toLowerCase());
    expect(namespace).toBe('AWS/MemoryDB');
  });

  test.each(METHODS)('%s is of the cluster, or of a node of it', (method) => {
    const cluster = byName(newStack());
    expect(call(cluster, method).dimensions).toEqual({ ClusterName: 'orders' });
    expect(call(cluster, method, { nodeId: '0002' }).dimensions).toEqual({ ClusterName: 'orders', NodeId: '0002' });
    expect(call(cluster, method, { dimensionsMap: { NodeName: 'orders-0001-001' } }).dimensions).toEqual({
      ClusterName: 'orders', NodeName: 'orders-0001-001',
    });
  });

  test.each(METHODS)('%s takes the options of all metrics', (method) => {
    const metric = call(byName(newStack()), method, { statistic: 'p99', period: Duration.minutes(1), label: 'x', color: '#ff0000' });
    expect(metric).toMatchObject({ statistic: 'p99', label: 'x', color: '#ff0000' });
    expect(metric.period.toSeconds()).toBe(60);
  });
});

describe('the database of aws-cdk-lib', () => {
  /** What its statistic would say of all nodes together, replicas included, and why ours is another one. */
  const DIFFERENCES: Record<string, [statistic: string, reason: string]> = {
    CPUUtilization: ['Maximum', 'an average hides the busy node'],
    EngineCPUUtilization: ['Maximum', 'an average hides the busy shard'],
    DatabaseMemoryUsagePercentage: ['Maximum', 'an average hides the full shard'],
    BytesUsedForMemoryDB: ['Maximum', 'an average hides the full shard'],
    MemoryFragmentationRatio: ['Maximum', 'an average hides the fragmented node'],
    SwapUsage: ['Maximum', 'an average hides the node that swaps'],
    FreeableMemory: ['Minimum', 'an average hides the node without free memory'],
    MaxReplicationThroughput: ['Maximum', 'the limit is one of a shard'],
    ReplicationLag: ['Maximum', 'an average hides the replica that is behind'],
    PrimaryLinkHealthStatus: ['Minimum', 'an average hides the node that is unhealthy'],
    CurrConnections: ['Maximum', 'a level: its sum counts every minute of a period, and every node'],
    CurrItems: ['Maximum', 'a level: its sum counts every minute of a period, and replicas'],
    KeysTracked: ['Maximum', 'a level: its sum counts every minute of a period'],
    NetworkBytesIn: ['Sum', 'a count of a minute: its average depends on the number of nodes'],
    NetworkBytesOut: ['Sum', 'a count of a minute: its average depends on the number of nodes'],
    NetworkPacketsIn: ['Sum', 'a count of a minute: its average depends on the number of nodes'],
    NetworkPacketsOut: ['Sum', 'a count of a minute: its average depends on the number of nodes'],
    NetworkBandwidthInAllowanceExceeded: ['Sum', 'a count of packets'],
    NetworkBandwidthOutAllowanceExceeded: ['Sum', 'a count of packets'],
    NetworkConntrackAllowanceExceeded: ['Sum', 'a count of packets'],
    NetworkPacketsPerSecondAllowanceExceeded: ['Sum', 'a count of packets'],
  };
  const canned = cannedMetrics();

  test('has no metric that is not here', () => {
    expect(canned.length).toBeGreaterThan(30);
    expect(Object.keys(METRIC_STATISTICS)).toEqual(expect.arrayContaining(canned.map(({ metricName }) => metricName)));
  });

  test.each(canned)('$metricName is the same, or differs for a reason', ({ metricName, namespace, dimensionsMap, statistic }) => {
    const metric = byName(newStack()).metric(metricName);
    expect(metric).toMatchObject({ namespace, dimensions: dimensionsMap });
    expect(metric.statistic).toBe(DIFFERENCES[metricName]?.[0] ?? statistic);
    expect(DIFFERENCES[metricName]?.[0]).not.toBe(statistic);
  });

  test('is not said to differ where it has no metric', () => {
    expect(canned.map(({ metricName }) => metricName)).toEqual(expect.arrayContaining(Object.keys(DIFFERENCES)));
  });
});

test('no level of several nodes is summed up', () => {
  const levels = Object.keys(METRIC_STATISTICS).filter((name) => /Utilization|Percentage|^Curr|Ratio|Lag$|Latency|TTL|Max|IsPrimary|Status|Number|Size|Used/.test(name));
  expect(levels.filter((name) => METRIC_STATISTICS[name] === Stats.SUM)).toEqual([]);
  expect(levels.length).toBeGreaterThan(20);
});

test('a metric that is not known here is averaged', () => {
  expect(byName(newStack()).metric('constructor')).toMatchObject({ metricName: 'constructor', statistic: 'Average' });
});

describe('of data that is tiered', () => {
  test.each(['metricBytesUsedForMemoryDb', 'metricCurrItems'] as const)('%s can be had for memory and disk apart', (method) => {
    const cluster = byName(newStack());
    expect(cluster[method]({ tier: StorageTier.SSD }).dimensions).toEqual({ ClusterName: 'orders', Tier: 'SSD' });
    expect(cluster[method]({ tier: StorageTier.MEMORY, nodeId: '0001', dimensionsMap: { Shard: '1' } }).dimensions).toEqual({
      ClusterName: 'orders', NodeId: '0001', Shard: '1', Tier: 'Memory',
    });
    expect(cluster[method]({ statistic: 'Average' })).toMatchObject({ statistic: 'Average', dimensions: { ClusterName: 'orders' } });
  });
});

describe('alarms', () => {
  const alarm = (stack: Stack, metric: Metric | MathExpression) =>
    new Alarm(stack, 'Alarm', { metric, threshold: 90, evaluationPeriods: 3, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD });

  test.each<[string, (stack: Stack) => ICluster, unknown]>([
    ['a cluster', newCluster, { Ref: expect.stringMatching(/^Db/) }],
    ['a cluster by name', byName, 'orders'],
    ['a cluster by ARN', (stack) => Cluster.fromClusterArn(stack, 'Db', 'arn:aws:memorydb:eu-west-1:123456789012:cluster/orders'), 'orders'],
    ['a cluster by an ARN that is a token', (stack) => Cluster.fromClusterArn(stack, 'Db', Token.asString({ 'Fn::ImportValue': 'Arn' })),
      { 'Fn::Select': [1, expect.anything()] }],
    ['an L1 cluster, imported', (stack) => {
      const l1 = new CfnCluster(stack, 'L1', { clusterName: 'db', nodeType: 'db.t4g.small', aclName: 'open-access' });
      return Cluster.fromClusterName(stack, 'Db', l1.ref);
    }, { Ref: 'L1' }],
  ])('can be set on %s', (_, makeCluster, name) => {
    const stack = newStack();
    alarm(stack, makeCluster(stack).metricEngineCpuUtilization());
    const properties = propertiesOf(templateOf(stack), 'AWS::CloudWatch::Alarm');
    expect(properties).toMatchObject({
      Namespace: 'AWS/MemoryDB', MetricName: 'EngineCPUUtilization', Dimensions: [{ Name: 'ClusterName', Value: name }],
    });
  });

  test('can be set on a cluster of another stack', () => {
    const app = newApp();
    const stack = newStack(app, 'Alarms');
    alarm(stack, newCluster(newStack(app, 'Data')).metricEvictions());
    expect(propertiesOf(templateOf(stack), 'AWS::CloudWatch::Alarm')).toMatchObject({
      Statistic: 'Sum', Dimensions: [{ Name: 'ClusterName', Value: { 'Fn::ImportValue': expect.stringMatching(/^Data:/) } }],
    });
  });

  test('can be set on all clusters together', () => {
    const stack = newStack();
    alarm(stack, Cluster.metricAll('DatabaseMemoryUsagePercentage', { period: Duration.minutes(1) }));
    expect(propertiesOf(templateOf(stack), 'AWS::CloudWatch::Alarm').Metrics).toEqual([{
      Expression: 'SELECT MAX(DatabaseMemoryUsagePercentage) FROM SCHEMA("AWS/MemoryDB", ClusterName)',
      Id: 'expr_1',
      Label: 'DatabaseMemoryUsagePercentage',
      Period: 60,
      ReturnData: true,
    }]);
  });
});

describe('a cluster that is elsewhere', () => {
  const imported = (stack: Stack, arn: string) => Cluster.fromClusterArn(stack, 'Db', `arn:aws:memorydb:${arn}:cluster/orders`);

  test('has its Region on a dashboard', () => {
    const stack = newStack();
    const cluster = imported(stack, 'us-east-1:123456789012');
    new Dashboard(stack, 'Dashboard', { widgets: [[new GraphWidget({ left: [cluster.metricCpuUtilization()] })]] });
    const { DashboardBody } = propertiesOf(templateOf(stack), 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(DashboardBody)).toContain('us-east-1');
  });

  test('has its account in an alarm', () => {
    const stack = newStack();
    const metric = imported(stack, 'eu-west-1:210987654321').metricCpuUtilization();
    new Alarm(stack, 'Alarm', { metric, threshold: 90, evaluationPeriods: 3 });
    expect(propertiesOf(templateOf(stack), 'AWS::CloudWatch::Alarm').Metrics).toEqual([expect.objectContaining({ AccountId: '210987654321' })]);
  });

  test('fails to have an alarm in another Region, which would see nothing', () => {
    const stack = newStack();
    const metric = imported(stack, 'us-east-1:123456789012').metricCpuUtilization();
    expect(() => new Alarm(stack, 'Alarm', { metric, threshold: 90, evaluationPeriods: 3 })).toThrow(/region 'eu-west-1'.*us-east-1/);
  });
});

test.each([
  ['Average', 'AVG'], ['Maximum', 'MAX'], ['Minimum', 'MIN'], ['SampleCount', 'COUNT'], ['Sum', 'SUM'], [undefined, 'SUM'],
])('%s over all clusters is %s', (statistic, name) => {
  expect(Cluster.metricAll('Evictions', { statistic })).toMatchObject({
    expression: `SELECT ${name}(Evictions) FROM SCHEMA("AWS/MemoryDB", ClusterName)`, warnings: undefined,
  });
});

test('fails for a percentile over all clusters', () => {
  expect(() => Cluster.metricAll('CPUUtilization', { statistic: 'p99' })).toThrow(
    "'statistic' must be one of Average, Maximum, Minimum, SampleCount, Sum for a metric of all clusters, got \"p99\"",
  );
});
