import { RemovalPolicies, RemovalPolicy } from 'aws-cdk-lib';
import type { Resource, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, EngineVersion, IamUser, ParameterGroup, PasswordUser, SubnetGroup } from '../src';
import { importedVpc, newStack, synth } from './support/synth';

const accessString = AccessString.fullAccess();

describe.each<[string, (stack: Stack, removalPolicy?: RemovalPolicy) => Resource]>([
  ['an access control list', (stack, removalPolicy) => new Acl(stack, 'It', { removalPolicy })],
  ['a parameter group', (stack, removalPolicy) => new ParameterGroup(stack, 'It', { engineVersion: EngineVersion.VALKEY_7_3, removalPolicy })],
  ['a subnet group', (stack, removalPolicy) => new SubnetGroup(stack, 'It', { vpc: importedVpc(stack), removalPolicy })],
  ['a user', (stack, removalPolicy) => new IamUser(stack, 'It', { accessString, removalPolicy })],
  ['a user', (stack, removalPolicy) => new PasswordUser(stack, 'It', { accessString, removalPolicy })],
])('of %s no snapshot can be taken', (what, define) => {
  const message = `'removalPolicy' must keep or delete ${what}, of which no snapshot can be taken, got SNAPSHOT; use RemovalPolicy.RETAIN or RemovalPolicy.DESTROY`;

  test('so that SNAPSHOT fails', () => {
    expect(() => define(newStack(), RemovalPolicy.SNAPSHOT)).toThrow(message);
  });

  test.each<[string, (it: Resource) => void]>([
    ['applied later', (it) => it.applyRemovalPolicy(RemovalPolicy.SNAPSHOT)],
    ['applied to a scope', (it) => RemovalPolicies.of(it).snapshot()],
  ])('so that SNAPSHOT fails at synthesis when it is %s', (_, apply) => {
    const stack = newStack();
    apply(define(stack));
    expect(() => synth(stack)).toThrow(`[Test/It] ${message}`);
  });

  test('and every other policy is allowed', () => {
    const stack = newStack();
    define(stack, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    expect(() => synth(stack)).not.toThrow();
  });
});
