import type * as ec2 from 'aws-cdk-lib/aws-ec2';

const LOCATION_SYMBOL = Symbol.for('cdk-memorydb.Location');

/** Where the subnets of a group are. */
export interface Location {
  readonly vpcId: string;
  /** Zone of each subnet that is known to have one. */
  readonly zones: readonly (string | undefined)[];
}

/** Notes where the subnets of a group are. */
export function locate(subnetGroup: object, location: Location): void {
  Object.defineProperty(subnetGroup, LOCATION_SYMBOL, { value: location });
}

/** Where the subnets of a group are; undefined for one that is not defined by this library or not looked up yet. */
export function locationOf(subnetGroup: object): Location | undefined {
  return (subnetGroup as { [LOCATION_SYMBOL]?: Location })[LOCATION_SYMBOL];
}

/** The zone of each subnet. */
export function zonesOf(subnets: readonly ec2.ISubnet[]): (string | undefined)[] {
  return subnets.map((subnet) => {
    try {
      return subnet.availabilityZone;
    } catch {
      // CDK throws for a subnet that was imported without its zone, and has no other way to find out.
      return undefined;
    }
  });
}
