import { RemovalPolicy } from 'aws-cdk-lib';
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
