import { Names, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

const DESCRIPTION = 'MemoryDB';

/**
 * Opens the way from a client to a cluster, through the security groups of both.
 *
 * CDK puts the rules into the stack of the client's groups. If that is neither the client's nor the cluster's, it may well be one that the cluster
 * needs, such as the stack of the network, and must not need the cluster in turn: then they go into the client's stack.
 */
export function allowFrom(client: Construct & ec2.IConnectable, cluster: ec2.IConnectable): void {
  const stacks = [client, ...cluster.connections.securityGroups].map((construct) => Stack.of(construct));
  if (client.connections.securityGroups.every((group) => stacks.includes(Stack.of(group)))) {
    client.connections.allowToDefaultPort(cluster, DESCRIPTION);
  } else {
    inStackOf(client, client).allowTo(inStackOf(client, cluster), cluster.connections.defaultPort!, DESCRIPTION);
  }
}

/** The security groups of something, as if they had been imported into the stack of a client, so that rules are defined there. */
function inStackOf(client: Construct, { connections }: ec2.IConnectable): ec2.Connections {
  return new ec2.Connections({
    securityGroups: connections.securityGroups.map((group) => {
      const id = `MemoryDB${Names.nodeUniqueId(group.node)}`;
      const { securityGroupId, allowAllOutbound } = group;
      const known = client.node.tryFindChild(id) as ec2.ISecurityGroup | undefined;
      return known ?? ec2.SecurityGroup.fromSecurityGroupId(client, id, securityGroupId, { allowAllOutbound });
    }),
  });
}
