import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import type { ICfnResourceOptions } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule } from './rule';

const DELETION_POLICY = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html';

/** A removal policy of something that holds data but that no snapshot is taken of. */
export interface RemovalInput {
  /** What is removed, in words. */
  readonly what: string;
  readonly removalPolicy: RemovalPolicy;
}

const KEPT_OR_DELETED = errorRule<RemovalInput>(lit`SnapshotNotSupported`, DELETION_POLICY, ({ what, removalPolicy }) =>
  (removalPolicy === RemovalPolicy.SNAPSHOT
    ? `'removalPolicy' must keep or delete ${what}, of which no snapshot can be taken, got SNAPSHOT; use RemovalPolicy.RETAIN or RemovalPolicy.DESTROY`
    : undefined));

export const REMOVAL_RULES = [KEPT_OR_DELETED];

const SNAPSHOT = errorRule<ICfnResourceOptions>(lit`SnapshotDeletionPolicy`, DELETION_POLICY, ({ deletionPolicy, updateReplacePolicy }) =>
  ([deletionPolicy, updateReplacePolicy].includes(CfnDeletionPolicy.SNAPSHOT)
    ? "'deletionPolicy' must not be Snapshot, which CloudFormation does not know for MemoryDB, got it by RemovalPolicies or by the L1; " +
      "set 'removalPolicy: RemovalPolicy.SNAPSHOT' on the cluster, or call its applyRemovalPolicy(), for a final snapshot"
    : undefined));

/** What can only be known when all policies are applied. */
export const DELETION_POLICY_RULES = [SNAPSHOT];
