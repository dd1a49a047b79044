import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnCluster, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { AccessString, Cluster, ClusterGrants, IamUser, NodeType, PasswordUser } from '../src';
import type { ICluster, IUser } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();

const arn = (rest: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:memorydb:eu-west-1:123456789012:${rest}`]] });

function newCluster(stack: Stack, id = 'Db'): Cluster {
  return new Cluster(stack, id, { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL });
}

function newRole(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
}

/** The statements of the only policy of a stack. */
function statementsOf(stack: Stack): any[] {
  return propertiesOf(templateOf(stack), 'AWS::IAM::Policy').PolicyDocument.Statement;
}

describe('an IAM user can be used by', () => {
  test.each<[string, (stack: Stack) => iam.IGrantable]>([
    ['a role', newRole],
    ['an imported role', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/app')],
    ['a user', (stack) => new iam.User(stack, 'Human')],
    ['a group', (stack) => new iam.Group(stack, 'Team')],
  ])('%s', (_, makeGrantee) => {
    const stack = newStack();
    const user = new IamUser(stack, 'User', { accessString });
    const grant = newCluster(stack).grants.connect(makeGrantee(stack), user);
    expect(grant.success).toBe(true);
    expect(statementsOf(stack)).toEqual([{
      Action: 'memorydb:Connect',
      Effect: 'Allow',
      Resource: [{ 'Fn::GetAtt': [expect.stringMatching(/^Db/), 'ARN'] }, { 'Fn::GetAtt': [expect.stringMatching(/^User/), 'Arn'] }],
    }]);
  });

  test('no service principal, which has no policy', () => {
    const stack = newStack();
    const cluster = newCluster(stack);
    const grant = cluster.grants.connect(new iam.ServicePrincipal('lambda.amazonaws.com'), new IamUser(stack, 'User', { accessString }));
    expect(grant.success).toBe(false);
    expect(() => grant.assertSuccess()).toThrow();
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('a role that must not be changed, without an error', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/app', { mutable: false });
    newCluster(stack).grants.connect(role, new IamUser(stack, 'User', { accessString }));
    templateOf(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });
});

describe('a permission without effect is warned of', () => {
  test.each<[string, (stack: Stack) => iam.IGrantable, string]>([
    ['a service principal', () => new iam.ServicePrincipal('lambda.amazonaws.com'),
      'ServicePrincipal(lambda.amazonaws.com) cannot be given permission to sign in, since it has no policy that could be changed here'],
    ['an account', () => new iam.AccountPrincipal('210987654321'), 'since it is of account 210987654321 and MemoryDB has no resource policies'],
    ['an imported role of another account', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::210987654321:role/app'),
      'Test/Role cannot be given permission to sign in, since it is of account 210987654321'],
    ['a role of another account', (stack) => newRole(newStack(stack.node.root, 'Elsewhere', { env: { account: '210987654321', region: 'eu-west-1' } })),
      'Elsewhere/Role cannot be given permission to sign in, since it is of account 210987654321'],
  ])('for %s', (_, makeGrantee, says) => {
    const stack = newStack();
    newCluster(stack).grants.connect(makeGrantee(stack), IamUser.fromIamUserName(stack, 'User', 'app'));
    expect(synth(stack).warnings).toEqual([expect.stringContaining(says)]);
  });

  test.each<[string, (stack: Stack) => iam.IGrantable]>([
    ['a role', newRole],
    ['an imported role', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/app')],
    ['an imported role that is not to be changed', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/app', { mutable: false })],
  ])('but not for %s', (_, makeGrantee) => {
    const stack = newStack();
    newCluster(stack).grants.connect(makeGrantee(stack), IamUser.fromIamUserName(stack, 'User', 'app'));
    expect(synth(stack).warnings).toEqual([]);
  });
});

test('an IAM user of another Region than the cluster fails', () => {
  const stack = newStack();
  const user = IamUser.fromIamUserArn(stack, 'User', 'arn:aws:memorydb:us-east-1:123456789012:user/app');
  expect(() => newCluster(stack).grants.connect(newRole(stack), user)).toThrow(
    "'user' must be of the account and Region of Test/Db to sign in to it, but Test/User is of 123456789012 in us-east-1",
  );
});

describe('exactly the two ARNs are granted for', () => {
  const user = (stack: Stack) => IamUser.fromIamUserName(stack, 'User', 'app');

  test.each<[string, (stack: Stack) => ClusterGrants, (stack: Stack) => any, unknown[]]>([
    ['an L1 cluster and an L1 user',
      (stack) => ClusterGrants.fromCluster(new CfnCluster(stack, 'Db', { clusterName: 'db', nodeType: 'db.t4g.small', aclName: 'open-access' })),
      (stack) => new CfnUser(stack, 'User', { userName: 'app', accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' } }),
      [{ 'Fn::GetAtt': ['Db', 'ARN'] }, { 'Fn::GetAtt': ['User', 'Arn'] }]],
    ['a cluster and a user by name', (stack) => Cluster.fromClusterName(stack, 'Db', 'orders').grants, user, [arn('cluster/orders'), arn('user/app')]],
    ['a cluster and a user by ARN',
      (stack) => Cluster.fromClusterArn(stack, 'Db', 'arn:aws:memorydb:us-east-1:210987654321:cluster/orders').grants,
      (stack) => IamUser.fromIamUserArn(stack, 'User', 'arn:aws:memorydb:us-east-1:210987654321:user/app'),
      ['arn:aws:memorydb:us-east-1:210987654321:cluster/orders', 'arn:aws:memorydb:us-east-1:210987654321:user/app']],
    ['a cluster by an ARN that is a token',
      (stack) => Cluster.fromClusterArn(stack, 'Db', Token.asString({ 'Fn::ImportValue': 'ClusterArn' })).grants, user,
      [{ 'Fn::ImportValue': 'ClusterArn' }, arn('user/app')]],
    ['a cluster with attributes',
      (stack) => Cluster.fromClusterAttributes(stack, 'Db', { clusterName: 'orders', clusterEndpointAddress: 'db.example.com' }).grants, user,
      [arn('cluster/orders'), arn('user/app')]],
  ])('%s', (_, makeGrants, makeUser, resources) => {
    const stack = newStack();
    makeGrants(stack).connect(newRole(stack), makeUser(stack));
    expect(statementsOf(stack)).toEqual([{ Action: 'memorydb:Connect', Effect: 'Allow', Resource: resources }]);
  });

  test('cluster, user and role of three stacks', () => {
    const app = newApp();
    const [data, users, stack] = ['Data', 'Users', 'Service'].map((name) => newStack(app, name));
    newCluster(data).grants.connect(newRole(stack), new IamUser(users, 'User', { accessString }));
    expect(statementsOf(stack)).toEqual([{
      Action: 'memorydb:Connect',
      Effect: 'Allow',
      Resource: [{ 'Fn::ImportValue': expect.stringMatching(/^Data:/) }, { 'Fn::ImportValue': expect.stringMatching(/^Users:/) }],
    }]);
  });
});

describe('a user with a password', () => {
  const READ = { Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], Effect: 'Allow' };
  const DECRYPT = {
    Action: 'kms:Decrypt',
    Effect: 'Allow',
    Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } },
  };

  test.each<[string, (stack: Stack) => ICluster]>([
    ['a cluster', newCluster],
    ['an imported cluster', (stack) => Cluster.fromClusterName(stack, 'Db', 'orders')],
  ])('of %s: its secret can be read', (_, makeCluster) => {
    const stack = newStack();
    makeCluster(stack).grants.connect(newRole(stack), new PasswordUser(stack, 'User', { accessString }));
    expect(statementsOf(stack)).toEqual([{ ...READ, Resource: { Ref: expect.stringMatching(/^UserSecret/) } }]);
  });

  test('with a key: the secret can be read and decrypted', () => {
    const stack = newStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    newCluster(stack).grants.connect(newRole(stack), new PasswordUser(stack, 'User', { accessString, encryptionKey }));
    expect(statementsOf(stack)).toEqual([
      { ...READ, Resource: { Ref: expect.stringMatching(/^UserSecret/) } },
      { ...DECRYPT, Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } },
    ]);
    expect(JSON.stringify(propertiesOf(templateOf(stack), 'AWS::KMS::Key'))).not.toContain('Role');
  });

  test('with an imported key: the secret can be read and decrypted', () => {
    const stack = newStack();
    const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012';
    const secretPartialArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders';
    const secret = secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', { secretPartialArn, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', keyArn) });
    newCluster(stack).grants.connect(newRole(stack), PasswordUser.fromPasswordUserAttributes(stack, 'User', { userName: 'app', secret }));
    expect(statementsOf(stack)).toEqual([{ ...READ, Resource: `${secretPartialArn}-??????` }, { ...DECRYPT, Resource: keyArn }]);
  });

  test('imported with its secret: that one can be read', () => {
    const stack = newStack();
    const secretCompleteArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-abcdef';
    const secret = secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn });
    newCluster(stack).grants.connect(newRole(stack), PasswordUser.fromPasswordUserAttributes(stack, 'User', { userName: 'app', secret }));
    expect(statementsOf(stack)).toEqual([{ ...READ, Resource: secretCompleteArn }]);
  });

  test.each<[string, boolean]>([['a name and a key', true], ['no name', false]])('can be used in another account if its secret is given %s', (_, named) => {
    const app = newApp();
    const [data, stack] = [newStack(app, 'Data'), newStack(app, 'Service', { env: { account: '210987654321', region: 'eu-west-1' } })];
    const encryptionKey = named ? new kms.Key(data, 'Key', { alias: 'orders' }) : undefined;
    const secret = named ? new secretsmanager.Secret(data, 'Secret', { secretName: 'orders', encryptionKey }) : undefined;
    const connection = newCluster(data).connectionFor(new PasswordUser(data, 'User', { accessString, secret }));
    const role = newRole(stack);
    if (named) {
      expect(stack.resolve(connection.environment.MEMORYDB_SECRET_ARN)).toBeDefined();
      expect(() => connection.addOutputs(stack)).not.toThrow();
    } else {
      const message = "'secret' must have a name and a key of its own to be used in account 210987654321, but the generated one of Data/User has no name";
      expect(() => connection.grant(role)).toThrow(message);
      expect(() => connection.addOutputs(stack)).toThrow(message);
    }
  });

  test.each<[string, (stack: Stack) => IUser]>([
    ['imported by name', (stack) => PasswordUser.fromPasswordUserName(stack, 'User', 'app')],
    ['imported by ARN', (stack) => PasswordUser.fromPasswordUserArn(stack, 'User', 'arn:aws:memorydb:eu-west-1:123456789012:user/app')],
  ])('fails when its secret is not known: %s', (_, makeUser) => {
    const stack = newStack();
    expect(() => newCluster(stack).grants.connect(newRole(stack), makeUser(stack))).toThrow(
      "'user' must have a secret to be granted, but the secret of Test/User is not known; define or import the user with 'secret', " +
        'or give the principal access to its password yourself',
    );
  });
});
