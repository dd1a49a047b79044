import type { Resource } from 'aws-cdk-lib';
import type { ClusterProps } from '../../cluster-props';
import type { EngineVersion } from '../../engine-version';

/** The properties of a cluster, with the defaults that rules ask for. */
export interface ClusterInput extends ClusterProps {
  /** The cluster. */
  readonly scope: Resource;
  readonly engineVersion: EngineVersion;
  readonly numShards: number;
  readonly numReplicasPerShard: number;
}
