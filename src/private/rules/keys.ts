import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { errorRule, known } from './rule';

const SYMMETRIC = 'SYMMETRIC_DEFAULT';

const SUITABLE = errorRule<ClusterInput>(lit`UnsuitableKey`, 'MemoryDB Developer Guide, "Encryption at rest"', ({ encryptionKey: key }) => {
  const resource = CfnKey.isCfnKey(key) ? key : key?.node.defaultChild;
  const spec = CfnKey.isCfnKey(resource) ? resource.keySpec : undefined;
  return spec === undefined || !known(spec) || spec === SYMMETRIC
    ? undefined
    : `'encryptionKey' must be a symmetric key (${SYMMETRIC}), got ${key!.node.path} of ${spec}; use another key`;
});

export const KEY_RULES = [SUITABLE];
