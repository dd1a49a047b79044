import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, known, warningRule } from './rule';
import { shown } from '../errors';

/** Hard limit of the service. */
const MAX_SUBNETS = 20;

/** Subnets that were selected in a VPC. */
export interface SubnetSelectionInput {
  /** Path of the VPC. */
  readonly vpcPath: string;
  /** Whether the user made a selection. */
  readonly isSelected: boolean;
  readonly subnetIds: string[];
  /** Zone of each subnet, as far as it is known. */
  readonly zones: readonly (string | undefined)[];
}

const SOME_SUBNETS = errorRule<SubnetSelectionInput>(lit`NoSubnets`, 'API reference, "CreateSubnetGroup"', ({ subnetIds, isSelected, vpcPath }) =>
  (known(subnetIds) && subnetIds.length === 0
    ? `'${isSelected ? 'vpcSubnets' : 'vpc'}' must have at least one subnet for the nodes, but none was found in ${vpcPath}; ` +
      "add private or isolated subnets to the VPC, or choose existing ones with 'vpcSubnets'"
    : undefined));

const FEW_SUBNETS = errorRule<SubnetSelectionInput>(lit`TooManySubnets`, 'MemoryDB Developer Guide, "Quotas"', ({ subnetIds }) =>
  (known(subnetIds) && subnetIds.length > MAX_SUBNETS
    ? `'vpcSubnets' must have at most ${MAX_SUBNETS} subnets, got ${subnetIds.length}; choose fewer with 'vpcSubnets'`
    : undefined));

/**
 * The guide lists zones by their ids, which are the same for everybody, while names of zones differ from account to account. So only the
 * zones outside of a Region, whose names are longer, can be told.
 */
const ZONES_OF_REGION = warningRule<SubnetSelectionInput>('localZone', 'MemoryDB Developer Guide, "Subnets and subnet groups"', ({ zones }) => {
  const local = zones.find((zone) => zone !== undefined && known(zone) && /^[a-z]+(-[a-z]+)+-\d-.+$/.test(zone));
  return local === undefined
    ? undefined
    : `a subnet is in ${shown(local)}, a Local or Wavelength Zone, which is not among the zones with MemoryDB: choose subnets in Availability Zones of ` +
      "the Region with 'vpcSubnets'";
});

export const SUBNET_RULES = [SOME_SUBNETS, FEW_SUBNETS, ZONES_OF_REGION];
