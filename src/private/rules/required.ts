import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule } from './rule';

/** Code that is not checked by TypeScript can leave out what must be there. */
const GIVEN = errorRule<ClusterInput>(lit`MissingProperty`, THIS_LIBRARY, ({ vpc, nodeType }) => {
  if (vpc === undefined) {
    return "'vpc' must be given to a cluster, got none; give it the VPC that its clients are in";
  }
  return nodeType === undefined ? "'nodeType' must be given to a cluster, got none; give it one such as NodeType.R7G_LARGE" : undefined;
});

export const REQUIRED_RULES = [GIVEN];
