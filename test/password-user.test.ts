import { Aws, CfnCondition, CfnMapping, CfnParameter, CfnResource, Fn, Lazy, RemovalPolicy, SecretValue, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { AccessString, AuthenticationType, PasswordUser } from '../src';
import type { PasswordUserProps } from '../src';
import { newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.readOnly('order:*');
const USER = 'AWS::MemoryDB::User';
const SECRET = 'AWS::SecretsManager::Secret';

function passwordsOf(stack: Parameters<typeof templateOf>[0]): unknown {
  const { AuthenticationMode } = propertiesOf(templateOf(stack), USER);
  expect(AuthenticationMode).toEqual({ Type: 'password', Passwords: expect.any(Array) });
  return AuthenticationMode.Passwords;
}

const reference = (secretArn: object) => ({ 'Fn::Join': ['', ['{{resolve:secretsmanager:', secretArn, ':SecretString:password::}}']] });

describe('the password comes from', () => {
  test('a generated secret', () => {
    const stack = newStack();
    const user = new PasswordUser(stack, 'User', { accessString });
    expect(passwordsOf(stack)).toEqual([reference({ Ref: expect.stringMatching(/^UserSecret/) })]);
    expect(propertiesOf(templateOf(stack), SECRET)).toEqual({
      Description: 'Password of the MemoryDB user test-user-acd36de8',
      GenerateSecretString: {
        ExcludeCharacters: ',"/@\\',
        GenerateStringKey: 'password',
        PasswordLength: 32,
        SecretStringTemplate: '{"username":"test-user-acd36de8"}',
      },
    });
    expect(user.secret).toBeDefined();
    expect(user.authenticationType).toBe(AuthenticationType.PASSWORD);
  });

  test('a generated secret with a key', () => {
    const stack = newStack();
    new PasswordUser(stack, 'User', { accessString, encryptionKey: new kms.Key(stack, 'Key') });
    expect(propertiesOf(templateOf(stack), SECRET).KmsKeyId).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
  });

  test('a generated secret whose user name is a token', () => {
    const stack = newStack();
    new PasswordUser(stack, 'User', { accessString, userName: new CfnParameter(stack, 'Name').valueAsString });
    expect(propertiesOf(templateOf(stack), SECRET).GenerateSecretString.SecretStringTemplate).toEqual({
      'Fn::Join': ['', ['{"username":"', { Ref: 'Name' }, '"}']],
    });
  });

  test('a given secret', () => {
    const stack = newStack();
    const secret = new secretsmanager.Secret(stack, 'Given');
    expect(new PasswordUser(stack, 'User', { accessString, secret }).secret).toBe(secret);
    expect(passwordsOf(stack)).toEqual([reference({ Ref: expect.stringMatching(/^Given/) })]);
    templateOf(stack).resourceCountIs(SECRET, 1);
  });

  test('a secret of another stack', () => {
    const app = newApp();
    const secret = new secretsmanager.Secret(newStack(app, 'Secrets'), 'Given');
    const stack = newStack(app);
    new PasswordUser(stack, 'User', { accessString, secret });
    expect(passwordsOf(stack)).toEqual([reference({ 'Fn::ImportValue': expect.stringMatching(/^Secrets:/) })]);
  });

  test('an imported secret', () => {
    const stack = newStack();
    new PasswordUser(stack, 'User', { accessString, secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Given', 'orders/app') });
    expect(JSON.stringify(passwordsOf(stack))).toMatch(/\{\{resolve:secretsmanager:.*:secret:orders\/app:SecretString:password::\}\}/);
  });

  test.each<[string, number, (stack: any) => SecretValue[]]>([
    ['one reference to a secret', 1, () => [SecretValue.secretsManager('orders', { jsonField: 'password' })]],
    ['two references to secrets', 2, () => [SecretValue.secretsManager('new'), SecretValue.secretsManager('old')]],
    ['a dynamic reference that is written out', 1, () => [SecretValue.unsafePlainText('{{resolve:secretsmanager:orders:SecretString:password::}}')]],
    ['a parameter', 1, (stack) => [SecretValue.cfnParameter(new CfnParameter(stack, 'Password', { noEcho: true }))]],
    ['an attribute', 1, (stack) => [SecretValue.resourceAttribute(new CfnResource(stack, 'Source', { type: 'Custom::Password' }).getAtt('Text').toString())]],
    ['a reference with a token in it', 1, (stack) => [SecretValue.unsafePlainText(`{{resolve:secretsmanager:${new CfnParameter(stack, 'Name').valueAsString}}}`)]],
    ['a reference with substitutes', 1, () => [SecretValue.unsafePlainText(Fn.sub('{{resolve:secretsmanager:orders-${AWS::Region}}}'))]],
    ['a field of a secret of another stack', 1, (stack) =>
      [new secretsmanager.Secret(newStack(stack.node.root, 'Secrets'), 'Given').secretValueFromJson('password')]],
    ['fields of an imported secret', 2, (stack) => ['new', 'old'].map((field) =>
      secretsmanager.Secret.fromSecretNameV2(stack, `Secret-${field}`, `orders/${Aws.REGION}`).secretValueFromJson(field))],
    ['one of two references', 1, (stack) => [SecretValue.unsafePlainText(Token.asString(Fn.conditionIf(
      new CfnCondition(stack, 'Once', { expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1') }).logicalId,
      '{{resolve:secretsmanager:one}}', '{{resolve:secretsmanager:other}}')))]],
    ['one of a reference and none', 1, (stack) => [SecretValue.unsafePlainText(Token.asString(Fn.conditionIf(
      new CfnCondition(stack, 'Once', { expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1') }).logicalId,
      '{{resolve:secretsmanager:one}}', Aws.NO_VALUE)))]],
    ['secrets of one logical id in two other stacks', 2, (stack) => ['New', 'Old'].map((id) =>
      new secretsmanager.Secret(newStack(stack.node.root, id), 'Given').secretValueFromJson('password'))],
    ['a substitute that is a reference', 1, () => [SecretValue.unsafePlainText(Fn.sub('${Password}', { Password: '{{resolve:secretsmanager:orders}}' }))]],
    ['an import', 1, () => [SecretValue.unsafePlainText(Fn.importValue('Password'))]],
  ])('%s', (_, count, make) => {
    const stack = newStack();
    const user = new PasswordUser(stack, 'User', { accessString, passwords: make(stack) });
    expect(passwordsOf(stack)).toHaveLength(count);
    expect(user.secret).toBeUndefined();
    templateOf(stack).resourceCountIs(SECRET, 0);
  });
});

test('nothing but references is written to the cloud assembly', () => {
  const stack = newStack();
  new PasswordUser(stack, 'Generated', { accessString });
  new PasswordUser(stack, 'Given', { accessString, passwords: [SecretValue.secretsManager('orders')] });
  const plain = 'correct-horse-battery-staple';
  expect(() => new PasswordUser(stack, 'Plain', { accessString, passwords: [SecretValue.unsafePlainText(plain)] })).toThrow();
  const { text } = synth(stack);
  expect(text).not.toContain(plain);
  const users = Object.values(templateOf(stack).findResources(USER));
  users.flatMap(({ Properties }) => Properties.AuthenticationMode.Passwords).forEach((password) => {
    expect(JSON.stringify(stack.resolve(password))).toMatch(/\{\{resolve:secretsmanager:/);
  });
  expect(users).toHaveLength(2);
});

describe('fails', () => {
  const secret = (stack: any) => secretsmanager.Secret.fromSecretNameV2(stack, 'Given', 'orders');
  const [first, second, third] = ['a', 'b', 'c'].map((name) => SecretValue.secretsManager(name));
  const plain = SecretValue.unsafePlainText('correct-horse-battery-staple');

  test.each<[string, (stack: any) => Partial<PasswordUserProps>, string]>([
    ['for no passwords', () => ({ passwords: [] }), "'passwords' must have 1 or 2 entries, got 0; leave it out to have a password generated"],
    ['for three passwords', () => ({ passwords: [first, second, third] }), "'passwords' must have 1 or 2 entries, got 3"],
    ['for plain text', () => ({ passwords: [first, plain] }), "'passwords' must be references to secrets that CloudFormation resolves while it deploys, but entry 1 is plain text"],
    ['for plain text around a reference', () => ({ passwords: [SecretValue.unsafePlainText('x{{resolve:secretsmanager:a}}')] }), 'but entry 0 is plain text'],
    ['for plain text and a token', () => ({ passwords: [SecretValue.unsafePlainText(`correct-horse-${Aws.REGION}`)] }), 'but entry 0 is plain text'],
    ['for plain text and an import', () => ({ passwords: [SecretValue.unsafePlainText(`${Fn.importValue('Password')}-correct-horse`)] }), 'but entry 0 is plain text'],
    ['for plain text joined', () => ({ passwords: [SecretValue.unsafePlainText(Fn.join('-', ['correct', 'horse', Aws.REGION]))] }), 'but entry 0 is plain text'],
    ['for plain text with substitutes', () => ({ passwords: [SecretValue.unsafePlainText(Fn.sub('correct-horse-${AWS::Region}'))] }), 'but entry 0 is plain text'],
    ['for plain text encoded', () => ({ passwords: [SecretValue.unsafePlainText(Fn.base64('correct-horse'))] }), 'but entry 0 is plain text'],
    ['for plain text of a mapping', (stack) => ({
      passwords: [SecretValue.unsafePlainText(
        new CfnMapping(stack, 'Passwords', { mapping: { 'eu-west-1': { app: 'correct-horse' } } }).findInMap(Aws.REGION, 'app'))],
    }), 'but entry 0 is plain text'],
    ['for plain text under a condition', (stack) => ({
      passwords: [SecretValue.unsafePlainText(Token.asString(
        Fn.conditionIf(new CfnCondition(stack, 'Once').logicalId, '{{resolve:secretsmanager:orders}}', 'correct-horse-battery')))],
    }), 'but entry 0 is plain text'],
    ['for what everybody knows', () => ({ passwords: [SecretValue.unsafePlainText(Aws.STACK_NAME)] }), 'but entry 0 is plain text'],
    ['for two references in one', () => ({ passwords: [SecretValue.unsafePlainText('{{resolve:secretsmanager:a}}{{resolve:secretsmanager:b}}')] }), 'is plain text'],
    ['for a parameter that shows its value',
      (stack) => ({ passwords: [SecretValue.unsafePlainText(new CfnParameter(stack, 'Password', { default: 'correct-horse-battery' }).valueAsString)] }),
      "but entry 0 is made of the parameter Test/Password without 'noEcho', which everybody"],
    ['for two such parameters', (stack) => ({
      passwords: [SecretValue.unsafePlainText(['One', 'Two'].map((id) => new CfnParameter(stack, id).valueAsString).join(''))],
    }), "but entry 0 is made of the parameter Test/One without 'noEcho'"],
    ['for such a parameter of another stack', (stack) => ({
      passwords: [SecretValue.unsafePlainText(new CfnParameter(newStack(stack.node.root, 'Other'), 'Password').valueAsString)],
    }), "but entry 0 is made of the parameter Other/Password without 'noEcho'"],
    ['for such a parameter by its name', (stack) => {
      new CfnParameter(stack, 'Password');
      return { passwords: [SecretValue.unsafePlainText(Fn.sub('${Password}'))] };
    }, "but entry 0 is made of the parameter Test/Password without 'noEcho'"],
    ['for plain text as a substitute', () => ({ passwords: [SecretValue.unsafePlainText(Fn.sub('${Password}', { Password: 'correct-horse' }))] }),
      'but entry 0 is plain text'],
    ['for a number', () => ({ passwords: [SecretValue.unsafePlainText(Token.asString(1234567890123456))] }), 'but entry 0 is plain text'],
    ['for a secure string of Systems Manager', () => ({ passwords: [SecretValue.ssmSecure('/orders/password', '1')] }),
      "'passwords' must be in Secrets Manager, but entry 0 is a secure string of Systems Manager, which CloudFormation does not resolve for MemoryDB"],
    ['for a parameter of Systems Manager', () => ({ passwords: [SecretValue.unsafePlainText('{{resolve:ssm:/orders/password}}')] }),
      'but entry 0 is a parameter of Systems Manager that is not a secure string, which everybody'],
    ['for the same reference twice', () => ({ passwords: [first, SecretValue.secretsManager('a')] }),
      "'passwords' must be two different ones, but both entries are the same reference; leave one out"],
    ['for passwords and a secret', (stack) => ({ passwords: [first], secret: secret(stack) }), "'passwords' must not be given together with 'secret'"],
    ['for passwords and a key', (stack) => ({ passwords: [first], encryptionKey: new kms.Key(stack, 'Key') }), "'passwords' must not be given together with"],
    ['for a secret and a key', (stack) => ({ secret: secret(stack), encryptionKey: new kms.Key(stack, 'Key') }),
      "'encryptionKey' must not be given together with 'secret', which has a key of its own; remove one of them"],
  ])('%s', (_, makeProps, message) => {
    const stack = newStack();
    const props = makeProps(stack);
    const define = () => new PasswordUser(stack, 'User', { accessString, ...props });
    expect(define).toThrow(message);
    expect(define).not.toThrow(/correct-horse/);
  });
});

test('passwords that have no text yet are not compared', () => {
  const nothing = () => SecretValue.unsafePlainText(Lazy.string({ produce: () => undefined }));
  expect(() => new PasswordUser(newStack(), 'User', { accessString, passwords: [nothing(), nothing()] })).not.toThrow();
});

describe('imported', () => {
  test('by name, without a secret', () => {
    const user = PasswordUser.fromPasswordUserName(newStack(), 'User', 'app');
    expect(user).toMatchObject({ userName: 'app', authenticationType: 'password', secret: undefined });
  });

  test('by ARN, with account and Region', () => {
    const arn = 'arn:aws:memorydb:us-east-1:210987654321:user/app';
    const user = PasswordUser.fromPasswordUserArn(newStack(), 'User', arn);
    expect(user).toMatchObject({ userName: 'app', userArn: arn, secret: undefined, env: { account: '210987654321', region: 'us-east-1' } });
  });

  test('with its secret', () => {
    const stack = newStack();
    const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'orders');
    expect(PasswordUser.fromPasswordUserAttributes(stack, 'User', { userName: 'app', secret }).secret).toBe(secret);
  });
});

describe('the removal policy', () => {
  test.each([
    ['deletes', undefined, ['Delete', undefined]],
    ['keeps', RemovalPolicy.RETAIN, ['Retain', 'Retain']],
    ['deletes when told to', RemovalPolicy.DESTROY, ['Delete', 'Delete']],
  ])('%s the user and the generated secret', (_, removalPolicy, [secret, user]) => {
    const stack = newStack();
    new PasswordUser(stack, 'User', { accessString, removalPolicy });
    const template = templateOf(stack);
    template.hasResource(SECRET, { DeletionPolicy: secret });
    template.hasResource(USER, user === undefined ? {} : { DeletionPolicy: user, UpdateReplacePolicy: user });
  });

  test('leaves a given secret alone', () => {
    const stack = newStack();
    new PasswordUser(stack, 'User', { accessString, secret: new secretsmanager.Secret(stack, 'Given'), removalPolicy: RemovalPolicy.RETAIN });
    templateOf(stack).hasResource(SECRET, { DeletionPolicy: 'Delete' });
  });
});
