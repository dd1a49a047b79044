import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { Cluster, NodeType, Snapshot } from '../src';
import type { ClusterProps } from '../src';
import { ACCOUNT, REGION, importedVpc, newApp, newStack, propertiesOf, templateOf } from './support/synth';

function define(stack: Stack, encryptionKey: ClusterProps['encryptionKey']): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, encryptionKey });
}

const keyIdIn = (stack: Stack) => propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').KmsKeyId;
const ARN = 'arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012';

test('a key stays as it is: its policy leaves permissions to IAM', () => {
  const stack = newStack();
  const policyWith = () => propertiesOf(templateOf(stack), 'AWS::KMS::Key').KeyPolicy;
  const key = new kms.Key(stack, 'Key');
  const before = policyWith();
  define(stack, key);
  expect(policyWith()).toEqual(before);
  expect(keyIdIn(stack)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
});

test.each<[string, (stack: Stack) => ClusterProps['encryptionKey'], unknown]>([
  ['symmetric', (stack) => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.SYMMETRIC_DEFAULT }), { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }],
  ['an L1', (stack) => new kms.CfnKey(stack, 'Key', {}), { 'Fn::GetAtt': ['Key', 'Arn'] }],
  ['imported', (stack) => kms.Key.fromKeyArn(stack, 'Key', ARN), ARN],
  ['an alias', (stack) => new kms.Alias(stack, 'Alias', { aliasName: 'alias/orders', targetKey: new kms.Key(stack, 'Key') }),
    { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:kms:${REGION}:${ACCOUNT}:alias/orders`]] }],
  ['an imported alias', (stack) => kms.Alias.fromAliasName(stack, 'Alias', 'alias/orders'),
    { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:kms:${REGION}:${ACCOUNT}:alias/orders`]] }],
  ['of another stack', (stack) => new kms.Key(newStack(stack.node.root, 'Keys'), 'Key'), { 'Fn::ImportValue': expect.stringMatching(/^Keys:/) }],
])('a key may be %s', (_, makeKey, expected) => {
  const stack = newStack(newApp());
  define(stack, makeKey(stack));
  expect(keyIdIn(stack)).toEqual(expected);
});

test('an alias fails that stands for an asymmetric key', () => {
  const stack = newStack();
  const targetKey = new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_4096 });
  expect(() => define(stack, new kms.Alias(stack, 'Alias', { aliasName: 'alias/orders', targetKey }))).toThrow(
    "'encryptionKey' must be a symmetric key (SYMMETRIC_DEFAULT), got Test/Key of RSA_4096; use another key",
  );
});

test.each<[string, (stack: Stack) => ClusterProps['encryptionKey']]>([
  ['RSA_4096', (stack) => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_4096 })],
  ['HMAC_256', (stack) => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.HMAC_256, keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC })],
  ['ECC_NIST_P256', (stack) => new kms.CfnKey(stack, 'Key', { keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' })],
])('a key fails that is of %s', (spec, makeKey) => {
  const stack = newStack();
  expect(() => define(stack, makeKey(stack))).toThrow(`'encryptionKey' must be a symmetric key (SYMMETRIC_DEFAULT), got Test/Key of ${spec}; use another key`);
  const cluster = Cluster.fromClusterName(stack, 'Orders', 'orders');
  expect(() => new Snapshot(stack, 'Snapshot', { cluster, encryptionKey: stack.node.findChild('Key') as kms.Key })).toThrow(/^'encryptionKey' must be a symmetric key/);
});
