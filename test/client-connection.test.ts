import { CfnParameter, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, Cluster, IamUser, NodeType, PasswordUser } from '../src';
import type { ClusterProps, IUser } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();
const INGRESS = 'AWS::EC2::SecurityGroupIngress';

function newCluster(stack: Stack, props: Partial<ClusterProps> = {}): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

function newFunction(stack: Stack, vpc?: ec2.IVpc): lambda.Function {
  return new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1'), vpc,
  });
}

const existing = (stack: Stack) => stack.node.findChild('Vpc') as ec2.IVpc;

describe('the environment', () => {
  const iamUser = (stack: Stack) => new IamUser(stack, 'User', { accessString, userName: 'app' });
  const host = { 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'ClusterEndpoint.Address'] };
  const common = { MEMORYDB_HOST: host, MEMORYDB_PORT: '6379', MEMORYDB_TLS: 'true', MEMORYDB_CLUSTER_NAME: { Ref: expect.stringMatching(/^Db/) }, MEMORYDB_REGION: 'eu-west-1' };
  const userName = { MEMORYDB_USERNAME: { Ref: expect.stringMatching(/^User/) } };

  test.each<[string, (stack: Stack) => IUser | undefined, Partial<ClusterProps>, object]>([
    ['iam', iamUser, {}, { ...common, ...userName, MEMORYDB_AUTH: 'iam' }],
    ['secret', (stack) => new PasswordUser(stack, 'User', { accessString }), {},
      { ...common, ...userName, MEMORYDB_AUTH: 'secret', MEMORYDB_SECRET_ARN: { Ref: expect.stringMatching(/^UserSecret/) } }],
    ['password', (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.secretsManager('orders')] }), {},
      { ...common, ...userName, MEMORYDB_AUTH: 'password' }],
    ['password of an imported user', (stack) => PasswordUser.fromPasswordUserName(stack, 'User', 'legacy'), {},
      { ...common, MEMORYDB_USERNAME: 'legacy', MEMORYDB_AUTH: 'password' }],
    ['nobody', () => undefined, {}, { ...common, MEMORYDB_AUTH: 'none' }],
    ['another port', iamUser, { port: 6380 }, { ...common, ...userName, MEMORYDB_AUTH: 'iam', MEMORYDB_PORT: '6380' }],
  ])('for %s', (_, makeUser, props, expected) => {
    const stack = newStack();
    const connection = newCluster(stack, props).connectionFor(makeUser(stack));
    expect(stack.resolve(connection.environment)).toEqual(expected);
  });

  test('for open access without TLS', () => {
    const stack = newStack();
    const { environment } = newCluster(stack, { acl: Acl.openAccess(stack), tlsEnabled: false }).connectionFor();
    expect(environment).toMatchObject({ MEMORYDB_TLS: 'false', MEMORYDB_AUTH: 'none' });
  });

  test('for an imported cluster', () => {
    const cluster = Cluster.fromClusterAttributes(newStack(), 'Db', {
      clusterArn: 'arn:aws:memorydb:us-east-1:210987654321:cluster/orders', clusterEndpointAddress: 'db.example.com',
    });
    expect(cluster.connectionFor().environment).toEqual({
      MEMORYDB_HOST: 'db.example.com',
      MEMORYDB_PORT: '6379',
      MEMORYDB_TLS: 'true',
      MEMORYDB_AUTH: 'none',
      MEMORYDB_CLUSTER_NAME: 'orders',
      MEMORYDB_REGION: 'us-east-1',
    });
  });

  test('with another prefix', () => {
    const stack = newStack();
    const { environment } = newCluster(stack).connectionFor(iamUser(stack), { prefix: 'ORDERS_DB' });
    expect(Object.keys(environment)).toEqual(
      ['HOST', 'PORT', 'TLS', 'USERNAME', 'AUTH', 'CLUSTER_NAME', 'REGION'].map((field) => `ORDERS_DB_${field}`),
    );
  });

  test.each(['', '1A', '_A', 'A-B', 'A B', 'Ä'])('fails with prefix %j', (prefix) => {
    const stack = newStack();
    expect(() => newCluster(stack).connectionFor(undefined, { prefix })).toThrow(
      `'prefix' must be letters, digits and underscores with a letter first, such as 'ORDERS_DB', got ${JSON.stringify(prefix)}`,
    );
  });

  test('with a port that is a token', () => {
    const stack = newStack();
    const port = new CfnParameter(stack, 'Port', { type: 'Number', default: 6379 }).valueAsNumber;
    newCluster(stack, { port }).connectionFor(iamUser(stack)).addToFunction(newFunction(stack, existing(stack)));
    const template = templateOf(stack);
    expect(propertiesOf(template, 'AWS::Lambda::Function').Environment.Variables.MEMORYDB_PORT).toEqual({ Ref: 'Port' });
    expect(propertiesOf(template, INGRESS)).toMatchObject({ FromPort: { Ref: 'Port' }, ToPort: { Ref: 'Port' } });
  });
});

describe('a function', () => {
  test('gets the environment, the way and the permission', () => {
    const stack = newStack();
    const connection = newCluster(stack).connectionFor(new IamUser(stack, 'User', { accessString }));
    connection.addToFunction(newFunction(stack, existing(stack)));
    const template = templateOf(stack);
    expect(propertiesOf(template, 'AWS::Lambda::Function').Environment.Variables).toEqual(stack.resolve(connection.environment));
    expect(propertiesOf(template, INGRESS)).toEqual({
      Description: 'MemoryDB',
      FromPort: 6379,
      ToPort: 6379,
      IpProtocol: 'tcp',
      GroupId: { 'Fn::GetAtt': [expect.stringMatching(/^DbSecurityGroup/), 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/^FunctionSecurityGroup/), 'GroupId'] },
    });
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument.Statement).toHaveLength(1);
  });

  test.each<[string, (stack: Stack) => IUser]>([
    ['an IAM user', (stack) => new IamUser(stack, 'User', { accessString })],
    ['a user with a password', (stack) => new PasswordUser(stack, 'User', { accessString })],
    ['a user whose secret has a key', (stack) => new PasswordUser(stack, 'User', { accessString, encryptionKey: new kms.Key(stack, 'Key') })],
  ])('is wired to a cluster and to %s of other stacks without a cycle', (_, makeUser) => {
    const app = newApp();
    const [network, data, users, service] = ['Network', 'Data', 'Users', 'Service'].map((name) => newStack(app, name));
    const vpc = new ec2.Vpc(network, 'Vpc', { maxAzs: 2, natGateways: 0 });
    const user = makeUser(users);
    const cluster = newCluster(data, { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, users: [user] });
    const fn = new lambda.Function(service, 'Function', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = 1'),
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    cluster.connectionFor(user).addToFunction(fn);
    const synthesis = synth(app);
    expect(propertiesOf(synthesis.template(service), INGRESS)).toMatchObject({ FromPort: 6379 });
    synthesis.template(data).resourceCountIs(INGRESS, 0);
    expect(data.dependencies).not.toContain(service);
    expect(users.dependencies).toEqual([]);
  });

  test('gets no permission where none is needed', () => {
    const stack = newStack();
    newCluster(stack, { acl: Acl.openAccess(stack) }).connectionFor().addToFunction(newFunction(stack, existing(stack)));
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('gets no permission for a password that is kept elsewhere', () => {
    const stack = newStack();
    const user = new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.secretsManager('orders')] });
    newCluster(stack).connectionFor(user).addToFunction(newFunction(stack, existing(stack)));
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('is wired to two clusters by their prefixes', () => {
    const stack = newStack();
    const fn = newFunction(stack, importedVpc(stack));
    const user = new IamUser(stack, 'User', { accessString });
    for (const prefix of ['ORDERS', 'CARTS']) {
      new Cluster(stack, prefix, { vpc: existing(stack), nodeType: NodeType.T4G_SMALL }).connectionFor(user, { prefix }).addToFunction(fn);
    }
    const { Variables } = propertiesOf(templateOf(stack), 'AWS::Lambda::Function').Environment;
    expect(Object.keys(Variables).filter((name) => name.endsWith('_HOST'))).toEqual(['ORDERS_HOST', 'CARTS_HOST']);
  });

  test('is wired to an imported cluster', () => {
    const stack = newStack();
    const cluster = Cluster.fromClusterAttributes(stack, 'Db', {
      clusterName: 'orders',
      clusterEndpointAddress: 'db.example.com',
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')],
    });
    cluster.connectionFor(IamUser.fromIamUserName(stack, 'User', 'app')).addToFunction(newFunction(stack, importedVpc(stack)));
    expect(propertiesOf(templateOf(stack), INGRESS)).toMatchObject({ GroupId: 'sg-12345678', FromPort: 6379 });
  });

  test('fails when it is in no VPC', () => {
    const stack = newStack();
    const connection = newCluster(stack).connectionFor(new IamUser(stack, 'User', { accessString }));
    expect(() => connection.addToFunction(newFunction(stack))).toThrow(
      "the function Test/Function must be in a VPC to reach the cluster, but it is in none; give the function the property 'vpc'",
    );
  });
});

test.each([
  ['Fargate', (stack: Stack) => new ecs.FargateTaskDefinition(stack, 'Task')],
  ['EC2', (stack: Stack) => new ecs.Ec2TaskDefinition(stack, 'Task')],
])('a container of a %s task gets the environment and its role the permission', (_, makeTask) => {
  const stack = newStack();
  const task = makeTask(stack);
  const container = task.addContainer('App', { image: ecs.ContainerImage.fromRegistry('app'), memoryLimitMiB: 256 });
  const connection = newCluster(stack).connectionFor(new IamUser(stack, 'User', { accessString }));
  connection.addToContainer(task, container);
  const template = templateOf(stack);
  const [{ Environment }] = propertiesOf(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions;
  expect(Object.fromEntries(Environment.map(({ Name, Value }: any) => [Name, Value]))).toEqual(stack.resolve(connection.environment));
  expect(propertiesOf(template, 'AWS::IAM::Policy')).toMatchObject({
    PolicyDocument: { Statement: [{ Action: 'memorydb:Connect' }] },
    Roles: [{ Ref: expect.stringMatching(/^TaskTaskRole/) }],
  });
});

describe('outputs', () => {
  test.each<[string, (stack: Stack) => Construct]>([
    ['the stack', (stack) => stack],
    ['a construct far down', (stack) => new Construct(new Construct(stack, 'Outer'), 'Inner')],
  ])('have the names of the contract when added to %s', (_, makeScope) => {
    const stack = newStack();
    newCluster(stack).connectionFor(new PasswordUser(stack, 'User', { accessString })).addOutputs(makeScope(stack));
    expect(templateOf(stack).toJSON().Outputs).toEqual({
      MemorydbHost: { Value: { 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'ClusterEndpoint.Address'] } },
      MemorydbPort: { Value: '6379' },
      MemorydbTls: { Value: 'true' },
      MemorydbUsername: { Value: { Ref: expect.stringMatching(/^User/) } },
      MemorydbAuth: { Value: 'secret' },
      MemorydbClusterName: { Value: { Ref: expect.stringMatching(/^Db/) } },
      MemorydbRegion: { Value: 'eu-west-1' },
      MemorydbSecretArn: { Value: { Ref: expect.stringMatching(/^UserSecret/) } },
    });
  });

  test('can be added to another stack and with another prefix', () => {
    const app = newApp();
    const data = newStack(app, 'Data');
    const stack = newStack(app);
    new Acl(stack, 'Acl');
    newCluster(data).connectionFor(undefined, { prefix: 'ORDERS_DB' }).addOutputs(stack);
    const outputs = templateOf(stack).toJSON().Outputs;
    expect(Object.keys(outputs)).toEqual(['OrdersDbHost', 'OrdersDbPort', 'OrdersDbTls', 'OrdersDbAuth', 'OrdersDbClusterName', 'OrdersDbRegion']);
    expect(outputs.OrdersDbHost.Value).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Data:/) });
  });

  test('take a port that is a token', () => {
    const stack = newStack();
    const port = new CfnParameter(stack, 'Port', { type: 'Number', default: 6379 }).valueAsNumber;
    newCluster(stack, { port }).connectionFor().addOutputs(stack);
    expect(templateOf(stack).toJSON().Outputs.MemorydbPort.Value).toEqual({ Ref: 'Port' });
  });

  test('are in the Region of the deployment when the stack is for any', () => {
    const stack = new Stack(newApp(), 'Anywhere');
    newCluster(stack).connectionFor().addOutputs(stack);
    expect(templateOf(stack).toJSON().Outputs.MemorydbRegion.Value).toEqual({ Ref: 'AWS::Region' });
  });
});

describe('grant', () => {
  test('lets a principal sign in', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    newCluster(stack).connectionFor(new IamUser(stack, 'User', { accessString })).grant(role);
    expect(propertiesOf(templateOf(stack), 'AWS::IAM::Policy').PolicyDocument.Statement).toMatchObject([{ Action: 'memorydb:Connect' }]);
  });

  test('fails without a user', () => {
    const stack = newStack();
    expect(() => newCluster(stack).connectionFor().grant(new iam.User(stack, 'Human'))).toThrow(
      "'user' must be given to the connection before it can be granted to anybody; a cluster that lets everybody in needs no permission",
    );
  });
});
