import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, known, warningRule } from './rule';
import { shown } from '../errors';

const SEEDING = 'MemoryDB Developer Guide, "Seeding a new cluster with an externally created snapshot"';

const SOME_KEYS = errorRule<string[]>(lit`NoSnapshotKeys`, SEEDING, (keys) =>
  (keys.length === 0 ? "'keys' must name at least one .rdb object of the bucket, got none; name one for each shard of the source" : undefined));

const KEY_FORM = errorRule<string[]>(lit`InvalidSnapshotKey`, SEEDING, (keys) => {
  const bad = keys.find((key) => known(key) && !/^[^,*?]+\.rdb$/.test(key));
  return bad === undefined
    ? undefined
    : `'keys' must be keys of objects that end with .rdb and have no comma and no wildcard, such as 'backups/orders-0001.rdb', got ${shown(bad)}; ` +
      'name every object, and rename it in the bucket if need be';
});

export const SNAPSHOT_KEY_RULES = [SOME_KEYS, KEY_FORM];

/** A bucket with a snapshot. */
export interface BucketInput {
  readonly bucket: IBucket;
  /** Whether the bucket's policy could be changed. */
  readonly isReadable: boolean;
  /** Who reads the bucket. */
  readonly principal: string;
}

const POLICY = warningRule<BucketInput>('snapshotBucketPolicy', SEEDING, ({ bucket, isReadable, principal }) =>
  (isReadable
    ? undefined
    : `'restoreFrom' reads ${bucket.node.path}, whose policy is not changed here since it is imported: let ${shown(principal)} call s3:GetObject on the ` +
      'objects, and s3:ListBucket and s3:GetBucketAcl on the bucket, before you deploy, or the cluster ends as restore-failed'));

const ENCRYPTION = warningRule<BucketInput>('snapshotBucketEncryption', SEEDING, ({ bucket }) =>
  (isEncryptedWithKey(bucket)
    ? `'restoreFrom' reads ${bucket.node.path}, which encrypts new objects with a KMS key, while the service reads objects that are encrypted by S3 itself ` +
      'only: see that those objects are (SSE-S3), for example by copying them with AES256'
    : undefined));

export const BUCKET_RULES = [POLICY, ENCRYPTION];

/** The snapshot that a cluster starts from, and the one that it leaves. */
export interface RestoreInput {
  readonly snapshotName?: string;
  readonly finalSnapshotName?: string;
}

/** The snapshot that a cluster leaves, and another one that is defined for its account and Region. */
export interface FinalSnapshotInput {
  readonly finalSnapshotName?: string;
  /** Path of the snapshot of that name. */
  readonly namesake?: string;
}

const FINAL = errorRule<RestoreInput>(lit`FinalSnapshotNameTaken`, 'API reference, "DeleteCluster"', ({ snapshotName, finalSnapshotName }) =>
  (finalSnapshotName !== undefined && known(finalSnapshotName) && finalSnapshotName === snapshotName
    ? `'finalSnapshotName' must be a name that no snapshot has, got ${shown(finalSnapshotName)}, the one in 'restoreFrom', so that the deletion would ` +
      'fail; choose another name'
    : undefined));

export const RESTORE_RULES = [FINAL];

const DEFINED = errorRule<FinalSnapshotInput>(lit`FinalSnapshotNameDefined`, 'API reference, "DeleteCluster"', ({ finalSnapshotName, namesake }) =>
  (namesake === undefined
    ? undefined
    : `'finalSnapshotName' must be a name that no snapshot has, got ${shown(finalSnapshotName)}, the one of ${namesake}, so that the deletion would fail; ` +
      'choose another name'));

/** What can only be known when all snapshots are there. */
export const FINAL_SNAPSHOT_RULES = [DEFINED];

function isEncryptedWithKey(bucket: IBucket): boolean {
  const resource = bucket.node.defaultChild;
  const encryption = CfnBucket.isCfnBucket(resource) ? JSON.stringify(resource.stack.resolve(resource.bucketEncryption)) : undefined;
  return bucket.encryptionKey !== undefined || encryption?.includes('aws:kms') === true;
}
