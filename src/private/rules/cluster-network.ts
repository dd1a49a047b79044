import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule, known, warningRule, wholeNumber } from './rule';
import { areDifferentVpcs, vpcName } from '../vpcs';

const MAX_PORT = 65535;

const PORT = errorRule<ClusterInput>(lit`InvalidPort`, 'API reference, "CreateCluster"', ({ port }) => wholeNumber('port', port, 1, MAX_PORT));

const ONE_SELECTION = errorRule<ClusterInput>(lit`SubnetGroupAndSubnets`, THIS_LIBRARY, ({ subnetGroup, vpcSubnets }) =>
  (subnetGroup !== undefined && vpcSubnets !== undefined
    ? "'vpcSubnets' must not be given together with 'subnetGroup', which has subnets of its own; remove one of them"
    : undefined));

const SECURITY_GROUPS = errorRule<ClusterInput>(lit`NoSecurityGroups`, THIS_LIBRARY, ({ securityGroups }) =>
  (securityGroups?.length === 0
    ? "'securityGroups' must have at least one group, got none; leave it out to have a closed one made"
    : undefined));

/** Nodes have the addresses of their network type only, `ipv4` unless another is given. */
const DISCOVERY = errorRule<ClusterInput>(lit`IpDiscoveryMismatch`, 'MemoryDB Developer Guide, "MemoryDB and IPV6"', (input) => {
  const { ipDiscovery, networkType = 'ipv4' } = input;
  return ipDiscovery === undefined || !known(ipDiscovery, networkType) || networkType === 'dual_stack' || `${ipDiscovery}` === `${networkType}`
    ? undefined
    : `'ipDiscovery' must be ${networkType} with 'networkType' ${networkType}, whose nodes have no other addresses, got ${ipDiscovery}; leave it out, ` +
      "or use NetworkType.DUAL_STACK (changing 'networkType' later replaces the cluster)";
});

export const NETWORK_RULES = [PORT, ONE_SELECTION, SECURITY_GROUPS, DISCOVERY];

/** Where the nodes of a cluster are to be. */
export interface PlacementInput {
  readonly numReplicasPerShard: number;
  /** The VPC of the subnets. */
  readonly vpcId: string;
  /** Zone of each subnet, as far as it is known. */
  readonly zones: readonly (string | undefined)[];
  /** Security groups whose VPC is known. */
  readonly securityGroups: readonly { readonly path: string; readonly vpcId: string }[];
}

const VPC = errorRule<PlacementInput>(lit`SecurityGroupOfAnotherVpc`, 'MemoryDB Developer Guide, "Subnets and subnet groups"', (input) => {
  const stray = input.securityGroups.find(({ vpcId }) => areDifferentVpcs(vpcId, input.vpcId));
  return stray === undefined
    ? undefined
    : `'securityGroups' must be of the VPC that the subnets are in, ${vpcName(input.vpcId)}, but ${stray.path} is of ${vpcName(stray.vpcId)}; ` +
      'use a group, or subnets, of the other VPC';
});

const ZONES = warningRule<PlacementInput>('singleZone', 'MemoryDB Developer Guide, "Minimizing downtime in MemoryDB with Multi-AZ"', ({ numReplicasPerShard, zones }) => {
  const isOneZone = zones.length > 0 && known(...zones) && !zones.includes(undefined) && new Set(zones).size === 1;
  return isOneZone && known(numReplicasPerShard) && numReplicasPerShard > 0
    ? `all subnets are in ${zones[0]}, so that replicas are lost together with their primary, if the service takes them at all: choose subnets in at least ` +
      "two Availability Zones with 'vpcSubnets'"
    : undefined;
});

export const PLACEMENT_RULES = [VPC, ZONES];
