import { CfnElement, Token } from 'aws-cdk-lib';
import type { IResource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { Acl, Cluster, IamUser, MultiRegionCluster, NodeType, ParameterGroup, PasswordUser, Snapshot, SubnetGroup } from '../src';
import type { ICluster, IUser } from '../src';
import { ACCOUNT, REGION, importedVpc, newStack, propertiesOf, templateOf } from './support/synth';

type Import = (stack: Stack, value: string) => IResource;
type Read = (resource: any) => string;

interface Type {
  readonly type: string;
  readonly byName: Import;
  readonly byArn: Import;
  readonly byAttributes?: Import;
  readonly name: Read;
  readonly arn: Read;
  readonly ref: (resource: any) => object;
  /** Whether its ARN has no Region. */
  readonly isGlobal?: boolean;
}

const TYPES: Type[] = [
  {
    type: 'cluster',
    byName: (stack, name) => Cluster.fromClusterName(stack, 'It', name),
    byArn: (stack, arn) => Cluster.fromClusterArn(stack, 'It', arn),
    byAttributes: (stack, arn) => Cluster.fromClusterAttributes(stack, 'It', { clusterArn: arn, clusterEndpointAddress: 'db.example.com' }),
    name: (it) => it.clusterName,
    arn: (it) => it.clusterArn,
    ref: (it) => it.clusterRef,
  },
  {
    type: 'user',
    byName: (stack, name) => IamUser.fromIamUserName(stack, 'It', name),
    byArn: (stack, arn) => IamUser.fromIamUserArn(stack, 'It', arn),
    name: (it) => it.userName,
    arn: (it) => it.userArn,
    ref: (it) => it.userRef,
  },
  {
    type: 'user',
    byName: (stack, name) => PasswordUser.fromPasswordUserAttributes(stack, 'It', { userName: name }),
    byArn: (stack, arn) => PasswordUser.fromPasswordUserArn(stack, 'It', arn),
    name: (it) => it.userName,
    arn: (it) => it.userArn,
    ref: (it) => it.userRef,
  },
  {
    type: 'acl',
    byName: (stack, name) => Acl.fromAclName(stack, 'It', name),
    byArn: (stack, arn) => Acl.fromAclArn(stack, 'It', arn),
    name: (it) => it.aclName,
    arn: (it) => it.aclArn,
    ref: (it) => it.aclRef,
  },
  {
    type: 'parametergroup',
    byName: (stack, name) => ParameterGroup.fromParameterGroupName(stack, 'It', name),
    byArn: (stack, arn) => ParameterGroup.fromParameterGroupArn(stack, 'It', arn),
    name: (it) => it.parameterGroupName,
    arn: (it) => it.parameterGroupArn,
    ref: (it) => it.parameterGroupRef,
  },
  {
    type: 'subnetgroup',
    byName: (stack, name) => SubnetGroup.fromSubnetGroupName(stack, 'It', name),
    byArn: (stack, arn) => SubnetGroup.fromSubnetGroupArn(stack, 'It', arn),
    name: (it) => it.subnetGroupName,
    arn: (it) => it.subnetGroupArn,
    ref: (it) => it.subnetGroupRef,
  },
  {
    type: 'snapshot',
    byName: (stack, name) => Snapshot.fromSnapshotName(stack, 'It', name),
    byArn: (stack, arn) => Snapshot.fromSnapshotArn(stack, 'It', arn),
    name: (it) => it.snapshotName,
    arn: (it) => it.snapshotArn,
    ref: (it) => it.snapshotRef,
  },
  {
    type: 'multiregioncluster',
    byName: (stack, name) => MultiRegionCluster.fromMultiRegionClusterName(stack, 'It', name),
    byArn: (stack, arn) => MultiRegionCluster.fromMultiRegionClusterArn(stack, 'It', arn),
    name: (it) => it.multiRegionClusterName,
    arn: (it) => it.multiRegionClusterArn,
    ref: (it) => it.multiRegionClusterRef,
    isGlobal: true,
  },
];

describe.each(TYPES)('an existing $type', ({ type, byName, byArn, byAttributes, name, arn, ref, isGlobal }) => {
  const region = isGlobal ? '' : 'us-east-1';
  const ARN = `arn:aws-cn:memorydb:${region}:210987654321:${type}/orders`;
  const env = { account: '210987654321', region: isGlobal ? REGION : region };

  test('is known by its name', () => {
    const stack = newStack();
    const it = byName(stack, 'orders');
    expect(name(it)).toBe('orders');
    expect(stack.resolve(arn(it))).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:memorydb:${isGlobal ? '' : REGION}:${ACCOUNT}:${type}/orders`]],
    });
    expect(it.env).toEqual({ account: ACCOUNT, region: REGION });
    expect(Object.values(ref(it))).toContain(arn(it));
  });

  test.each([['ARN', byArn], ...(byAttributes ? [['attributes', byAttributes] as const] : [])] as const)('is known by its %s', (_, make) => {
    const it = make(newStack(), ARN);
    expect([name(it), arn(it), it.env]).toEqual(['orders', ARN, env]);
  });

  test('is known by a name that is a token', () => {
    const stack = newStack();
    const it = byName(stack, Token.asString({ 'Fn::ImportValue': 'Name' }));
    expect(stack.resolve(name(it))).toEqual({ 'Fn::ImportValue': 'Name' });
    expect(JSON.stringify(stack.resolve(arn(it)))).toContain(`:${type}/",{"Fn::ImportValue":"Name"}`);
  });

  test('is known by an ARN that is a token', () => {
    const stack = newStack();
    const it = byArn(stack, Token.asString({ 'Fn::ImportValue': 'Arn' }));
    const part = (index: number) => ({ 'Fn::Select': [index, { 'Fn::Split': [':', { 'Fn::ImportValue': 'Arn' }] }] });
    expect(stack.resolve(arn(it))).toEqual({ 'Fn::ImportValue': 'Arn' });
    expect(stack.resolve(name(it))).toEqual({ 'Fn::Select': [1, { 'Fn::Split': ['/', part(5)] }] });
    expect(stack.resolve(it.env)).toEqual({ account: part(4), region: isGlobal ? REGION : part(3) });
  });

  test('adds nothing to the template', () => {
    const stack = newStack();
    byName(stack, 'orders');
    expect(stack.node.findAll().filter((part) => CfnElement.isCfnElement(part))).toEqual([]);
  });
});

describe('an existing cluster, however it was imported,', () => {
  const ARN = `arn:aws:memorydb:${REGION}:${ACCOUNT}:cluster/orders`;
  const group = (stack: Stack) => ec2.SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-12345678');
  const secret = (stack: Stack) =>
    secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:orders-abcdef`);

  const CLUSTERS: [string, (stack: Stack) => ICluster][] = [
    ['by name', (stack) => Cluster.fromClusterName(stack, 'Db', 'orders')],
    ['by ARN', (stack) => Cluster.fromClusterArn(stack, 'Db', ARN)],
    ['by attributes', (stack) => Cluster.fromClusterAttributes(stack, 'Db', {
      clusterName: 'orders', clusterEndpointAddress: 'db.example.com', securityGroups: [group(stack)],
    })],
    ['by an ARN that is a token', (stack) => Cluster.fromClusterAttributes(stack, 'Db', {
      clusterArn: Token.asString({ 'Fn::ImportValue': 'Arn' }), clusterEndpointAddress: 'db.example.com', securityGroups: [group(stack)],
    })],
  ];
  const USERS: [string, (stack: Stack) => IUser, string][] = [
    ['an IAM user', (stack) => IamUser.fromIamUserName(stack, 'User', 'app'), 'memorydb:Connect'],
    ['a user with a password', (stack) => PasswordUser.fromPasswordUserAttributes(stack, 'User', { userName: 'app', secret: secret(stack) }),
      'secretsmanager:GetSecretValue'],
  ];

  test.each(CLUSTERS)('grants, %s', (_, makeCluster) => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const cluster = makeCluster(stack);
    cluster.grants.connect(role, IamUser.fromIamUserName(stack, 'App', 'app')).assertSuccess();
    cluster.grants.connect(role, PasswordUser.fromPasswordUserAttributes(stack, 'Legacy', { userName: 'legacy', secret: secret(stack) })).assertSuccess();
    const { Statement } = propertiesOf(templateOf(stack), 'AWS::IAM::Policy').PolicyDocument;
    expect(JSON.stringify(Statement)).toMatch(/memorydb:Connect[^]*secretsmanager:GetSecretValue/);
  });

  test.each(CLUSTERS)('has metrics, %s', (_, makeCluster) => {
    const stack = newStack();
    new cloudwatch.Alarm(stack, 'Alarm', { metric: makeCluster(stack).metricEvictions(), threshold: 1, evaluationPeriods: 1 });
    expect(propertiesOf(templateOf(stack), 'AWS::CloudWatch::Alarm')).toMatchObject({ MetricName: 'Evictions' });
  });

  test.each(CLUSTERS)('can have a snapshot, %s', (_, makeCluster) => {
    const stack = newStack();
    const cluster = makeCluster(stack);
    new Snapshot(stack, 'Snapshot', { cluster });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Snapshot').ClusterName).toEqual(stack.resolve(cluster.clusterName));
  });

  test.each(CLUSTERS)('has a port to connect to, %s', (_, makeCluster) => {
    expect(makeCluster(newStack()).connections.defaultPort?.toString()).toBe('6379');
  });

  const pairs = CLUSTERS.slice(2).flatMap(([how, makeCluster]) =>
    USERS.map(([who, makeUser, action]) => [how, who, makeCluster, makeUser, action] as const));
  test.each(pairs)(
    'is connected to a function, %s, as %s', (_how, _who, makeCluster, makeUser, action) => {
      const stack = newStack();
      const fn = new lambda.Function(stack, 'Fn', {
        code: lambda.Code.fromInline('exports.handler = () => {}'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_24_X, vpc: importedVpc(stack),
      });
      makeCluster(stack).connectionFor(makeUser(stack)).addToFunction(fn);
      const template = templateOf(stack);
      expect(propertiesOf(template, 'AWS::Lambda::Function').Environment.Variables).toMatchObject({
        MEMORYDB_HOST: 'db.example.com', MEMORYDB_PORT: '6379', MEMORYDB_USERNAME: 'app',
      });
      expect(JSON.stringify(propertiesOf(template, 'AWS::IAM::Policy'))).toContain(action);
      expect(propertiesOf(template, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({ GroupId: 'sg-12345678', FromPort: 6379, ToPort: 6379 });
    });
});

test('a cluster can be made of nothing but existing parts', () => {
  const stack = newStack();
  new Cluster(stack, 'Db', {
    vpc: importedVpc(stack),
    nodeType: NodeType.R7G_XLARGE,
    acl: Acl.fromAclName(stack, 'Acl', 'team'),
    parameterGroup: ParameterGroup.fromParameterGroupName(stack, 'Parameters', 'team-parameters'),
    subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team-subnets'),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-12345678')],
    multiRegionCluster: MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders'),
  });
  const template = templateOf(stack);
  expect(Object.keys(template.toJSON().Resources)).toHaveLength(1);
  expect(propertiesOf(template, 'AWS::MemoryDB::Cluster')).toMatchObject({
    ACLName: 'team',
    ParameterGroupName: 'team-parameters',
    SubnetGroupName: 'team-subnets',
    SecurityGroupIds: ['sg-12345678'],
    MultiRegionClusterName: 'virxk-orders',
  });
});
