import { Names, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { attached } from './attached';
import { outermostStack } from './stacks';

const DESCRIPTION = 'MemoryDB';
const WAYS_SYMBOL = Symbol.for('cdk-memorydb.Ways');

/**
 * Opens the way from a client to a cluster, through the security groups of both.
 *
 * EC2 refuses a rule that exists already, and takes it away from everybody when one of two equal ones is removed. So a rule is defined once in a
 * stage: whoever shares it from another stack depends on the stack that has it.
 */
export function allowFrom(client: Construct & ec2.IConnectable, cluster: ec2.IConnectable): void {
  const port = cluster.connections.defaultPort!;
  const stack = Stack.of(client);
  const ways = attached(Stage.of(client)!, WAYS_SYMBOL, () => new Map<string, Stack>());
  for (const from of client.connections.securityGroups) {
    for (const to of cluster.connections.securityGroups) {
      const way = `${from.node.path} ${to.node.path} ${port.toString()}`;
      const holder = ways.get(way);
      if (holder === undefined) {
        ways.set(way, open(stack, from, to, port));
      } else if (outermostStack(holder) !== outermostStack(stack)) {
        outermostStack(stack).addStackDependency(outermostStack(holder));
      }
    }
  }
}

/**
 * Opens the way between two groups.
 *
 * CDK puts the rules into the stack of the client's group. If that is neither the client's nor the cluster's, it may well be one that the cluster
 * needs, such as the stack of the network, and must not need the cluster in turn: then they go into the client's stack.
 *
 * @returns the stack that has the rules
 */
function open(stack: Stack, from: ec2.ISecurityGroup, to: ec2.ISecurityGroup, port: ec2.Port): Stack {
  const owner = Stack.of(from);
  if ([stack, Stack.of(to)].includes(owner)) {
    // CDK warns of a rule for what a group may do anyway.
    if (!from.allowAllOutbound) {
      from.addEgressRule(to, port, DESCRIPTION);
    }
    to.addIngressRule(from, port, DESCRIPTION, true);
    return owner;
  }
  const [near, far] = [from, to].map((group) => inStack(stack, group));
  changeable(to, far).addIngressRule(near, port, DESCRIPTION, true);
  changeable(from, near).addEgressRule(far, port, DESCRIPTION, true);
  return stack;
}

/** A security group as it is seen from a stack, so that rules about it are defined there. */
function inStack(stack: Stack, group: ec2.ISecurityGroup): ec2.ISecurityGroup {
  if (Stack.of(group) === stack) {
    return group;
  }
  const id = `MemoryDB${Names.nodeUniqueId(group.node)}`;
  const { securityGroupId, allowAllOutbound } = group;
  const known = stack.node.tryFindChild(id) as ec2.ISecurityGroup | undefined;
  return known ?? ec2.SecurityGroup.fromSecurityGroupId(stack, id, securityGroupId, { allowAllOutbound });
}

/** What rules are added to: only an imported group itself knows whether it takes any. */
function changeable(group: ec2.ISecurityGroup, seen: ec2.ISecurityGroup): ec2.ISecurityGroup {
  return ec2.CfnSecurityGroup.isCfnSecurityGroup(group.node.defaultChild) ? seen : group;
}
