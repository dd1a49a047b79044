import type { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import type { Construct } from 'constructs';
import { generatedName } from './names';

/** The names that are there by a removal policy alone, and go with it. */
const BY_POLICY = new WeakMap<CfnCluster, string>();

/** Gives a cluster a final snapshot for good, unless it has one. */
export function takeFinalSnapshot(owner: Construct, cluster: CfnCluster): void {
  BY_POLICY.delete(cluster);
  cluster.finalSnapshotName ??= finalSnapshotName(owner);
}

/** Gives a cluster a final snapshot, or takes back the one that a removal policy gave it; what was named in another way stays. */
export function followRemovalPolicy(owner: Construct, cluster: CfnCluster, keepsSnapshot: boolean): void {
  if (keepsSnapshot && cluster.finalSnapshotName === undefined) {
    cluster.finalSnapshotName = finalSnapshotName(owner);
    BY_POLICY.set(cluster, cluster.finalSnapshotName);
  } else if (!keepsSnapshot && BY_POLICY.get(cluster) === cluster.finalSnapshotName) {
    cluster.finalSnapshotName = undefined;
    BY_POLICY.delete(cluster);
  }
}

/** The variant tells it from the name of a `Snapshot` with that id in the scope of the cluster. */
function finalSnapshotName(owner: Construct): string {
  return generatedName(owner, 'FinalSnapshot', 'final');
}
