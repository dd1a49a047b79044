import { Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { Cluster, NodeType, SubnetGroup } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const TYPE = 'AWS::MemoryDB::SubnetGroup';
const { PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED, PUBLIC } = ec2.SubnetType;

function vpcWith(stack: Stack, ...types: ec2.SubnetType[]): ec2.Vpc {
  const subnetConfiguration = types.map((subnetType) => ({ name: subnetType, subnetType }));
  return new ec2.Vpc(stack, 'Net', { maxAzs: 2, natGateways: types.includes(PRIVATE_WITH_EGRESS) ? 1 : 0, subnetConfiguration });
}

function subnetIdsOf(stack: Stack): any[] {
  return propertiesOf(templateOf(stack), TYPE).SubnetIds;
}

describe('subnets of', () => {
  test.each([
    ['private ones with egress', [PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED], PRIVATE_WITH_EGRESS],
    ['isolated ones', [PUBLIC, PRIVATE_ISOLATED], PRIVATE_ISOLATED],
    ['isolated ones only', [PRIVATE_ISOLATED], PRIVATE_ISOLATED],
    ['public ones only', [PUBLIC], PUBLIC],
  ])('a VPC with %s', (_, types, chosen) => {
    const stack = newStack();
    const vpc = vpcWith(stack, ...types);
    new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL });
    expect(subnetIdsOf(stack)).toEqual(stack.resolve(vpc.selectSubnets({ subnetType: chosen }).subnetIds));
  });

  test('a selection', () => {
    const stack = newStack();
    const vpc = vpcWith(stack, PUBLIC, PRIVATE_ISOLATED);
    new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL, vpcSubnets: { subnets: [vpc.publicSubnets[1]] } });
    expect(subnetIdsOf(stack)).toEqual(stack.resolve([vpc.publicSubnets[1].subnetId]));
  });

  test('an imported VPC', () => {
    const stack = newStack();
    new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack) });
    expect(subnetIdsOf(stack)).toEqual(['subnet-11111111', 'subnet-22222222']);
  });

  test('an imported VPC whose subnets are exported as lists', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: Fn.importValue('VpcId'),
      availabilityZones: Fn.split(',', Fn.importValue('Zones')),
      privateSubnetIds: Fn.split(',', Fn.importValue('Subnets')),
      privateSubnetRouteTableIds: Fn.split(',', Fn.importValue('RouteTables')),
    });
    new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL });
    expect(subnetIdsOf(stack)).toEqual({ 'Fn::Split': [',', { 'Fn::ImportValue': 'Subnets' }] });
  });

  test('an imported VPC with subnets from lists of a known length', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-12345678',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      isolatedSubnetIds: Fn.split(',', Fn.importValue('Subnets'), 2),
      isolatedSubnetRouteTableIds: ['rtb-11111111', 'rtb-22222222'],
    });
    new SubnetGroup(stack, 'Subnets', { vpc });
    expect(subnetIdsOf(stack)).toEqual([0, 1].map((index) => ({ 'Fn::Select': [index, { 'Fn::Split': [',', { 'Fn::ImportValue': 'Subnets' }] }] })));
  });

  test('a VPC of another stack', () => {
    const app = newApp();
    const vpc = vpcWith(newStack(app, 'Network'), PRIVATE_ISOLATED);
    const stack = newStack(app);
    new SubnetGroup(stack, 'Subnets', { vpc });
    expect(subnetIdsOf(stack)).toEqual([0, 1].map(() => ({ 'Fn::ImportValue': expect.stringMatching(/^Network:/) })));
  });

  test('a VPC that is still to be looked up', () => {
    const stack = newStack();
    new SubnetGroup(stack, 'Subnets', { vpc: ec2.Vpc.fromLookup(stack, 'Vpc', { isDefault: true }) });
    expect(subnetIdsOf(stack).length).toBeGreaterThan(0);
  });

  test('a VPC that was looked up and has none of the kind asked for', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromLookup(stack, 'Vpc', { isDefault: true });
    new SubnetGroup(stack, 'Subnets', { vpc, vpcSubnets: { subnetGroupName: 'not-there-yet' } });
    expect(() => synth(stack)).not.toThrow();
  });

  test('as many zones as are allowed', () => {
    const stack = newStack();
    new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), vpcSubnets: { subnets: subnets(stack, 20) } });
    expect(subnetIdsOf(stack)).toHaveLength(20);
  });
});

describe('fails for', () => {
  test('a VPC without subnets', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-12345678', availabilityZones: ['eu-west-1a'] });
    expect(() => new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL })).toThrow(
      "'vpc' must have at least one subnet for the nodes, but none was found in Test/Vpc; " +
        "add private or isolated subnets to the VPC, or choose existing ones with 'vpcSubnets'",
    );
  });

  test('an empty selection', () => {
    const stack = newStack();
    expect(() => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), vpcSubnets: { subnets: [] } })).toThrow(
      /^'vpcSubnets' must have at least one subnet/,
    );
  });

  test('21 subnets', () => {
    const stack = newStack();
    expect(() => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), vpcSubnets: { subnets: subnets(stack, 21) } })).toThrow(
      "'vpcSubnets' must have at most 20 subnets, got 21; choose fewer with 'vpcSubnets'",
    );
  });
});

test('has the given properties', () => {
  const stack = newStack();
  new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), subnetGroupName: 'orders', description: 'Orders' });
  expect(propertiesOf(templateOf(stack), TYPE)).toMatchObject({ SubnetGroupName: 'orders', Description: 'Orders' });
});

test('is imported by name or ARN', () => {
  const stack = newStack();
  const arn = 'arn:aws:memorydb:us-east-1:210987654321:subnetgroup/orders';
  const byArn = SubnetGroup.fromSubnetGroupArn(stack, 'ByArn', arn);
  expect(byArn.subnetGroupRef).toEqual({ subnetGroupName: 'orders', subnetGroupArn: arn });
  expect(byArn.env).toEqual({ account: '210987654321', region: 'us-east-1' });
  const byName = SubnetGroup.fromSubnetGroupName(stack, 'ByName', 'orders');
  expect(stack.resolve(byName.subnetGroupArn)).toEqual({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:subnetgroup/orders']],
  });
});

function subnets(stack: Stack, count: number): ec2.ISubnet[] {
  return Array.from({ length: count }, (_, index) =>
    ec2.Subnet.fromSubnetAttributes(stack, `Subnet${index}`, {
      subnetId: `subnet-${String(index).padStart(8, '0')}`,
      routeTableId: 'rtb-11111111',
      availabilityZone: 'eu-west-1a',
    }));
}
