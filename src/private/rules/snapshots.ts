import { RemovalPolicy } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule } from './rule';

const DELETION_POLICY = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html';

const KEPT_OR_DELETED = errorRule<RemovalPolicy>(lit`SnapshotOfSnapshot`, DELETION_POLICY, (removalPolicy) =>
  (removalPolicy === RemovalPolicy.SNAPSHOT
    ? "'removalPolicy' must keep or delete the snapshot, got SNAPSHOT; use RemovalPolicy.RETAIN or RemovalPolicy.DESTROY"
    : undefined));

/** Rules for the removal policy of a snapshot. */
export const SNAPSHOT_POLICY_RULES = [KEPT_OR_DELETED];
