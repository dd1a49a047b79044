import { Stage, Token } from 'aws-cdk-lib';
import type { Resource } from 'aws-cdk-lib';
import { CfnSnapshot } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { elsewhere } from './environments';
import type { ISnapshot } from '../snapshot';

/** Name of a snapshot as its definition or its import has it, while a reference to it says nothing before the deployment. */
export function definedName(snapshot: memorydb.ISnapshotRef): string | undefined {
  const resource = CfnSnapshot.isCfnSnapshot(snapshot) ? snapshot : snapshot.node.defaultChild;
  return CfnSnapshot.isCfnSnapshot(resource) ? resource.snapshotName : (snapshot as Partial<ISnapshot>).snapshotName;
}

/** Path of the snapshot of a name that is defined in the stage, account and Region of a cluster. */
export function pathOfDefined(cluster: Resource, snapshotName: string | undefined): string | undefined {
  if (snapshotName === undefined || Token.isUnresolved(snapshotName)) {
    return undefined;
  }
  const snapshots = Stage.of(cluster)!.node.findAll().filter((one) => CfnSnapshot.isCfnSnapshot(one));
  return snapshots.find((one) => one.snapshotName === snapshotName && elsewhere(one, cluster) === undefined)?.node.path;
}
