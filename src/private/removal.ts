import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { REMOVAL_RULES } from './rules/removal';
import { demand, findings } from './rules/rule';

/**
 * Applies the removal policy of something of which no snapshot can be taken, and checks at the end what has been applied since.
 *
 * @param what what is removed, in words
 * @throws when the policy is `SNAPSHOT`
 */
export function applyRemoval(scope: Construct, resource: CfnResource, what: string, removalPolicy: RemovalPolicy | undefined): void {
  if (removalPolicy !== undefined) {
    demand(REMOVAL_RULES, { what, removalPolicy }, scope);
    resource.applyRemovalPolicy(removalPolicy);
  }
  const snapshot = { what, removalPolicy: RemovalPolicy.SNAPSHOT };
  scope.node.addValidation({ validate: () => (hasSnapshotPolicy(resource) ? findings(REMOVAL_RULES, snapshot) : []) });
}

function hasSnapshotPolicy({ cfnOptions }: CfnResource): boolean {
  return [cfnOptions.deletionPolicy, cfnOptions.updateReplacePolicy].includes(CfnDeletionPolicy.SNAPSHOT);
}
