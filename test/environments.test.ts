import { Aws, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnSnapshot } from 'aws-cdk-lib/aws-memorydb';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { Acl, Cluster, EngineVersion, NodeType, ParameterGroup, Snapshot, SnapshotSource, SubnetGroup } from '../src';
import type { ClusterProps } from '../src';
import { ACCOUNT, REGION, importedVpc, newStack } from './support/synth';

const OTHER_ACCOUNT = '210987654321';
const OTHER_REGION = 'us-east-1';

function define(stack: Stack, props: Partial<ClusterProps>): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

const inPlace = (stack: Stack, account: string, region: string) => newStack(stack.node.root, 'Elsewhere', { env: { account, region } });
const orders = (stack: Stack) => Cluster.fromClusterName(stack, 'Orders', 'orders');
const keyIn = (account: string, region: string) => `arn:aws:kms:${region}:${account}:key/12345678-1234-1234-1234-123456789012`;

/** Things that a cluster uses, defined in a stack. */
const PARTS: [what: string, property: string, isShared: boolean, define: (stack: Stack) => Partial<ClusterProps>][] = [
  ['a list', 'acl', false, (stack) => ({ acl: new Acl(stack, 'It') })],
  ['a parameter group', 'parameterGroup', false, (stack) => ({ parameterGroup: new ParameterGroup(stack, 'It', { engineVersion: EngineVersion.VALKEY_7_3 }) })],
  ['a subnet group', 'subnetGroup', false, (stack) => ({ subnetGroup: new SubnetGroup(stack, 'It', { vpc: importedVpc(stack) }) })],
  ['a snapshot', 'restoreFrom', false, (stack) => ({ restoreFrom: SnapshotSource.fromSnapshot(new Snapshot(stack, 'It', { cluster: orders(stack) })) })],
  ['an L1 snapshot', 'restoreFrom', false, (stack) => ({
    restoreFrom: SnapshotSource.fromSnapshot(new CfnSnapshot(stack, 'It', { clusterName: 'orders', snapshotName: 'last' })),
  })],
  ['a key', 'encryptionKey', true, (stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'It', keyIn(stack.account, stack.region)) })],
  ['a topic', 'notificationTopic', true, (stack) => ({
    notificationTopic: sns.Topic.fromTopicArn(stack, 'It', `arn:aws:sns:${stack.region}:${ACCOUNT}:events`),
  })],
  ['a VPC', 'vpc', true, (stack) => ({ vpc: new ec2.Vpc(stack, 'It') })],
];

describe.each(PARTS)('%s', (_, property, isShared, makeProps) => {
  const must = `'${property}' must be of the ${isShared ? 'Region' : 'account and Region'} of the cluster, ${ACCOUNT} in ${REGION}, but Elsewhere/It is of `;

  test('fails when it is of another Region', () => {
    const stack = newStack();
    expect(() => define(stack, makeProps(inPlace(stack, ACCOUNT, OTHER_REGION)))).toThrow(`${must}${ACCOUNT} in ${OTHER_REGION}; use one of that place`);
  });

  test(isShared ? 'may be of another account' : 'fails when it is of another account', () => {
    const stack = newStack();
    const defineIt = () => define(stack, makeProps(inPlace(stack, OTHER_ACCOUNT, REGION)));
    if (isShared) {
      expect(defineIt).not.toThrow();
    } else {
      expect(defineIt).toThrow(`${must}${OTHER_ACCOUNT} in ${REGION}; use one of that place`);
    }
  });

  test('may be of the same place, or of one that is not known', () => {
    for (const [account, region] of [[ACCOUNT, REGION], [Aws.ACCOUNT_ID, Aws.REGION]]) {
      const stack = newStack();
      expect(() => define(stack, makeProps(inPlace(stack, account, region)))).not.toThrow();
    }
  });

  test('may be of any place for a cluster of an unknown one', () => {
    const stack = new Stack();
    expect(() => define(stack, makeProps(inPlace(stack, ACCOUNT, OTHER_REGION)))).not.toThrow();
  });
});

test('what exists in every account may be imported anywhere', () => {
  const stack = newStack();
  const other = inPlace(stack, ACCOUNT, OTHER_REGION);
  const parameterGroup = ParameterGroup.fromParameterGroupName(other, 'Parameters', 'default.memorydb-valkey7');
  expect(() => define(stack, { acl: Acl.openAccess(other), parameterGroup })).not.toThrow();
});

test.each([
  [OTHER_ACCOUNT, REGION],
  [ACCOUNT, OTHER_REGION],
])('a snapshot fails for a cluster of another place: %s in %s', (account, region) => {
  const stack = newStack();
  const cluster = Cluster.fromClusterArn(stack, 'Orders', `arn:aws:memorydb:${region}:${account}:cluster/orders`);
  expect(() => new Snapshot(stack, 'Snapshot', { cluster })).toThrow(
    `'cluster' must be of the account and Region of the snapshot, ${ACCOUNT} in ${REGION}, but Test/Orders is of ${account} in ${region}; use one of that place`,
  );
});

test('a snapshot fails for a key of another Region', () => {
  const stack = newStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', keyIn(ACCOUNT, OTHER_REGION));
  expect(() => new Snapshot(stack, 'Snapshot', { cluster: orders(stack), encryptionKey })).toThrow(/^'encryptionKey' must be of the Region of the snapshot/);
});
