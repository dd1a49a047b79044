import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnACL, CfnCluster, CfnParameterGroup, CfnSubnetGroup, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import { synthesize } from './synthesize';

synthesize((stack, vpc, count) => {
  for (let i = 0; i < count; i++) {
    const user = new CfnUser(stack, `User${i}`, {
      userName: `bench-user${i}`,
      accessString: 'on ~app:* -@all +@connection +@read +@transaction +@write -@admin -@dangerous +info +readonly +cluster|info +cluster|slots',
      authenticationMode: { Type: 'iam' },
    });
    const acl = new CfnACL(stack, `Acl${i}`, { aclName: `bench-acl${i}`, userNames: [user.ref] });
    const parameterGroup = new CfnParameterGroup(stack, `ParameterGroup${i}`, {
      parameterGroupName: `bench-parameters${i}`,
      family: 'memorydb_valkey7',
      parameters: { 'maxmemory-policy': 'noeviction' },
    });
    const subnetGroup = new CfnSubnetGroup(stack, `SubnetGroup${i}`, {
      subnetGroupName: `bench-subnets${i}`,
      subnetIds: vpc.privateSubnets.map((subnet) => subnet.subnetId),
    });
    const securityGroup = new CfnSecurityGroup(stack, `SecurityGroup${i}`, {
      groupDescription: `Nodes of the MemoryDB cluster bench-cluster${i}`,
      vpcId: vpc.vpcId,
      securityGroupEgress: [
        { cidrIp: '255.255.255.255/32', description: 'Disallow all traffic', fromPort: 252, ipProtocol: 'icmp', toPort: 86 },
      ],
    });
    const cluster = new CfnCluster(stack, `Cluster${i}`, {
      aclName: acl.ref,
      autoMinorVersionUpgrade: true,
      clusterName: `bench-cluster${i}`,
      engine: 'valkey',
      engineVersion: '7.3',
      nodeType: 'db.r7g.large',
      numReplicasPerShard: 1,
      numShards: 1,
      parameterGroupName: parameterGroup.ref,
      port: 6379,
      securityGroupIds: [securityGroup.attrGroupId],
      snapshotRetentionLimit: 7,
      subnetGroupName: subnetGroup.ref,
      tlsEnabled: true,
    });
    for (const resource of [acl, parameterGroup, subnetGroup, securityGroup, cluster]) {
      resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
});
