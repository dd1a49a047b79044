import { CfnAlias, CfnKey } from 'aws-cdk-lib/aws-kms';
import type { IAlias } from 'aws-cdk-lib/aws-kms';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_kms as kms } from 'aws-cdk-lib/interfaces';
import { errorRule, known } from './rule';

/** What is encrypted with a key of the user. */
export interface KeyInput {
  readonly encryptionKey?: kms.IKeyRef;
}

const SYMMETRIC = 'SYMMETRIC_DEFAULT';

const SUITABLE = errorRule<KeyInput>(lit`UnsuitableKey`, 'MemoryDB Developer Guide, "Encryption at rest"', ({ encryptionKey }) => {
  const key = encryptionKey && targetOf(encryptionKey);
  const resource = CfnKey.isCfnKey(key) ? key : key?.node.defaultChild;
  const spec = CfnKey.isCfnKey(resource) ? resource.keySpec : undefined;
  return spec === undefined || !known(spec) || spec === SYMMETRIC
    ? undefined
    : `'encryptionKey' must be a symmetric key (${SYMMETRIC}), got ${key!.node.path} of ${spec}; use another key`;
});

/**
 * No more is asked of a key, nor done to it. The service works with a grant that the deploying principal makes, as aws-rds and aws-docdb leave it
 * to that principal, too: the default policy of a `Key` lets the account's IAM policies decide, so a statement for `kms:ViaService` =
 * `memorydb.<region>.amazonaws.com` would allow nothing new there and too many principals in a policy that somebody wrote by hand.
 */
export const KEY_RULES = [SUITABLE];

/** The key that an alias stands for, if it is defined in this app. */
function targetOf(key: kms.IKeyRef): kms.IKeyRef {
  return CfnAlias.isCfnAlias(key.node.defaultChild) ? targetOf((key as unknown as IAlias).aliasTargetKey) : key;
}
