import { CfnParameter, Fn } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import { Cluster, IpDiscovery, NetworkType, NodeType, SubnetGroup } from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

function define(stack: Stack, props: Partial<ClusterProps>): Cluster {
  return new Cluster(stack, 'Db', { vpc: props.vpc ?? importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

function vpcIn(stack: Stack, zones: string[], vpcId = 'vpc-00000001', id = 'Other'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, id, {
    vpcId,
    availabilityZones: zones,
    isolatedSubnetIds: zones.map((_, index) => `subnet-0000000${index}`),
    isolatedSubnetRouteTableIds: zones.map(() => 'rtb-11111111'),
  });
}

function subnet(stack: Stack, id: string, availabilityZone?: string): ec2.ISubnet {
  return ec2.Subnet.fromSubnetAttributes(stack, id, { subnetId: `subnet-${id}`, routeTableId: 'rtb-11111111', availabilityZone });
}

describe('subnets in one zone', () => {
  const WARNED = [expect.stringMatching(/^Test\/Db: all subnets are in eu-west-1a, .*'vpcSubnets'.*cdk-memorydb:singleZone\]$/)];

  test.each<[string, (stack: Stack) => Partial<ClusterProps>, unknown[]]>([
    ['with a replica', (stack) => ({ vpc: vpcIn(stack, ['eu-west-1a']) }), WARNED],
    ['without replicas', (stack) => ({ vpc: vpcIn(stack, ['eu-west-1a']), numReplicasPerShard: 0 }), []],
    ['and another one', (stack) => ({ vpc: vpcIn(stack, ['eu-west-1a', 'eu-west-1b']) }), []],
    ['chosen from two', () => ({ vpcSubnets: { availabilityZones: ['eu-west-1a'] } }), WARNED],
    ['of a group', (stack) => {
      const vpc = vpcIn(stack, ['eu-west-1a', 'eu-west-1a']);
      return { vpc, subnetGroup: new SubnetGroup(stack, 'Subnets', { vpc }) };
    }, WARNED],
    ['of an imported group', (stack) => ({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team') }), []],
    ['and one in a zone that is not known', (stack) => ({ vpcSubnets: { subnets: [subnet(stack, '12345678', 'eu-west-1a'), subnet(stack, '23456789')] } }), []],
    ['whose name is a token', (stack) => ({ vpc: vpcIn(stack, [Fn.select(0, Fn.getAzs())]) }), []],
  ])('%s', (_, makeProps, expected) => {
    const stack = newStack();
    define(stack, makeProps(stack));
    expect(synth(stack).warnings).toEqual(expected);
  });
});

describe('zones outside of the Region', () => {
  test.each(['us-west-2-lax-1a', 'us-east-1-wl1-bos-wlz-1'])('are warned about: %s', (zone) => {
    const stack = newStack();
    new SubnetGroup(stack, 'Subnets', { vpc: vpcIn(stack, ['us-west-2a', zone]) });
    expect(synth(stack).warnings).toEqual([expect.stringContaining(`a subnet is in "${zone}", a Local or Wavelength Zone`)]);
  });

  test.each(['us-west-2a', 'ap-southeast-1c', 'us-gov-east-1b', 'eusc-de-east-1a'])('are not: %s', (zone) => {
    const stack = newStack();
    new SubnetGroup(stack, 'Subnets', { vpc: vpcIn(stack, [zone]) });
    expect(synth(stack).warnings).toEqual([]);
  });
});

describe('security groups', () => {
  const groupOf = (stack: Stack, vpc: ec2.IVpc) => new ec2.SecurityGroup(stack, 'Group', { vpc });

  test.each<[string, (stack: Stack) => Partial<ClusterProps>, string]>([
    ['that are imported', (stack) => ({ securityGroups: [groupOf(stack, vpcIn(stack, ['eu-west-1a']))] }), 'vpc-12345678, but Test/Group is of vpc-00000001'],
    ['that the app makes', (stack) => {
      const [vpc, other] = ['Own', 'Another'].map((id) => new ec2.Vpc(stack, id));
      return { vpc, securityGroups: [groupOf(stack, other)] };
    }, 'Test/Own/Resource, but Test/Group is of Test/Another/Resource'],
    ['by the group of the subnets', (stack) => ({ subnetGroup: new SubnetGroup(stack, 'Subnets', { vpc: vpcIn(stack, ['eu-west-1a']) }) }),
      'vpc-00000001, but Test/Db/SecurityGroup is of vpc-12345678'],
  ])('fail for VPCs %s', (_, makeProps, says) => {
    const stack = newStack();
    expect(() => define(stack, makeProps(stack))).toThrow(
      `'securityGroups' must be of the VPC that the subnets are in, ${says}; use a group, or subnets, of the other VPC`,
    );
  });

  test.each<[string, (stack: Stack) => Partial<ClusterProps>]>([
    ['of the same VPC', (stack) => ({ securityGroups: [groupOf(stack, importedVpc(stack, 'Same'))] })],
    ['of a VPC of another stack', (stack) => {
      const vpc = new ec2.Vpc(newStack(stack.node.root, 'Network'), 'Vpc');
      return { vpc, securityGroups: [groupOf(stack, vpc)] };
    }],
    ['that are imported', (stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')] })],
    ['of a VPC whose id is a token', (stack) => {
      const vpc = vpcIn(stack, ['eu-west-1a', 'eu-west-1b'], Fn.importValue('VpcId'));
      return { vpc, securityGroups: [groupOf(stack, importedVpc(stack, 'Same'))] };
    }],
  ])('may be %s', (_, makeProps) => {
    const stack = newStack(newApp());
    define(stack, makeProps(stack));
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').SecurityGroupIds).toHaveLength(1);
  });
});

test.each<[string, (stack: Stack) => ec2.IVpc[]]>([
  ['of the subnets', (stack) => [ec2.Vpc.fromLookup(stack, 'Lookup', { isDefault: true }), importedVpc(stack)]],
  ['of the security groups', (stack) => [importedVpc(stack), ec2.Vpc.fromLookup(stack, 'Lookup', { isDefault: true })]],
])('a VPC %s that is still to be looked up is not compared', (_, makeVpcs) => {
  const stack = newStack();
  const [vpc, other] = makeVpcs(stack);
  expect(() => define(stack, { vpc, securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc: other })] })).not.toThrow();
});

test.each<[string, (stack: Stack) => string]>([
  ['a parameter', (stack) => new CfnParameter(stack, 'VpcId').valueAsString],
  ['a parameter of Systems Manager', (stack) => ssm.StringParameter.valueForStringParameter(stack, '/network/vpc')],
])('a VPC whose id is %s of each stack is not compared', (_, makeId) => {
  const stack = newStack();
  const [vpc, same] = [stack, newStack(stack.node.root, 'Network')].map((scope) => vpcIn(scope, ['eu-west-1a', 'eu-west-1b'], makeId(scope)));
  expect(() => define(stack, { vpc, securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc: same })] })).not.toThrow();
});

describe('addresses', () => {
  test.each([
    [undefined, IpDiscovery.IPV4], [NetworkType.IPV4, IpDiscovery.IPV4], [NetworkType.IPV6, IpDiscovery.IPV6],
    [NetworkType.DUAL_STACK, IpDiscovery.IPV4], [NetworkType.DUAL_STACK, IpDiscovery.IPV6],
  ])('of network type %s can be told as %s', (networkType, ipDiscovery) => {
    const stack = newStack();
    define(stack, { networkType, ipDiscovery });
    const { NetworkType: type, IpDiscovery: discovery } = propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster');
    expect([type, discovery]).toEqual([networkType, ipDiscovery]);
  });

  test.each([
    [undefined, undefined], [NetworkType.IPV4, undefined], [NetworkType.DUAL_STACK, undefined], [NetworkType.IPV6, IpDiscovery.IPV6],
  ])('of network type %s are told as %s by default', (networkType, expected) => {
    const stack = newStack();
    define(stack, { networkType });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').IpDiscovery).toBe(expected);
  });

  test.each([
    [undefined, IpDiscovery.IPV6, 'ipv4'], [NetworkType.IPV4, IpDiscovery.IPV6, 'ipv4'], [NetworkType.IPV6, IpDiscovery.IPV4, 'ipv6'],
  ])('of network type %s fail to be told as %s', (networkType, ipDiscovery, has) => {
    expect(() => define(newStack(), { networkType, ipDiscovery })).toThrow(
      `'ipDiscovery' must be ${has} with 'networkType' ${has}, whose nodes have no other addresses, got ${ipDiscovery}; leave it out, ` +
        "or use NetworkType.DUAL_STACK (changing 'networkType' later replaces the cluster)",
    );
  });
});
