import { Duration, RemovalPolicy, SecretValue, Tags } from 'aws-cdk-lib';
import type { CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnACL, CfnCluster, CfnMultiRegionCluster, CfnParameterGroup, CfnSnapshot, CfnSubnetGroup, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import {
  AccessString, Acl, Cluster, DailyWindow, EngineVersion, IamUser, IpDiscovery, MultiRegionCluster, NetworkType, NodeType, ParameterGroup,
  PasswordUser, Snapshot, SnapshotSource, SubnetGroup, UpdateStrategy, WeeklyWindow,
} from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newStack, propertiesOf, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();
const { VALKEY_7_3 } = EngineVersion;

type Define = (stack: Stack) => unknown;

/** How each property of a resource is set by a construct of this library, and how the service spells the value. */
interface Drivable {
  readonly l1: new (scope: Stack, id: string, props: any) => CfnResource;
  readonly properties: Record<string, [define: Define, expected: unknown]>;
  /** Properties that cannot be set, and why: those are in the README. */
  readonly notDrivable?: Record<string, string>;
}

const cluster = (makeProps: Partial<ClusterProps> | ((stack: Stack) => Partial<ClusterProps>)): Define => (stack) =>
  new Cluster(stack, 'Db', {
    vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...typeof makeProps === 'function' ? makeProps(stack) : makeProps,
  });
const topicOf = (stack: Stack) => sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:123456789012:events');
const tagged = (make: (stack: Stack) => IConstruct): Define => (stack) => Tags.of(make(stack)).add('team', 'orders');
const TAGS = [{ Key: 'team', Value: 'orders' }];

const acl = (props = {}): ((stack: Stack) => Acl) => (stack) => new Acl(stack, 'Acl', props);
const user = (props = {}): ((stack: Stack) => IamUser) => (stack) => new IamUser(stack, 'User', { accessString, ...props });
const parameters = (props = {}): ((stack: Stack) => ParameterGroup) => (stack) => new ParameterGroup(stack, 'Parameters', { engineVersion: VALKEY_7_3, ...props });
const subnets = (props = {}): ((stack: Stack) => SubnetGroup) => (stack) => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), ...props });

const imported = (stack: Stack) => MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders');
const multiRegion = (props = {}): ((stack: Stack) => MultiRegionCluster) => (stack) =>
  new MultiRegionCluster(stack, 'Global', { nodeType: NodeType.R7G_XLARGE, suffix: 'orders', ...props });
const snapshot = (props = {}): ((stack: Stack) => Snapshot) => (stack) =>
  new Snapshot(stack, 'Snapshot', { cluster: Cluster.fromClusterName(stack, 'Db', 'orders'), ...props });

const RESOURCES: Record<string, Drivable> = {
  'AWS::MemoryDB::Cluster': {
    l1: CfnCluster,
    properties: {
      ACLName: [cluster((stack) => ({ acl: Acl.fromAclName(stack, 'Acl', 'team') })), 'team'],
      AutoMinorVersionUpgrade: [cluster({ autoMinorVersionUpgrade: false }), false],
      ClusterName: [cluster({ clusterName: 'orders' }), 'orders'],
      DataTiering: [cluster({ nodeType: NodeType.R6GD_XLARGE }), 'true'],
      Description: [cluster({ description: 'Orders' }), 'Orders'],
      Engine: [cluster({ engineVersion: EngineVersion.REDIS_7_1 }), 'redis'],
      EngineVersion: [cluster({ engineVersion: EngineVersion.REDIS_7_1 }), '7.1'],
      FinalSnapshotName: [cluster({ finalSnapshotName: 'last', removalPolicy: RemovalPolicy.SNAPSHOT }), 'last'],
      IpDiscovery: [cluster({ networkType: NetworkType.IPV6, ipDiscovery: IpDiscovery.IPV6 }), 'ipv6'],
      KmsKeyId: [cluster((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') })), { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }],
      MaintenanceWindow: [cluster({ maintenanceWindow: WeeklyWindow.parse('sun:05:00-sun:06:00') }), 'sun:05:00-sun:06:00'],
      MultiRegionClusterName: [cluster((stack) => ({ nodeType: NodeType.R7G_XLARGE, multiRegionCluster: imported(stack) })), 'virxk-orders'],
      NetworkType: [cluster({ networkType: NetworkType.DUAL_STACK }), 'dual_stack'],
      NodeType: [cluster({ nodeType: NodeType.R7G_LARGE }), 'db.r7g.large'],
      NumReplicasPerShard: [cluster({ numReplicasPerShard: 0 }), 0],
      NumShards: [cluster({ numShards: 3 }), 3],
      ParameterGroupName: [cluster({ vectorSearch: true }), 'default.memorydb-valkey7.search'],
      Port: [cluster({ port: 7000 }), 7000],
      SecurityGroupIds: [cluster((stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')] })), ['sg-12345678']],
      SnapshotArns: [
        cluster((stack) => ({ restoreFrom: SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket', { bucketName: 'backups' }), 'orders.rdb') })),
        [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^Bucket/), 'Arn'] }, '/orders.rdb']] }],
      ],
      SnapshotName: [cluster({ restoreFrom: SnapshotSource.fromSnapshotName('first') }), 'first'],
      SnapshotRetentionLimit: [cluster({ snapshotRetention: Duration.days(35) }), 35],
      SnapshotWindow: [cluster({ snapshotWindow: DailyWindow.parse('03:00-04:00') }), '03:00-04:00'],
      SnsTopicArn: [cluster((stack) => ({ notificationTopic: topicOf(stack) })), 'arn:aws:sns:eu-west-1:123456789012:events'],
      SnsTopicStatus: [cluster((stack) => ({ notificationTopic: topicOf(stack), notificationsEnabled: false })), 'INACTIVE'],
      SubnetGroupName: [cluster((stack) => ({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team') })), 'team'],
      TLSEnabled: [cluster((stack) => ({ acl: Acl.openAccess(stack), tlsEnabled: false })), false],
      Tags: [tagged((stack) => cluster({})(stack) as Cluster), TAGS],
    },
    notDrivable: {
      ClusterEndpoint: 'the service decides it',
    },
  },
  'AWS::MemoryDB::ACL': {
    l1: CfnACL,
    properties: {
      ACLName: [acl({ aclName: 'team' }), 'team'],
      UserNames: [(stack) => acl({ users: [IamUser.fromIamUserName(stack, 'App', 'app')] })(stack), ['app']],
      Tags: [tagged(acl()), TAGS],
    },
  },
  'AWS::MemoryDB::User': {
    l1: CfnUser,
    properties: {
      UserName: [user({ userName: 'app' }), 'app'],
      AccessString: [user(), 'on ~* &* +@all'],
      AuthenticationMode: [
        (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.secretsManager('a'), SecretValue.secretsManager('b')] }),
        { Type: 'password', Passwords: ['{{resolve:secretsmanager:a:SecretString:::}}', '{{resolve:secretsmanager:b:SecretString:::}}'] },
      ],
      Tags: [tagged(user()), TAGS],
    },
  },
  'AWS::MemoryDB::ParameterGroup': {
    l1: CfnParameterGroup,
    properties: {
      ParameterGroupName: [parameters({ parameterGroupName: 'team' }), 'team'],
      Family: [parameters(), 'memorydb_valkey7'],
      Description: [parameters({ description: 'Orders' }), 'Orders'],
      Parameters: [parameters({ parameters: { timeout: '300' } }), { 'maxmemory-policy': 'noeviction', 'timeout': '300' }],
      Tags: [tagged(parameters()), TAGS],
    },
  },
  'AWS::MemoryDB::SubnetGroup': {
    l1: CfnSubnetGroup,
    properties: {
      SubnetGroupName: [subnets({ subnetGroupName: 'team' }), 'team'],
      SubnetIds: [subnets(), ['subnet-11111111', 'subnet-22222222']],
      Description: [subnets({ description: 'Orders' }), 'Orders'],
      Tags: [tagged(subnets()), TAGS],
    },
  },
  'AWS::MemoryDB::Snapshot': {
    l1: CfnSnapshot,
    properties: {
      SnapshotName: [snapshot({ snapshotName: 'before' }), 'before'],
      ClusterName: [snapshot(), 'orders'],
      KmsKeyId: [(stack) => snapshot({ encryptionKey: new kms.Key(stack, 'Key') })(stack), { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }],
      Tags: [tagged(snapshot()), TAGS],
    },
  },
  'AWS::MemoryDB::MultiRegionCluster': {
    l1: CfnMultiRegionCluster,
    properties: {
      NodeType: [multiRegion({ nodeType: NodeType.R7G_2XLARGE }), 'db.r7g.2xlarge'],
      MultiRegionClusterNameSuffix: [multiRegion(), 'orders'],
      Description: [multiRegion({ description: 'Orders' }), 'Orders'],
      Engine: [multiRegion(), 'valkey'],
      EngineVersion: [multiRegion({ engineVersion: VALKEY_7_3 }), '7.3'],
      MultiRegionParameterGroupName: [multiRegion({ multiRegionParameterGroupName: 'team' }), 'team'],
      NumShards: [multiRegion({ numShards: 3 }), 3],
      TLSEnabled: [multiRegion({ tlsEnabled: false }), false],
      UpdateStrategy: [multiRegion({ updateStrategy: UpdateStrategy.UNCOORDINATED }), 'UNCOORDINATED'],
      Tags: [tagged(multiRegion()), TAGS],
    },
  },
};

/** What the L1s need to be made at all. */
const REQUIRED = {
  ...{ aclName: 'any', clusterName: 'any', parameterGroupName: 'any', snapshotName: 'any', subnetGroupName: 'any', userName: 'any' },
  ...{ family: 'any', nodeType: 'any', subnetIds: ['any'] },
};

/** What aws-cdk-lib calls the properties of a resource in a template. */
function propertyNames(l1: Drivable['l1']): string[] {
  const { cfnPropertyNames } = new l1(newStack(), 'Any', REQUIRED) as unknown as { readonly cfnPropertyNames: Record<string, string> };
  return Object.values(cfnPropertyNames);
}

describe.each(Object.entries(RESOURCES))('%s', (type, { l1, properties, notDrivable = {} }) => {
  test('every property can be set, or there is a reason why not', () => {
    const names = propertyNames(l1);
    expect(names.length).toBeGreaterThan(2);
    expect([...Object.keys(properties), ...Object.keys(notDrivable)].sort()).toEqual(names.sort());
  });

  test.each(Object.entries(properties))('%s is written as the service spells it', (name, [define, expected]) => {
    const stack = newStack();
    define(stack);
    expect(propertiesOf(templateOf(stack), type)[name]).toEqual(expected);
  });
});
