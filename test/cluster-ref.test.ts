import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { expect, test } from 'vitest';
import { Cluster } from '../src';
import { newStack } from './support/synth';

const ARN = 'arn:aws:memorydb:us-east-1:210987654321:cluster/orders';
const UNKNOWN = "'clusterEndpointAddress' must be known to connect to an imported cluster, but it is not; import it with Cluster.fromClusterAttributes()";

test('a cluster is imported by name', () => {
  const stack = newStack();
  const cluster = Cluster.fromClusterName(stack, 'Db', 'orders');
  expect(cluster).toMatchObject({ clusterName: 'orders', tlsEnabled: true, env: { account: '123456789012', region: 'eu-west-1' } });
  expect(stack.resolve(cluster.clusterArn)).toEqual({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:cluster/orders']],
  });
  expect(Cluster.isCluster(cluster)).toBe(false);
});

test('a cluster is imported by ARN, with account and Region', () => {
  const cluster = Cluster.fromClusterArn(newStack(), 'Db', ARN);
  expect(cluster).toMatchObject({ clusterName: 'orders', clusterArn: ARN, env: { account: '210987654321', region: 'us-east-1' } });
  expect(cluster.clusterRef).toEqual({ clusterName: 'orders', clusterArn: ARN });
});

test('a cluster is imported by an ARN that is a token', () => {
  const stack = newStack();
  const cluster = Cluster.fromClusterArn(stack, 'Db', Token.asString({ Ref: 'Arn' }));
  expect(stack.resolve(cluster.clusterName)).toEqual({
    'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Select': [5, { 'Fn::Split': [':', { Ref: 'Arn' }] }] }] }],
  });
  expect(stack.resolve(cluster.env.region)).toEqual({ 'Fn::Select': [3, { 'Fn::Split': [':', { Ref: 'Arn' }] }] });
});

test('the ARN wins over the name', () => {
  expect(Cluster.fromClusterAttributes(newStack(), 'Db', { clusterArn: ARN, clusterName: 'other' }).clusterName).toBe('orders');
});

test('a cluster is imported with all attributes', () => {
  const stack = newStack();
  const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678');
  const cluster = Cluster.fromClusterAttributes(stack, 'Db', {
    clusterName: 'orders', clusterEndpointAddress: 'db.example.com', port: 6380, securityGroups: [group], tlsEnabled: false,
  });
  expect(cluster.clusterEndpoint.socketAddress).toBe('db.example.com:6380');
  expect(cluster.connections.securityGroups).toEqual([group]);
  expect(cluster.connections.defaultPort?.toString()).toBe('6380');
  expect(cluster.tlsEnabled).toBe(false);
});

test('the port of an imported cluster is the usual one', () => {
  const cluster = Cluster.fromClusterAttributes(newStack(), 'Db', { clusterName: 'orders', clusterEndpointAddress: 'db.example.com' });
  expect(cluster.clusterEndpoint.port).toBe(6379);
});

test('fails to import a cluster of which nothing is known', () => {
  expect(() => Cluster.fromClusterAttributes(newStack(), 'Db', {})).toThrow(
    "'clusterName' or 'clusterArn' must be given to import a cluster, got neither",
  );
});

test.each([
  ['its endpoint', (stack: Stack) => Cluster.fromClusterName(stack, 'Db', 'orders').clusterEndpoint],
  ['a connection', (stack: Stack) => Cluster.fromClusterArn(stack, 'Db', ARN).connectionFor()],
])('fails to give %s of a cluster that was imported without', (_, use) => {
  expect(() => use(newStack())).toThrow(UNKNOWN);
});
