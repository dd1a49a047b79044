import { CfnParameter, NestedStack, SecretValue, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, Cluster, IamUser, NodeType, PasswordUser } from '../src';
import type { ClientConnection, ClusterProps, IUser } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const EGRESS = 'AWS::EC2::SecurityGroupEgress';

function newCluster(stack: Stack, props: Partial<ClusterProps> = {}): Cluster {
  return new Cluster(stack, 'Db', { vpc: props.vpc ?? importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

function newFunction(stack: Stack, vpc?: ec2.IVpc): lambda.Function {
  return new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1'), vpc,
  });
}

/** A connection as a user who is on the list of the cluster. */
function newConnection(stack: Stack, user: IUser = new IamUser(stack, 'User', { accessString }), props: Partial<ClusterProps> = {}): ClientConnection {
  return newCluster(stack, { users: [user], ...props }).connectionFor(user);
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
    newConnection(stack, iamUser(stack), { port }).addToFunction(newFunction(stack, existing(stack)));
    const template = templateOf(stack);
    expect(propertiesOf(template, 'AWS::Lambda::Function').Environment.Variables.MEMORYDB_PORT).toEqual({ Ref: 'Port' });
    expect(propertiesOf(template, INGRESS)).toMatchObject({ FromPort: { Ref: 'Port' }, ToPort: { Ref: 'Port' } });
  });
});

describe('a function', () => {
  test('gets the environment, the way and the permission', () => {
    const stack = newStack();
    const connection = newConnection(stack);
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

  test('is wired without a warning', () => {
    const stack = newStack();
    newConnection(stack).addToFunction(newFunction(stack, existing(stack)));
    templateOf(stack);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  /** In which stack each part is; they are deployed in the order of the alphabet. */
  interface Layout {
    readonly vpc: string;
    readonly cluster: string;
    readonly user: string;
    readonly fn: string;
    /** Where the function's own security group is; CDK makes one in the function's stack when it has none. */
    readonly securityGroup?: string;
    readonly clusterSecurityGroup?: string;
  }

  const [A, B, C, D] = ['A', 'B', 'C', 'D'];

  test.each<[string, Layout]>([
    ['each of a stack of its own', { vpc: A, user: B, cluster: C, fn: D }],
    ['the user with the cluster', { vpc: A, user: B, cluster: B, fn: C }],
    ['all but the function together', { vpc: A, user: A, cluster: A, fn: B }],
    ['all but the network together', { vpc: A, user: B, cluster: B, fn: B }],
    ['the security group of the function with the network', { vpc: A, securityGroup: A, user: B, cluster: C, fn: D }],
    ['the security group of the function with the user', { vpc: A, securityGroup: B, user: B, cluster: C, fn: D }],
    ['the security group of the function with the cluster', { vpc: A, securityGroup: C, user: B, cluster: C, fn: D }],
    ['both security groups with the network', { vpc: A, securityGroup: A, clusterSecurityGroup: A, user: B, cluster: C, fn: D }],
    ['the security group of the cluster with the network', { vpc: A, clusterSecurityGroup: A, user: B, cluster: C, fn: D }],
  ])('is wired to a cluster and a user of other stacks without a cycle: %s', (_, layout) => {
    for (const makeUser of [
      (scope: Stack) => new IamUser(scope, 'User', { accessString }),
      (scope: Stack) => new PasswordUser(scope, 'User', { accessString, encryptionKey: new kms.Key(scope, 'Key') }),
    ]) {
      const app = newApp();
      const stacks = new Map([...new Set(Object.values<string>({ ...layout }))].sort().map((name) => [name, newStack(app, name)]));
      const [network, service] = [stacks.get(layout.vpc)!, stacks.get(layout.fn)!];
      const vpc = new ec2.Vpc(network, 'Vpc', { maxAzs: 2, natGateways: 0 });
      const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
      const groupIn = (name: string | undefined, id: string) =>
        name === undefined ? undefined : [new ec2.SecurityGroup(stacks.get(name)!, id, { vpc, allowAllOutbound: false })];
      const user = makeUser(stacks.get(layout.user)!);
      const cluster = newCluster(stacks.get(layout.cluster)!, { vpc, vpcSubnets, users: [user], securityGroups: groupIn(layout.clusterSecurityGroup, 'DbGroup') });
      const fn = new lambda.Function(service, 'Function', {
        runtime: lambda.Runtime.NODEJS_22_X,
        handler: 'index.handler',
        code: lambda.Code.fromInline('exports.handler = 1'),
        vpc,
        vpcSubnets,
        securityGroups: groupIn(layout.securityGroup, 'FunctionGroup'),
      });
      cluster.connectionFor(user).addToFunction(fn);
      const synthesis = synth(app);
      const rules = [...stacks.values()].flatMap((stack) => Object.values(synthesis.template(stack).findResources(INGRESS)));
      expect(rules).toHaveLength(1);
      expect(rules[0].Properties).toMatchObject({ FromPort: 6379, ToPort: 6379 });
      const egress = [...stacks.values()].flatMap((stack) => Object.values(synthesis.template(stack).findResources(EGRESS)));
      expect(egress).toHaveLength(layout.securityGroup === undefined ? 0 : 1);
      for (const [name, stack] of stacks) {
        expect(stack.dependencies.filter((other) => other.stackName >= name)).toEqual([]);
      }
    }
  });

  /** Groups of the network and a cluster of another stack; functions are put into stacks that use both. */
  function newServices(makeGroup: (network: Stack, vpc: ec2.IVpc, id: string) => ec2.ISecurityGroup = sharedGroup) {
    const app = newApp();
    const [network, data] = ['Network', 'Data'].map((name) => newStack(app, name));
    const vpc = new ec2.Vpc(network, 'Vpc', { maxAzs: 2, natGateways: 0 });
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const group = makeGroup(network, vpc, 'Clients');
    const user = new IamUser(data, 'User', { accessString });
    const cluster = newCluster(data, { vpc, vpcSubnets, users: [user] });
    const addFunction = (stack: Stack, id: string, ...securityGroups: ec2.ISecurityGroup[]) => {
      const fn = new lambda.Function(stack, id, {
        runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1'), vpc, vpcSubnets, securityGroups,
      });
      cluster.connectionFor(user).addToFunction(fn);
    };
    /** What goes in and out, by stack. */
    const rulesIn = (...stacks: Stack[]) => {
      const synthesis = synth(app);
      return stacks.map((stack) => [INGRESS, EGRESS].map((type) => Object.keys(synthesis.template(stack).findResources(type)).length));
    };
    return { app, network, data, vpc, group, addFunction, rulesIn };
  }

  function sharedGroup(network: Stack, vpc: ec2.IVpc, id: string): ec2.ISecurityGroup {
    return new ec2.SecurityGroup(network, id, { vpc, allowAllOutbound: false });
  }

  test('shares the way with another one of its stack that has the same security group', () => {
    const { app, network, data, group, addFunction, rulesIn } = newServices();
    const service = newStack(app, 'Service');
    ['One', 'Other'].forEach((id) => addFunction(service, id, group));
    expect(rulesIn(network, data, service)).toEqual([[0, 0], [0, 0], [1, 1]]);
  });

  test('shares the way with one of another stack that has the same security group, and depends on it', () => {
    const { app, network, data, group, addFunction, rulesIn } = newServices();
    const [one, other] = ['One', 'Other'].map((id) => newStack(app, id));
    [one, other].forEach((stack) => addFunction(stack, 'Function', group));
    expect(rulesIn(network, data, one, other)).toEqual([[0, 0], [0, 0], [1, 1], [0, 0]]);
    expect(other.dependencies).toContain(one);
  });

  test.each([['the stack around', 0, 1], ['a nested stack', 1, 0], ['another nested stack', 1, 2]])('shares the way with one of %s', (_, first, second) => {
    const { app, group, addFunction, rulesIn } = newServices();
    const service = newStack(app, 'Service');
    const stacks = [service, new NestedStack(service, 'One'), new NestedStack(service, 'Other')];
    addFunction(stacks[first], 'First', group);
    addFunction(stacks[second], 'Second', group);
    expect(rulesIn(stacks[first], stacks[second])).toEqual([[1, 1], [0, 0]]);
  });

  test('has one way for each of its security groups, of whatever stacks they are', () => {
    const { app, network, data, vpc, group, addFunction, rulesIn } = newServices();
    const service = newStack(app, 'Service');
    const own = new ec2.SecurityGroup(service, 'Own', { vpc, allowAllOutbound: false });
    addFunction(service, 'One', group, own);
    addFunction(service, 'Other', own);
    expect(rulesIn(network, data, service)).toEqual([[0, 0], [0, 0], [2, 2]]);
  });

  test.each<[string, ec2.SecurityGroupImportOptions, number[]]>([
    ['an imported security group, which is changed', { allowAllOutbound: false }, [1, 1]],
    ['an imported security group that lets everything out', {}, [1, 0]],
    ['an imported security group that must not be changed', { allowAllOutbound: false, mutable: false }, [1, 0]],
  ])('may have %s', (_, options, expected) => {
    const { app, network, data, group, addFunction, rulesIn } = newServices((stack, _vpc, id) =>
      ec2.SecurityGroup.fromSecurityGroupId(stack, id, 'sg-12345678', options));
    const service = newStack(app, 'Service');
    addFunction(service, 'One', group);
    expect(rulesIn(data, service)).toEqual([[0, 0], expected]);
    expect(network.dependencies).toEqual([]);
  });

  test('leaves a security group of the cluster that must not be changed as it is', () => {
    const app = newApp();
    const [network, data, service] = ['Network', 'Data', 'Service'].map((name) => newStack(app, name));
    const group = ec2.SecurityGroup.fromSecurityGroupId(data, 'DbGroup', 'sg-12345678', { mutable: false });
    const vpc = importedVpc(network);
    const user = new IamUser(data, 'User', { accessString });
    const fn = new lambda.Function(service, 'Function', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = 1'),
      vpc,
      securityGroups: [new ec2.SecurityGroup(network, 'Clients', { vpc })],
    });
    newCluster(data, { vpc, users: [user], securityGroups: [group] }).connectionFor(user).addToFunction(fn);
    templateOf(service).resourceCountIs(INGRESS, 0);
  });

  test('gets no permission where none is needed', () => {
    const stack = newStack();
    newCluster(stack, { acl: Acl.openAccess(stack) }).connectionFor().addToFunction(newFunction(stack, existing(stack)));
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('gets no permission for a password that is kept elsewhere', () => {
    const stack = newStack();
    const user = new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.secretsManager('orders')] });
    newConnection(stack, user).addToFunction(newFunction(stack, existing(stack)));
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('is wired to two clusters by their prefixes', () => {
    const stack = newStack();
    const fn = newFunction(stack, importedVpc(stack));
    const user = new IamUser(stack, 'User', { accessString });
    for (const prefix of ['ORDERS', 'CARTS']) {
      const cluster = new Cluster(stack, prefix, { vpc: existing(stack), nodeType: NodeType.T4G_SMALL, users: [user] });
      cluster.connectionFor(user, { prefix }).addToFunction(fn);
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
    const connection = newConnection(stack);
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
  const connection = newConnection(stack);
  connection.addToContainer(task, container);
  const template = templateOf(stack);
  const [{ Environment }] = propertiesOf(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions;
  expect(Object.fromEntries(Environment.map(({ Name, Value }: any) => [Name, Value]))).toEqual(stack.resolve(connection.environment));
  expect(propertiesOf(template, 'AWS::IAM::Policy')).toMatchObject({
    PolicyDocument: { Statement: [{ Action: 'memorydb:Connect' }] },
    Roles: [{ Ref: expect.stringMatching(/^TaskTaskRole/) }],
  });
});

test('a container of another task fails', () => {
  const stack = newStack();
  const [task, other] = ['Task', 'Other'].map((id) => new ecs.FargateTaskDefinition(stack, id));
  const container = other.addContainer('App', { image: ecs.ContainerImage.fromRegistry('app') });
  expect(() => newConnection(stack).addToContainer(task, container)).toThrow(
    "'container' must be of the task definition Test/Task, whose role gets the permission, but Test/Other/App is of Test/Other; give the two that belong together",
  );
});

describe('a second connection with the same prefix', () => {
  function connections(stack: Stack): [ClientConnection, ClientConnection] {
    const users = ['Reader', 'Writer'].map((id) => new IamUser(stack, id, { accessString }));
    const cluster = newCluster(stack, { users });
    return [cluster.connectionFor(users[0]), cluster.connectionFor(users[1])];
  }

  const newContainer = (stack: Stack) => {
    const task = new ecs.FargateTaskDefinition(stack, 'Task');
    return { task, container: task.addContainer('App', { image: ecs.ContainerImage.fromRegistry('app') }) };
  };

  test.each<[string, (stack: Stack) => (connection: ClientConnection) => void, string]>([
    ['a function', (stack) => {
      const fn = newFunction(stack, importedVpc(stack, 'Network'));
      return (connection) => connection.addToFunction(fn);
    }, 'Test/Function'],
    ['a container', (stack) => {
      const { task, container } = newContainer(stack);
      return (connection) => connection.addToContainer(task, container);
    }, 'Test/Task/App'],
    ['a stack', (stack) => (connection) => connection.addOutputs(stack), 'Test'],
  ])('fails for %s, and the first may be added again', (_, makeAdd, path) => {
    const stack = newStack();
    const [first, second] = connections(stack);
    const add = makeAdd(stack);
    add(first);
    add(first);
    expect(() => add(second)).toThrow(
      `'prefix' must tell the connections of ${path} apart, but two of them have MEMORYDB; give one of them another, such as connectionFor(user, { prefix: 'SESSIONS' })`,
    );
    templateOf(stack);
  });
});

describe('a connection to a cluster that is defined here', () => {
  test.each<[string, (stack: Stack) => unknown]>([
    ['as a user of the list', (stack) => newConnection(stack)],
    ['as a user who is added later', (stack) => {
      const cluster = newCluster(stack);
      const user = new IamUser(stack, 'User', { accessString });
      cluster.connectionFor(user);
      cluster.addUser(user);
    }],
    ['as a user who is on the list by name only', (stack) => {
      const user = new IamUser(stack, 'User', { accessString, userName: 'app' });
      newCluster(stack, { users: [IamUser.fromIamUserName(stack, 'Listed', 'app')] }).connectionFor(user);
    }],
    ['as an imported user of the name of one on the list', (stack) => {
      newCluster(stack, { users: [new IamUser(stack, 'User', { accessString, userName: 'app' })] })
        .connectionFor(IamUser.fromIamUserName(stack, 'Imported', 'app'));
    }],
    ['as a user whose name is not known', (stack) => {
      newCluster(stack, { users: [new IamUser(stack, 'User', { accessString })] })
        .connectionFor(IamUser.fromIamUserName(stack, 'Imported', new CfnParameter(stack, 'Name').valueAsString)).addOutputs(stack);
    }],
    ['with an imported list', (stack) => newCluster(stack, { acl: Acl.fromAclName(stack, 'Acl', 'team') }).connectionFor(new IamUser(stack, 'User', { accessString }))],
    ['with an imported list as nobody', (stack) => newCluster(stack, { acl: Acl.fromAclName(stack, 'Acl', 'team') }).connectionFor()],
    ['with open access as nobody', (stack) => newCluster(stack, { acl: Acl.openAccess(stack), tlsEnabled: false }).connectionFor()],
  ])('%s can be used', (_, define) => {
    const stack = newStack();
    define(stack);
    templateOf(stack);
  });

  test('as a forgotten user fails once, however often it is used', () => {
    const stack = newStack();
    const cluster = newCluster(stack, { users: [new IamUser(stack, 'Listed', { accessString })] });
    const user = new IamUser(stack, 'Forgotten', { accessString });
    cluster.connectionFor(user).addOutputs(stack);
    cluster.connectionFor(user).addToFunction(newFunction(stack, existing(stack)));
    expect(() => synth(stack)).toThrow(
      /^Validation failed with the following errors:\s+\[Test\/Db\] 'user' must be on Test\/Db\/Acl, the access control list of the cluster, to sign in, but Test\/Forgotten is not; put it into 'users' or call addUser\(user\) of the cluster or of the list$/,
    );
  });
});

describe('outputs', () => {
  test.each<[string, (stack: Stack) => Construct]>([
    ['the stack', (stack) => stack],
    ['a construct far down', (stack) => new Construct(new Construct(stack, 'Outer'), 'Inner')],
  ])('have the names of the contract when added to %s', (_, makeScope) => {
    const stack = newStack();
    newConnection(stack, new PasswordUser(stack, 'User', { accessString })).addOutputs(makeScope(stack));
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
    newCluster(data, { acl: Acl.openAccess(data) }).connectionFor(undefined, { prefix: 'ORDERS_DB' }).addOutputs(stack);
    const outputs = templateOf(stack).toJSON().Outputs;
    expect(Object.keys(outputs)).toEqual(['OrdersDbHost', 'OrdersDbPort', 'OrdersDbTls', 'OrdersDbAuth', 'OrdersDbClusterName', 'OrdersDbRegion']);
    expect(outputs.OrdersDbHost.Value).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Data:/) });
  });

  test.each([1, 2])('are those of the outermost stack when added to a nested one (depth %d)', (depth) => {
    const stack = newStack();
    let scope: Stack = stack;
    for (let level = 0; level < depth; level++) {
      scope = new NestedStack(scope, 'Nested');
    }
    const user = new IamUser(scope, 'User', { accessString });
    newCluster(scope, { users: [user] }).connectionFor(user).addOutputs(scope);
    const { Outputs } = templateOf(stack).toJSON();
    expect(Object.keys(Outputs)).toEqual(['Host', 'Port', 'Tls', 'Username', 'Auth', 'ClusterName', 'Region'].map((name) => `Memorydb${name}`));
    expect(Outputs.MemorydbHost.Value).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^NestedNested/), expect.stringMatching(/^Outputs\./)] });
  });

  test('take a port that is a token', () => {
    const stack = newStack();
    const port = new CfnParameter(stack, 'Port', { type: 'Number', default: 6379 }).valueAsNumber;
    newConnection(stack, undefined, { port }).addOutputs(stack);
    expect(templateOf(stack).toJSON().Outputs.MemorydbPort.Value).toEqual({ Ref: 'Port' });
  });

  test('are in the Region of the deployment when the stack is for any', () => {
    const stack = new Stack(newApp(), 'Anywhere');
    newConnection(stack).addOutputs(stack);
    expect(templateOf(stack).toJSON().Outputs.MemorydbRegion.Value).toEqual({ Ref: 'AWS::Region' });
  });
});

describe('grant', () => {
  test('lets a principal sign in', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    newConnection(stack).grant(role);
    expect(propertiesOf(templateOf(stack), 'AWS::IAM::Policy').PolicyDocument.Statement).toMatchObject([{ Action: 'memorydb:Connect' }]);
  });

  test('fails without a user', () => {
    const stack = newStack();
    expect(() => newCluster(stack).connectionFor().grant(new iam.User(stack, 'Human'))).toThrow(
      "'user' must be given to the connection before it can be granted to anybody; a cluster that lets everybody in needs no permission",
    );
  });
});
