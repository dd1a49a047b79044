import { Aspects, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { CfnACL, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, Cluster, IamUser, NodeType, PasswordUser } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();

function userNamesOf(stack: Stack): any[] {
  return propertiesOf(templateOf(stack), 'AWS::MemoryDB::ACL').UserNames;
}

function l1User(stack: Stack, id: string): CfnUser {
  return new CfnUser(stack, id, { userName: id.toLowerCase(), accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' } });
}

test('an empty list has no property for users', () => {
  const stack = newStack();
  new Acl(stack, 'Acl', { users: [] });
  expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ACL')).not.toHaveProperty('UserNames');
});

test('a list can be emptied by hand', () => {
  const stack = newStack();
  const acl = new Acl(stack, 'Acl');
  (acl.node.defaultChild as CfnACL).addPropertyOverride('UserNames', []);
  expect(userNamesOf(stack)).toEqual([]);
});

test('a user who is off can be the last of a list', () => {
  const stack = newStack();
  new Acl(stack, 'Acl', { users: [new IamUser(stack, 'User', { accessString: AccessString.of({ enabled: false }) })] });
  expect(userNamesOf(stack)).toEqual([{ Ref: expect.stringMatching(/^User/) }]);
  expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::User').AccessString).toMatch(/^off /);
});

test('takes users of every kind', () => {
  const app = newApp();
  const stack = newStack(app);
  const acl = new Acl(stack, 'Acl', {
    users: [
      new IamUser(stack, 'Iam', { accessString }),
      new PasswordUser(stack, 'Password', { accessString }),
      l1User(stack, 'L1'),
      IamUser.fromIamUserName(stack, 'ByName', 'by-name'),
      PasswordUser.fromPasswordUserArn(stack, 'ByArn', 'arn:aws:memorydb:eu-west-1:123456789012:user/by-arn'),
      IamUser.fromIamUserArn(stack, 'ByToken', Token.asString({ Ref: 'AWS::StackId' })),
      new IamUser(newStack(app, 'Users'), 'Elsewhere', { accessString }),
    ],
  });
  expect(userNamesOf(stack)).toEqual([
    'by-arn',
    'by-name',
    { 'Fn::ImportValue': expect.stringMatching(/^Users:.*Elsewhere/) },
    { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, expect.anything()] }] }] },
    { Ref: expect.stringMatching(/^Iam/) },
    { Ref: 'L1' },
    { Ref: expect.stringMatching(/^Password/) },
  ]);
  expect(acl.users).toHaveLength(7);
});

test('the order in which users are added changes nothing', () => {
  const names = ['Anna', 'Ben', 'Cleo', 'Dora'];
  const listed = (ids: string[]) => {
    const stack = newStack();
    const users = new Map(names.map((name) => [name, name < 'C' ? new IamUser(stack, name, { accessString }) : l1User(stack, name)]));
    const acl = new Acl(stack, 'Acl', { users: [users.get(ids[0])!] });
    ids.slice(1).forEach((id) => acl.addUser(users.get(id)!));
    return userNamesOf(stack);
  };
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (ids) => {
      expect(listed(ids)).toEqual(listed(names));
    }),
    { numRuns: 8 },
  );
});

test('a user is listed once', () => {
  const stack = newStack();
  const [user, other] = [new IamUser(stack, 'User', { accessString }), l1User(stack, 'Other')];
  const acl = new Acl(stack, 'Acl', { users: [user, user, other] });
  acl.addUser(user);
  acl.addUser(other);
  acl.addUser(IamUser.fromIamUserName(stack, 'Imported', 'imported'));
  acl.addUser(IamUser.fromIamUserName(stack, 'Again', 'imported'));
  expect(userNamesOf(stack)).toHaveLength(3);
});

test.each<[string, boolean]>([['before', true], ['after', false]])('a user who is imported by name %s being defined is listed once, as the defined one', (_, first) => {
  const stack = newStack();
  const users = [IamUser.fromIamUserName(stack, 'Imported', 'app'), new IamUser(stack, 'User', { accessString, userName: 'app' })];
  const acl = new Acl(stack, 'Acl', { users: first ? users : users.reverse() });
  expect(userNamesOf(stack)).toEqual([{ Ref: expect.stringMatching(/^User/) }]);
  expect(acl.users).toHaveLength(1);
});

test('a hundred users fill a list, however often they are added', () => {
  const stack = newStack();
  const users = Array.from({ length: 100 }, (_, index) => IamUser.fromIamUserName(stack, `User${index}`, `user-${index}`));
  new Acl(stack, 'Acl', { users: [...users, ...users, IamUser.fromIamUserName(stack, 'Again', 'user-0')] });
  expect(synth(stack).warnings).toEqual([]);
});

test.each<[string, string | undefined, string | undefined]>([
  ['of the same account and Region', '123456789012', 'eu-west-1'],
  ['of any account and Region', undefined, undefined],
])('a user %s can be listed', (_, account, region) => {
  const app = newApp();
  const acl = new Acl(newStack(app), 'Acl');
  const elsewhere = new Stack(app, 'Users', { env: { account, region } });
  acl.addUser(IamUser.fromIamUserName(elsewhere, 'User', 'app'));
  expect(acl.users).toHaveLength(1);
});

test.each([['another account', '210987654321', 'eu-west-1'], ['another Region', '123456789012', 'us-east-1']])('fails for a user of %s', (_, account, region) => {
  const app = newApp();
  const acl = new Acl(newStack(app), 'Acl');
  const user = new IamUser(newStack(app, 'Users', { env: { account, region } }), 'User', { accessString });
  expect(() => acl.addUser(user)).toThrow(`'users' must be of the account and Region of the list, but Users/User is of ${account} in ${region}`);
  expect(acl.users).toEqual([]);
});

test('the user default on a list carries a warning as an L1, too', () => {
  const stack = newStack();
  const user = new CfnUser(stack, 'User', { userName: 'default', accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' } });
  new Acl(stack, 'Acl', { users: [user] });
  expect(synth(stack).warnings).toEqual([expect.stringContaining('cdk-memorydb:defaultUser')]);
});

test('a user of the list of users is not changed from outside', () => {
  const stack = newStack();
  const acl = new Acl(stack, 'Acl');
  acl.users.push(new IamUser(stack, 'User', { accessString }));
  expect(acl.users).toEqual([]);
});

test('a list in a nested stack takes users of the parent', () => {
  const stack = newStack();
  const nested = new NestedStack(stack, 'Nested');
  new Acl(nested, 'Acl', { users: [new IamUser(stack, 'User', { accessString })] });
  const { UserNames } = propertiesOf(synth(stack).template(nested), 'AWS::MemoryDB::ACL');
  expect(UserNames).toEqual([{ Ref: expect.stringMatching(/^referencetoTestUser/) }]);
});

test('users may be added as late as by an aspect', () => {
  const stack = newStack();
  const acl = new Acl(stack, 'Acl');
  const user = new IamUser(stack, 'Late', { accessString });
  Aspects.of(stack).add({ visit: (node) => (node === acl ? acl.addUser(user) : undefined) });
  expect(userNamesOf(stack)).toEqual([{ Ref: expect.stringMatching(/^Late/) }]);
});

describe('open access', () => {
  test('is the same construct for the whole stack', () => {
    const stack = newStack();
    const acl = Acl.openAccess(stack);
    const cluster = new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, acl });
    expect(Acl.openAccess(cluster)).toBe(acl);
    expect(Acl.isAcl(acl)).toBe(false);
    expect(acl.aclName).toBe('open-access');
  });
});

test('is imported by name or ARN', () => {
  const stack = newStack();
  const arn = 'arn:aws:memorydb:us-east-1:210987654321:acl/orders';
  const byArn = Acl.fromAclArn(stack, 'ByArn', arn);
  expect(byArn.aclRef).toEqual({ aclName: 'orders', aclArn: arn });
  expect(byArn.env).toEqual({ account: '210987654321', region: 'us-east-1' });
  const byName = Acl.fromAclName(stack, 'ByName', 'orders');
  expect(stack.resolve(byName.aclArn)).toEqual({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:acl/orders']],
  });
});
