import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnSnapshot } from 'aws-cdk-lib/aws-memorydb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { describe, expect, test } from 'vitest';
import { Cluster, NodeType, Snapshot, SnapshotSource } from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const CLUSTER = 'AWS::MemoryDB::Cluster';

function restored(stack: Stack, restoreFrom: SnapshotSource, props: Partial<ClusterProps> = {}): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, restoreFrom, ...props });
}

describe('a snapshot of the service', () => {
  test.each(['last', 'automatic.orders-2026-11-24-03-00'])('is named: %s', (name) => {
    const stack = newStack();
    restored(stack, SnapshotSource.fromSnapshotName(name));
    const properties = propertiesOf(templateOf(stack), CLUSTER);
    expect(properties.SnapshotName).toBe(name);
    expect(properties).not.toHaveProperty('SnapshotArns');
  });

  test('is named when it is known by its ARN, as in a reference', () => {
    const stack = newStack();
    const snapshot = new CfnSnapshot(stack, 'Snapshot', { snapshotName: 'before', clusterName: 'other' });
    restored(stack, SnapshotSource.fromSnapshot(snapshot));
    // Ref of a snapshot is an ARN: arn:aws:memorydb:eu-west-1:123456789012:snapshot/before
    const name = propertiesOf(templateOf(stack), CLUSTER).SnapshotName;
    expect(name).toEqual({ 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', { Ref: 'Snapshot' }] }] }] }] });
  });

  test('of another stack is imported', () => {
    const app = newApp();
    const snapshot = new CfnSnapshot(newStack(app, 'Source'), 'Snapshot', { snapshotName: 'before', clusterName: 'other' });
    const stack = newStack(app);
    restored(stack, SnapshotSource.fromSnapshot(snapshot));
    expect(JSON.stringify(propertiesOf(templateOf(stack), CLUSTER).SnapshotName)).toContain('Source:ExportsOutputRefSnapshot');
  });

  test('may be a token, and is not compared with the final one then', () => {
    const stack = newStack();
    const name = new CfnParameter(stack, 'Name').valueAsString;
    restored(stack, SnapshotSource.fromSnapshotName(name), { finalSnapshotName: name });
    expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject({ SnapshotName: { Ref: 'Name' }, FinalSnapshotName: { Ref: 'Name' } });
  });

  test.each<[string, (stack: Stack) => memorydb.ISnapshotRef]>([
    ['defined', (stack) => new Snapshot(stack, 'Snapshot', { cluster: Cluster.fromClusterName(stack, 'Orders', 'orders'), snapshotName: 'last' })],
    ['an L1', (stack) => new CfnSnapshot(stack, 'Snapshot', { clusterName: 'orders', snapshotName: 'last' })],
    ['imported by name', (stack) => Snapshot.fromSnapshotName(stack, 'Snapshot', 'last')],
    ['imported by ARN', (stack) => Snapshot.fromSnapshotArn(stack, 'Snapshot', 'arn:aws:memorydb:eu-west-1:123456789012:snapshot/last')],
  ])('fails to be the final one, too, when it is %s', (_, makeSnapshot) => {
    const stack = newStack();
    expect(() => restored(stack, SnapshotSource.fromSnapshot(makeSnapshot(stack)), { finalSnapshotName: 'last' })).toThrow(
      "'finalSnapshotName' must be a name that no snapshot has, got \"last\", the one in 'restoreFrom'",
    );
  });

  test('leaves another final one alone', () => {
    const stack = newStack();
    restored(stack, SnapshotSource.fromSnapshotName('first'), { finalSnapshotName: 'last' });
    expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject({ SnapshotName: 'first', FinalSnapshotName: 'last' });
  });
});

describe('objects in a bucket', () => {
  const statementsOf = (stack: Stack) => propertiesOf(templateOf(stack), 'AWS::S3::BucketPolicy').PolicyDocument.Statement;

  test('are ARNs, can be read by the service in that Region and nothing else, and are waited for', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    restored(stack, SnapshotSource.fromBucket(bucket, 'backups/orders-0001.rdb', 'backups/orders-0002.rdb'));
    const template = templateOf(stack);
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(bucket.node.defaultChild as s3.CfnBucket), 'Arn'] };
    const objects = [1, 2].map((shard) => ({ 'Fn::Join': ['', [arn, `/backups/orders-000${shard}.rdb`]] }));
    const Principal = { Service: 'eu-west-1.memorydb-snapshot.amazonaws.com' };

    expect(propertiesOf(template, CLUSTER).SnapshotArns).toEqual(objects);
    expect(propertiesOf(template, CLUSTER)).not.toHaveProperty('SnapshotName');
    expect(statementsOf(stack)).toEqual([
      { Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: objects },
      { Effect: 'Allow', Principal, Action: ['s3:GetBucketAcl', 's3:ListBucket'], Resource: arn },
    ]);
    template.hasResource(CLUSTER, { DependsOn: [Match.stringLikeRegexp('^BucketPolicy')] });
    expect(synth(stack).warnings).toEqual([]);
  });

  test('are read by the service of the Region of a stack that can be deployed anywhere', () => {
    const stack = new Stack(newApp(), 'Test');
    restored(stack, SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket'), 'orders.rdb'));
    expect(statementsOf(stack)[0].Principal).toEqual({ Service: { 'Fn::Join': ['', [{ Ref: 'AWS::Region' }, '.memorydb-snapshot.amazonaws.com']] } });
  });

  test('of another stack are read, and that stack is deployed first', () => {
    const app = newApp();
    const source = newStack(app, 'Source');
    const stack = newStack(app);
    restored(stack, SnapshotSource.fromBucket(new s3.Bucket(source, 'Bucket'), 'orders.rdb'));
    expect(statementsOf(source)).toHaveLength(2);
    expect(stack.dependencies).toContain(source);
  });

  test('of an imported bucket are used, with a warning that says what to allow', () => {
    const stack = newStack();
    restored(stack, SnapshotSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Bucket', 'backups'), 'orders.rdb'));
    const { warnings } = synth(stack);
    expect(propertiesOf(templateOf(stack), CLUSTER).SnapshotArns).toEqual([{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::backups/orders.rdb']] }]);
    expect(warnings).toEqual([expect.stringMatching(/^Test\/Db: 'restoreFrom' reads Test\/Bucket, .*s3:ListBucket and s3:GetBucketAcl.*snapshotBucketPolicy\]$/)]);
  });

  test('may have keys that are tokens', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    restored(stack, SnapshotSource.fromBucket(bucket, new CfnParameter(stack, 'Key').valueAsString));
    expect(JSON.stringify(propertiesOf(templateOf(stack), CLUSTER).SnapshotArns)).toContain('{"Ref":"Key"}');
  });

  test.each(['a,b.rdb', 'orders', 'orders.rdb.gz', '*.rdb', 'orders-000?.rdb', ''])('fails for the key %j', (key) => {
    expect(() => SnapshotSource.fromBucket(new s3.Bucket(newStack(), 'Bucket'), 'orders.rdb', key)).toThrow(
      "'keys' must be keys of objects that end with .rdb and have no comma and no wildcard, such as 'backups/orders-0001.rdb', " +
        `got ${JSON.stringify(key)}; name every object, and rename it in the bucket if need be`,
    );
  });

  test.each<[string, (stack: Stack) => s3.IBucket, boolean]>([
    ['no encryption of its own', (stack) => new s3.Bucket(stack, 'Bucket'), false],
    ['SSE-S3', (stack) => new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.S3_MANAGED }), false],
    ['a key of the account', (stack) => new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.KMS_MANAGED }), true],
    ['two layers of keys', (stack) => new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.DSSE_MANAGED }), true],
    ['a key of its own', (stack) => new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.KMS }), true],
    ['an imported key', (stack) => new s3.Bucket(stack, 'Bucket', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012') }), true],
  ])('of a bucket with %s', (_, makeBucket, isWarned) => {
    const stack = newStack();
    restored(stack, SnapshotSource.fromBucket(makeBucket(stack), 'orders.rdb'));
    expect(synth(stack).warnings).toEqual(isWarned ? [expect.stringMatching(/which encrypts new objects with a KMS key.*snapshotBucketEncryption\]$/)] : []);
  });
});
