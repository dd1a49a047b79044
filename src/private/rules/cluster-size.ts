import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { MAX_SHARDS } from './limits';
import { errorRule, known, warningRule, wholeNumber } from './rule';

const QUOTAS = 'MemoryDB Developer Guide, "Quotas"';
const MAX_REPLICAS_PER_SHARD = 5;
const MAX_NODES = 90;

const SHARDS = errorRule<ClusterInput>(lit`InvalidNumShards`, QUOTAS, ({ numShards }) => wholeNumber('numShards', numShards, 1, MAX_SHARDS));

const REPLICAS = errorRule<ClusterInput>(lit`InvalidNumReplicasPerShard`, QUOTAS, ({ numReplicasPerShard }) =>
  wholeNumber('numReplicasPerShard', numReplicasPerShard, 0, MAX_REPLICAS_PER_SHARD));

const NODES = warningRule<ClusterInput>('nodesPerCluster', QUOTAS, ({ numShards, numReplicasPerShard }) => {
  const count = numShards * (1 + numReplicasPerShard);
  return known(numShards, numReplicasPerShard) && count > MAX_NODES
    ? `'numShards' (${numShards}) and 'numReplicasPerShard' (${numReplicasPerShard}) make ${count} nodes, more than the ${MAX_NODES} of the quota for one ` +
      'cluster: have it raised before you deploy'
    : undefined;
});

export const SIZE_RULES = [SHARDS, REPLICAS, NODES];
