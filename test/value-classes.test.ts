import { App, Stack, aws_ec2 as ec2 } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { Cluster, IamUser, MultiRegionCluster, NodeType, ParameterGroup, PasswordUser } from '../src';
import { errorOf } from './support/error-of';

const nodeType = NodeType.R7G_LARGE;

// What JavaScript lets through.
test.each<[string, (stack: Stack) => unknown, string]>([
  ['nodeType of a cluster', (stack) => new Cluster(stack, 'It', { vpc: new ec2.Vpc(stack, 'Vpc'), nodeType: 'db.r7g.large' as never }), '"db.r7g.large"'],
  ['nodeType of a cluster', (stack) => new Cluster(stack, 'It', { vpc: new ec2.Vpc(stack, 'Vpc') } as never), 'none'],
  ['engineVersion of a cluster', (stack) => new Cluster(stack, 'It', { vpc: new ec2.Vpc(stack, 'Vpc'), nodeType, engineVersion: '7.1' as never }), '"7.1"'],
  ['engineVersion of a multi-Region cluster', (stack) => new MultiRegionCluster(stack, 'It', { suffix: 'it', nodeType, engineVersion: '7.1' as never }), '"7.1"'],
  ['engineVersion of a parameter group', (stack) => new ParameterGroup(stack, 'It', { engineVersion: '7.1' as never }), '"7.1"'],
  ['engineVersion of a parameter group', (stack) => new ParameterGroup(stack, 'It', {} as never), 'none'],
  ['accessString of an IAM user', (stack) => new IamUser(stack, 'It', { accessString: 'on ~* +@all' as never }), '"on ~* +@all"'],
  ['accessString of a user with a password', (stack) => new PasswordUser(stack, 'It', {} as never), 'none'],
])('the %s is made by its class', (what, make, got) => {
  const [property] = what.split(' ');
  const error = errorOf(() => make(new Stack(new App(), 'Stack')));
  expect(error.message).toContain(`'${property}' must be made with `);
  expect(error.message).toContain(`, got ${got}`);
});
