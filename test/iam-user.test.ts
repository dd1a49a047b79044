import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { AccessString, AuthenticationType, IamUser } from '../src';
import { newStack, propertiesOf, templateOf } from './support/synth';

const accessString = AccessString.readOnly('order:*');

test('signs in with IAM and without a password', () => {
  const stack = newStack();
  const user = new IamUser(stack, 'User', { accessString, userName: 'app' });
  expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::User')).toEqual({
    UserName: 'app',
    AccessString: accessString.toString(),
    AuthenticationMode: { Type: 'iam' },
  });
  expect(user.authenticationType).toBe(AuthenticationType.IAM);
  expect(user.secret).toBeUndefined();
  expect(stack.resolve(user.userArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^User/), 'Arn'] });
});

test('is imported by name', () => {
  const stack = newStack();
  const user = IamUser.fromIamUserName(stack, 'User', 'app');
  expect(user).toMatchObject({ userName: 'app', authenticationType: 'iam', secret: undefined, userRef: { userName: 'app' } });
  expect(stack.resolve(user.userArn)).toEqual({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:user/app']],
  });
});

test('is imported by ARN, with account and Region', () => {
  const arn = 'arn:aws:memorydb:us-east-1:210987654321:user/app';
  const user = IamUser.fromIamUserArn(newStack(), 'User', arn);
  expect(user).toMatchObject({ userName: 'app', userArn: arn, env: { account: '210987654321', region: 'us-east-1' } });
});

test('is imported by an ARN that is a token', () => {
  const stack = newStack();
  const user = IamUser.fromIamUserArn(stack, 'User', Token.asString({ Ref: 'UserArn' }));
  expect(stack.resolve(user.userArn)).toEqual({ Ref: 'UserArn' });
  expect(stack.resolve(user.userName)).toEqual({
    'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', { Ref: 'UserArn' }] }] }] }],
  });
});

test.each([[undefined, {}], [RemovalPolicy.RETAIN, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }]])(
  'has the removal policy it is given (%s)', (removalPolicy, expected) => {
    const stack = newStack();
    new IamUser(stack, 'User', { accessString, removalPolicy });
    const [{ DeletionPolicy, UpdateReplacePolicy }] = Object.values(templateOf(stack).findResources('AWS::MemoryDB::User'));
    expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual(expected);
  });
