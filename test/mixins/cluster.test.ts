import { CfnParameter, Duration, Mixins, RemovalPolicy } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import type { CfnClusterProps } from 'aws-cdk-lib/aws-memorydb';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { Acl, Cluster, NodeType, mixins } from '../../src';
import type { ClusterProps } from '../../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from '../support/synth';

const l1 = (stack: Stack, props: Partial<CfnClusterProps> = {}) =>
  new CfnCluster(stack, 'Db', { clusterName: 'db', nodeType: 'db.t4g.small', aclName: 'team', ...props });
const l2 = (stack: Stack, props: Partial<ClusterProps> = {}) =>
  new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
const days = Duration.days;
const clusterOf = (stack: Stack) => propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster');

describe('ClusterSnapshotRetention', () => {
  test.each<[string, (stack: Stack) => CfnCluster | Cluster, Duration | undefined, unknown]>([
    ['an L1 without snapshots', (stack) => l1(stack), undefined, 7],
    ['an L1 with fewer', (stack) => l1(stack, { snapshotRetentionLimit: 1 }), days(14), 14],
    ['an L1 with more', (stack) => l1(stack, { snapshotRetentionLimit: 35 }), days(14), 35],
    ['an L1 with a token', (stack) => l1(stack, { snapshotRetentionLimit: new CfnParameter(stack, 'Days', { type: 'Number' }).valueAsNumber }), days(14),
      { Ref: 'Days' }],
    ['a cluster without snapshots', (stack) => l2(stack, { snapshotRetention: days(0) }), Duration.hours(48), 2],
    ['a cluster with fewer', (stack) => l2(stack), days(35), 35],
    ['a cluster with more', (stack) => l2(stack, { snapshotRetention: days(30) }), days(14), 30],
  ])('raises %s to what it should be', (_, make, minimum, expected) => {
    const stack = newStack();
    make(stack).with(new mixins.ClusterSnapshotRetention(minimum));
    expect(clusterOf(stack).SnapshotRetentionLimit).toEqual(expected);
  });

  test.each([
    [days(0), 'got 0 days'], [days(36), 'got 36 days'], [Duration.hours(25), 'got 1 day 1 hour'],
  ])('fails with a minimum that is out of range, %s', (minimum, got) => {
    expect(() => new mixins.ClusterSnapshotRetention(minimum)).toThrow(`'minimum' must be whole days from 1 to 35, ${got}`);
  });

  test('fails with a minimum that is a token', () => {
    const token = days(new CfnParameter(newStack(), 'Days', { type: 'Number' }).valueAsNumber);
    expect(() => new mixins.ClusterSnapshotRetention(token)).toThrow(/^'minimum' must be known at synthesis/);
  });
});

describe('ClusterFinalSnapshot', () => {
  test.each<[string, (stack: Stack) => CfnCluster | Cluster, string]>([
    ['an L1', (stack) => l1(stack), 'test-db-finalsnapshot-cd2451e5'],
    ['an L1 that has one', (stack) => l1(stack, { finalSnapshotName: 'last' }), 'last'],
    ['a cluster', (stack) => l2(stack, { removalPolicy: RemovalPolicy.DESTROY }), 'test-db-finalsnapshot-cd2451e5'],
    ['a cluster that has one', (stack) => l2(stack, { finalSnapshotName: 'last' }), 'last'],
    ['a cluster that takes one by its policy', (stack) => l2(stack, { removalPolicy: RemovalPolicy.SNAPSHOT }), 'test-db-finalsnapshot-cd2451e5'],
  ])('gives one to %s', (_, make, expected) => {
    const stack = newStack();
    make(stack).with(new mixins.ClusterFinalSnapshot());
    expect(clusterOf(stack).FinalSnapshotName).toBe(expected);
  });
});

describe('ClusterAuthentication', () => {
  const OPEN = "'aclName' must be of a list with users, got \"open-access\", which lets everybody in; give the cluster an Acl";
  const PLAIN = "'tlsEnabled' must be true, got false; leave it out";

  test.each<[string, (stack: Stack) => CfnCluster | Cluster, string[]]>([
    ['an open L1', (stack) => l1(stack, { aclName: 'open-access' }), [OPEN]],
    ['an open L1 without TLS', (stack) => l1(stack, { aclName: 'open-access', tlsEnabled: false }), [OPEN, PLAIN]],
    ['an open cluster', (stack) => l2(stack, { acl: Acl.openAccess(stack) }), [OPEN]],
    ['an open cluster without TLS', (stack) => l2(stack, { acl: Acl.openAccess(stack), tlsEnabled: false }), [OPEN, PLAIN]],
  ])('fails the synthesis with %s', (_, make, problems) => {
    const stack = newStack();
    make(stack).with(new mixins.ClusterAuthentication());
    problems.forEach((problem) => expect(() => synth(stack)).toThrow(problem));
  });

  test('sees what is changed after it was applied', () => {
    const stack = newStack();
    const cluster = l1(stack);
    cluster.with(new mixins.ClusterAuthentication());
    cluster.tlsEnabled = false;
    expect(() => synth(stack)).toThrow(PLAIN);
  });

  test.each<[string, (stack: Stack) => CfnCluster | Cluster]>([
    ['an L1 with a list', (stack) => l1(stack, { tlsEnabled: true })],
    ['an L1 with a list that is a token', (stack) => l1(stack, { aclName: new CfnParameter(stack, 'Acl').valueAsString })],
    ['a cluster', (stack) => l2(stack)],
  ])('has nothing to say of %s', (_, make) => {
    const stack = newStack();
    make(stack).with(new mixins.ClusterAuthentication());
    expect(synth(stack).warnings).toEqual([]);
  });
});

test.each(Object.values(mixins))('%o is for clusters only, and can be applied to a whole app', (ClusterMixin) => {
  const app = newApp();
  const stack = newStack(app);
  const cluster = l2(stack);
  const bucket = new Bucket(stack, 'Bucket');
  const mixin = new ClusterMixin();
  expect(mixin.supports(bucket.node.defaultChild!)).toBe(false);
  expect(() => mixin.applyTo(bucket)).not.toThrow();
  const { report } = Mixins.of(app).requireAny().apply(mixin);
  expect(report.map(({ construct }) => construct)).toEqual([cluster.node.defaultChild]);
});
