import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule } from './rule';

/** Code that is not checked by TypeScript can leave out what must be there. */
const GIVEN = errorRule<ClusterInput>(lit`MissingProperty`, THIS_LIBRARY, ({ vpc }) =>
  (vpc === undefined ? "'vpc' must be given to a cluster, got none; give it the VPC that its clients are in" : undefined));

export const REQUIRED_RULES = [GIVEN];
