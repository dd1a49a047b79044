import { RemovalPolicy, RemovalPolicies, Tags, Token, Validations } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { Cluster, NodeType, Snapshot, SnapshotSource } from '../src';
import type { ISnapshot, SnapshotProps } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const SNAPSHOT = 'AWS::MemoryDB::Snapshot';
const ARN = 'arn:aws:memorydb:us-east-1:210987654321:snapshot/before-migration';

function newCluster(stack: Stack): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL });
}

function define(stack: Stack, props: Partial<SnapshotProps> = {}): Snapshot {
  const { cluster = Cluster.fromClusterName(stack, 'Orders', 'orders'), ...rest } = props;
  return new Snapshot(stack, 'Snapshot', { cluster, ...rest });
}

/** Uses a value in the template of a stack and gives what that says. */
function used(stack: Stack, value: string): unknown {
  new ssm.CfnParameter(stack, 'Used', { type: 'String', value });
  return propertiesOf(templateOf(stack), 'AWS::SSM::Parameter').Value;
}

test('a snapshot is kept, under a name of its own', () => {
  const stack = newStack();
  define(stack);
  const template = templateOf(stack);
  expect(propertiesOf(template, SNAPSHOT)).toEqual({ SnapshotName: 'test-snapshot-1ff2eeb3', ClusterName: 'orders' });
  template.hasResource(SNAPSHOT, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  expect(synth(stack).warnings).toEqual([]);
});

test('every property reaches the template', () => {
  const stack = newStack();
  Tags.of(define(stack, { snapshotName: 'before-migration', encryptionKey: new kms.Key(stack, 'Key') })).add('team', 'orders');
  expect(propertiesOf(templateOf(stack), SNAPSHOT)).toEqual({
    SnapshotName: 'before-migration',
    ClusterName: 'orders',
    KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    Tags: [{ Key: 'team', Value: 'orders' }],
  });
});

test.each<[string, (stack: Stack) => memorydb.IClusterRef, unknown]>([
  ['a cluster', newCluster, { Ref: expect.stringMatching(/^Db/) }],
  ['an L1 cluster', (stack) => new CfnCluster(stack, 'Db', { clusterName: 'db', nodeType: 'db.t4g.small', aclName: 'open-access' }), { Ref: 'Db' }],
  ['a cluster by name', (stack) => Cluster.fromClusterName(stack, 'Db', 'orders'), 'orders'],
  ['a cluster by ARN', (stack) => Cluster.fromClusterArn(stack, 'Db', 'arn:aws:memorydb:eu-west-1:123456789012:cluster/orders'), 'orders'],
])('takes the data of %s', (_, makeCluster, name) => {
  const stack = newStack();
  define(stack, { cluster: makeCluster(stack) });
  expect(propertiesOf(templateOf(stack), SNAPSHOT).ClusterName).toEqual(name);
});

describe('the removal policy', () => {
  test.each([
    ['RETAIN', RemovalPolicy.RETAIN, 'Retain'],
    ['DESTROY', RemovalPolicy.DESTROY, 'Delete'],
    ['RETAIN_ON_UPDATE_OR_DELETE', RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate'],
  ])('may be %s', (_, removalPolicy, DeletionPolicy) => {
    const stack = newStack();
    define(stack, { removalPolicy });
    templateOf(stack).hasResource(SNAPSHOT, { DeletionPolicy });
  });

  test('fails to be SNAPSHOT, also later', () => {
    const message = "'removalPolicy' must keep or delete a snapshot, of which no snapshot can be taken, got SNAPSHOT; use RemovalPolicy.RETAIN or RemovalPolicy.DESTROY";
    expect(() => define(newStack(), { removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(message);
    expect(() => define(newStack()).applyRemovalPolicy(RemovalPolicy.SNAPSHOT)).toThrow(message);
  });

  test('can be applied to everything in a scope', () => {
    const stack = newStack();
    define(stack);
    RemovalPolicies.of(stack).destroy();
    templateOf(stack).hasResource(SNAPSHOT, { DeletionPolicy: 'Delete' });
  });
});

describe('a final snapshot', () => {
  const newFinal = (stack: Stack) => new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, finalSnapshotName: 'last' });

  test('fails to have the name of one that is defined', () => {
    const app = newApp();
    const cluster = newFinal(newStack(app));
    const other = newStack(app, 'Other');
    define(other, { cluster, snapshotName: 'last' });
    expect(() => synth(app)).toThrow("[Test/Db] 'finalSnapshotName' must be a name that no snapshot has, got \"last\", the one of Other/Snapshot/Resource");
  });

  test('may have the name of one of another Region', () => {
    const app = newApp();
    newFinal(newStack(app));
    define(newStack(app, 'Other', { env: { account: '123456789012', region: 'us-east-1' } }), { snapshotName: 'last' });
    expect(() => synth(app)).not.toThrow();
  });

  test('gets another name than a snapshot that goes by the same id', () => {
    const stack = newStack();
    const cluster = newCluster(stack);
    cluster.applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
    new Snapshot(cluster, 'FinalSnapshot', { cluster });
    expect(() => synth(stack)).not.toThrow();
  });
});

test('fails with a name that the service would refuse', () => {
  expect(() => define(newStack(), { snapshotName: 'Before.Migration' })).toThrow(/^'snapshotName' must have 1-40 lower-case letters.*got "Before.Migration"/);
});

test('names may be tokens', () => {
  const stack = newStack();
  define(stack, { snapshotName: Token.asString({ Ref: 'AWS::StackName' }) });
  expect(propertiesOf(templateOf(stack), SNAPSHOT).SnapshotName).toEqual({ Ref: 'AWS::StackName' });
});

describe('its name, which Ref does not give, and its ARN', () => {
  const NAME_OF = (arn: unknown) => ({ 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', arn] }] }] }] });

  test('depend on it in its own stack', () => {
    const stack = newStack();
    const snapshot = define(stack);
    expect(stack.resolve(snapshot.snapshotArn)).toEqual({ Ref: expect.stringMatching(/^Snapshot/) });
    expect(used(stack, snapshot.snapshotName)).toEqual(NAME_OF({ Ref: expect.stringMatching(/^Snapshot/) }));
    expect(snapshot.snapshotRef).toEqual({ snapshotArn: snapshot.snapshotArn });
  });

  test.each<[string, (snapshot: ISnapshot) => string, (arn: unknown) => unknown]>([
    ['ARN', (snapshot) => snapshot.snapshotArn, (arn) => arn],
    ['name', (snapshot) => snapshot.snapshotName, NAME_OF],
  ])('are exported to another stack: %s', (_, read, expected) => {
    const app = newApp();
    const value = used(newStack(app, 'Consumer'), read(define(newStack(app, 'Producer'))));
    expect(value).toEqual(expected({ 'Fn::ImportValue': expect.stringMatching(/^Producer:/) }));
  });

  test('are known in another Region', () => {
    const app = newApp();
    const snapshot = define(newStack(app, 'Producer'));
    const consumer = (id: string) => newStack(app, id, { env: { account: '123456789012', region: 'us-east-1' } });
    expect(used(consumer('ByName'), snapshot.snapshotName)).toBe('producer-snapshot-b9cf2660');
    expect(used(consumer('ByArn'), snapshot.snapshotArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:snapshot/producer-snapshot-b9cf2660']],
    });
  });

  test('are read from another Region with crossRegionReferences', () => {
    const app = newApp();
    const producer = newStack(app, 'Producer', { crossRegionReferences: true });
    const consumer = newStack(app, 'Consumer', { env: { account: '123456789012', region: 'us-east-1' }, crossRegionReferences: true });
    expect(JSON.stringify(used(consumer, define(producer).snapshotName))).toContain('ExportsReader');
    synth(producer).template(producer).resourceCountIs('Custom::CrossRegionExportWriter', 1);
  });
});

describe('a cluster can start with it', () => {
  const restore = (stack: Stack, snapshot: memorydb.ISnapshotRef) => new Cluster(stack, 'Restored', {
    vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, restoreFrom: SnapshotSource.fromSnapshot(snapshot),
  });
  const nameOf = (arn: unknown) => ({ 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', arn] }] }] }] });

  test('in its own stack, after it', () => {
    const stack = newStack();
    restore(stack, define(stack));
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').SnapshotName).toEqual(nameOf({ Ref: expect.stringMatching(/^Snapshot/) }));
  });

  test('in another stack, after that', () => {
    const app = newApp();
    const producer = newStack(app, 'Producer');
    const stack = newStack(app, 'Consumer');
    restore(stack, define(producer));
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').SnapshotName).toEqual(nameOf({ 'Fn::ImportValue': expect.stringMatching(/^Producer:/) }));
    expect(stack.dependencies).toContain(producer);
  });

  test('when it exists already', () => {
    const stack = newStack();
    restore(stack, Snapshot.fromSnapshotName(stack, 'Snapshot', 'automatic.orders-2026-11-24-03-00'));
    expect(JSON.stringify(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').SnapshotName)).toContain('automatic.orders-2026-11-24-03-00');
  });
});

describe('an existing one', () => {
  test('is imported by name', () => {
    const stack = newStack();
    const snapshot = Snapshot.fromSnapshotName(stack, 'Snapshot', 'automatic.orders-2026-11-24-03-00');
    expect(snapshot).toMatchObject({ snapshotName: 'automatic.orders-2026-11-24-03-00', env: { account: '123456789012', region: 'eu-west-1' } });
    expect(stack.resolve(snapshot.snapshotRef.snapshotArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:snapshot/automatic.orders-2026-11-24-03-00']],
    });
  });

  test('is imported by ARN, with account and Region', () => {
    const snapshot = Snapshot.fromSnapshotArn(newStack(), 'Snapshot', ARN);
    expect(snapshot).toMatchObject({ snapshotName: 'before-migration', snapshotArn: ARN, env: { account: '210987654321', region: 'us-east-1' } });
  });
});

test('cdk-nag has nothing to say', () => {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = newStack(app);
  define(stack, { cluster: newCluster(stack) });
  expect(synth(stack).warnings).toEqual([]);
});
