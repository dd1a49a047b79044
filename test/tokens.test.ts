import { CfnParameter, Duration, Fn, Lazy, Stack, Token, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import { CfnACL } from 'aws-cdk-lib/aws-memorydb';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { expect, test } from 'vitest';
import {
  AccessString, Acl, Cluster, DailyWindow, EngineVersion, IamUser, IpDiscovery, NodeType, ParameterGroup, PasswordUser, SnapshotSource, SubnetGroup,
  WeeklyWindow,
} from '../src';
import type { ClusterProps, NetworkType } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const CLUSTER = 'AWS::MemoryDB::Cluster';
const text = (stack: Stack, id = 'Text') => new CfnParameter(stack, id).valueAsString;
const number = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;

test.each<[string, (stack: Stack) => Partial<ClusterProps>, object]>([
  ['clusterName', (stack) => ({ clusterName: text(stack) }), { ClusterName: { Ref: 'Text' } }],
  ['finalSnapshotName', (stack) => ({ finalSnapshotName: text(stack) }), { FinalSnapshotName: { Ref: 'Text' } }],
  ['description', (stack) => ({ description: text(stack) }), { Description: { Ref: 'Text' } }],
  ['numShards', (stack) => ({ numShards: number(stack) }), { NumShards: { Ref: 'Number' } }],
  ['numReplicasPerShard', (stack) => ({ numReplicasPerShard: number(stack) }), { NumReplicasPerShard: { Ref: 'Number' } }],
  ['port', (stack) => ({ port: number(stack) }), { Port: { Ref: 'Number' } }],
  ['snapshotRetention', (stack) => ({ snapshotRetention: Duration.days(number(stack)) }), { SnapshotRetentionLimit: { Ref: 'Number' } }],
  ['snapshotWindow', (stack) => ({ snapshotWindow: DailyWindow.parse(text(stack)) }), { SnapshotWindow: { Ref: 'Text' } }],
  ['maintenanceWindow', (stack) => ({ maintenanceWindow: WeeklyWindow.parse(text(stack)), snapshotWindow: DailyWindow.of({ hour: 1 }) }),
    { MaintenanceWindow: { Ref: 'Text' } }],
  ['nodeType', (stack) => ({ nodeType: NodeType.of(text(stack)) }), { NodeType: { Ref: 'Text' } }],
  ['nodeType with data tiering', (stack) => ({ nodeType: NodeType.of(text(stack), { dataTiering: true }) }), { DataTiering: 'true' }],
  ['engineVersion', (stack) => ({ engineVersion: EngineVersion.of('valkey', text(stack), { parameterGroupFamily: 'memorydb_valkey7' }) }),
    { EngineVersion: { Ref: 'Text' } }],
  ['the family', (stack) => ({ engineVersion: EngineVersion.of(text(stack), '7.3', { parameterGroupFamily: text(stack, 'Family') }) }),
    { Engine: { Ref: 'Text' } }],
  ['acl without TLS', (stack) => ({ acl: Acl.fromAclName(stack, 'Acl', text(stack)), tlsEnabled: false }), { ACLName: { Ref: 'Text' }, TLSEnabled: false }],
  ['acl by ARN', (stack) => ({ acl: Acl.fromAclArn(stack, 'Acl', text(stack)) }),
    { ACLName: { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', { Ref: 'Text' }] }] }] }] } }],
  ['parameterGroup', (stack) => ({ parameterGroup: ParameterGroup.fromParameterGroupName(stack, 'Group', text(stack)) }), { ParameterGroupName: { Ref: 'Text' } }],
  ['subnetGroup', (stack) => ({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', text(stack)) }), { SubnetGroupName: { Ref: 'Text' } }],
  ['securityGroups', (stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', Fn.importValue('GroupId'))] }),
    { SecurityGroupIds: [{ 'Fn::ImportValue': 'GroupId' }] }],
  ['numShards with vectorSearch', (stack) => ({ numShards: number(stack), vectorSearch: true }), { NumShards: { Ref: 'Number' } }],
  ['engineVersion with vectorSearch', (stack) => ({ engineVersion: EngineVersion.of('redis', text(stack), { parameterGroupFamily: 'memorydb_redis7' }), vectorSearch: true }),
    { EngineVersion: { Ref: 'Text' }, ParameterGroupName: 'default.memorydb-redis7.search' }],
  ['parameterGroup with vectorSearch', (stack) => ({ parameterGroup: ParameterGroup.fromParameterGroupName(stack, 'Group', text(stack)), vectorSearch: true }),
    { ParameterGroupName: { Ref: 'Text' } }],
  ['restoreFrom', (stack) => ({ restoreFrom: SnapshotSource.fromSnapshotName(text(stack)), finalSnapshotName: 'last' }), { SnapshotName: { Ref: 'Text' } }],
  ['notificationTopic', (stack) => ({ notificationTopic: Topic.fromTopicArn(stack, 'Topic', text(stack)) }), { SnsTopicArn: { Ref: 'Text' } }],
  ['encryptionKey', (stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', Fn.importValue('KeyArn')) }), { KmsKeyId: { 'Fn::ImportValue': 'KeyArn' } }],
  ['the key spec of encryptionKey', (stack) => ({ encryptionKey: new CfnKey(stack, 'Key', { keySpec: text(stack) }) }), { KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } }],
  ['networkType', (stack) => ({ networkType: text(stack) as NetworkType, ipDiscovery: IpDiscovery.IPV6 }), { NetworkType: { Ref: 'Text' }, IpDiscovery: 'ipv6' }],
  ['ipDiscovery', (stack) => ({ ipDiscovery: text(stack) as IpDiscovery }), { IpDiscovery: { Ref: 'Text' } }],
  ['numReplicasPerShard in one zone', (stack) => ({ numReplicasPerShard: number(stack), vpcSubnets: { availabilityZones: ['eu-west-1a'] } }),
    { NumReplicasPerShard: { Ref: 'Number' } }],
])('%s of a cluster may be a token', (_, makeProps, expected) => {
  const stack = newStack();
  new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...makeProps(stack) });
  const { warnings } = synth(stack);
  expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject(expected);
  expect(warnings).toEqual([]);
});

test('the Region and the account may be tokens', () => {
  const stack = new Stack(newApp(), 'Test');
  new Cluster(stack, 'Db', {
    vpc: importedVpc(stack),
    nodeType: NodeType.R6GD_XLARGE,
    notificationTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:123456789012:events'),
    restoreFrom: SnapshotSource.fromBucket(new Bucket(stack, 'Bucket'), 'orders.rdb'),
  });
  expect(synth(stack).warnings).toEqual([]);
});

test('a user or a parameter that is a token is not looked at', () => {
  const stack = newStack();
  const users = [IamUser.fromIamUserName(stack, 'User', text(stack))];
  const parameterGroup = new ParameterGroup(stack, 'Parameters', {
    engineVersion: EngineVersion.VALKEY_7_3, parameters: { 'maxmemory-policy': text(stack, 'Policy') },
  });
  new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.R6GD_XLARGE, users, parameterGroup });
  Validations.of(parameterGroup).acknowledge({ id: 'cdk-memorydb:parametersApplyOnUpdate', reason: 'not looked at' });
  expect(synth(stack).warnings).toEqual([]);
});

test('values that are known late are not looked at early', () => {
  const stack = newStack();
  const late = <T>(value: T) => ({ produce: () => value });
  new Cluster(stack, 'Db', {
    vpc: importedVpc(stack),
    nodeType: NodeType.of(Lazy.string(late('db.r7g.large'))),
    clusterName: Lazy.string(late('orders')),
    numShards: Lazy.number(late(3)),
    port: Lazy.number(late(6380)),
    snapshotRetention: Duration.days(Lazy.number(late(14))),
  });
  expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject({
    ClusterName: 'orders', NodeType: 'db.r7g.large', NumShards: 3, Port: 6380, SnapshotRetentionLimit: 14,
  });
});

test('a retention of hours that are a token fails with the reason', () => {
  const stack = newStack();
  const define = () => new Cluster(stack, 'Db', {
    vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, snapshotRetention: Duration.hours(number(stack)),
  });
  expect(define).toThrow("'snapshotRetention' must be given as Duration.days() when it is a token, which cannot be converted, got a token of hours");
});

test('names and rules of users may be tokens', () => {
  const stack = newStack();
  new IamUser(stack, 'User', { accessString: AccessString.raw(text(stack)), userName: text(stack, 'Name') });
  expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::User')).toMatchObject({ UserName: { Ref: 'Name' }, AccessString: { Ref: 'Text' } });
});

test('key patterns of users may be tokens', () => {
  const stack = newStack();
  new PasswordUser(stack, 'User', { accessString: AccessString.of({ keys: [`${text(stack)}:*`], client: false }) });
  expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::User').AccessString).toEqual({ 'Fn::Join': ['', ['on ~', { Ref: 'Text' }, ':* -@all']] });
});

test('names of lists and groups may be tokens', () => {
  const stack = newStack();
  new Acl(stack, 'Acl', { aclName: text(stack) });
  new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), subnetGroupName: text(stack, 'SubnetsName') });
  new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3, parameterGroupName: text(stack, 'ParametersName') });
  const template = templateOf(stack);
  expect(propertiesOf(template, 'AWS::MemoryDB::ACL').ACLName).toEqual({ Ref: 'Text' });
  expect(propertiesOf(template, 'AWS::MemoryDB::SubnetGroup').SubnetGroupName).toEqual({ Ref: 'SubnetsName' });
  expect(propertiesOf(template, 'AWS::MemoryDB::ParameterGroup').ParameterGroupName).toEqual({ Ref: 'ParametersName' });
});

test('an L1 list whose name is a token is not taken for open access', () => {
  const stack = newStack();
  const acl = new CfnACL(stack, 'Acl', { aclName: Token.asString({ 'Fn::ImportValue': 'AclName' }) });
  new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, acl });
  expect(synth(stack).warnings).toEqual([]);
});
