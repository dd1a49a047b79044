import { known, warningRule } from './rule';

const TIERING_REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1', 'eu-west-1', 'eu-west-3', 'eu-central-1'],
  ...['ap-south-1', 'ap-northeast-1', 'ap-southeast-1', 'ap-southeast-2'],
];

/**
 * A Region, and what a cluster needs there.
 *
 * Regions without MemoryDB need no rule: CDK knows the Regions of every CloudFormation type.
 */
export interface RegionInput {
  readonly region: string;
  readonly dataTiering: boolean;
}

const TIERING = warningRule<RegionInput>('dataTieringRegion', 'MemoryDB Developer Guide, "Data tiering"', ({ region, dataTiering }) =>
  (dataTiering && known(region) && !TIERING_REGIONS.includes(region)
    ? `${region} is not among the Regions that are known to have nodes with data tiering: see that it has by now, or choose another 'nodeType'`
    : undefined));

export const REGION_RULES = [TIERING];
