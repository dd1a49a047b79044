import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { MAX_RETENTION_DAYS } from './limits';
import { THIS_LIBRARY, errorRule, warningRule } from './rule';

const AUTOMATIC = 'MemoryDB Developer Guide, "Automatic snapshots"';

const KNOWN_RETENTION = errorRule<ClusterInput>(lit`UnresolvedSnapshotRetention`, THIS_LIBRARY, ({ snapshotRetention: retention }) =>
  (retention?.isUnresolved() && retention.unitLabel() !== 'days'
    ? `'snapshotRetention' must be given as Duration.days() when it is a token, which cannot be converted, got a token of ${retention.unitLabel()}`
    : undefined));

const RETENTION = errorRule<ClusterInput>(lit`InvalidSnapshotRetention`, AUTOMATIC, ({ snapshotRetention: retention }) => {
  if (retention === undefined || retention.isUnresolved()) {
    return undefined;
  }
  const days = retention.toDays({ integral: false });
  return Number.isInteger(days) && days <= MAX_RETENTION_DAYS
    ? undefined
    : `'snapshotRetention' must be whole days from 0 to ${MAX_RETENTION_DAYS}, got ${retention.toHumanString()}; ` +
      'snapshots that are to be kept longer must be taken by hand';
});

const WINDOWS = warningRule<ClusterInput>('overlappingWindows', AUTOMATIC, ({ snapshotWindow, maintenanceWindow }) =>
  (snapshotWindow && maintenanceWindow && snapshotWindow.overlaps(maintenanceWindow)
    ? `'snapshotWindow' (${snapshotWindow.toString()}) overlaps 'maintenanceWindow' (${maintenanceWindow.toString()}): ` +
      'maintenance and snapshots wait for each other; choose times apart'
    : undefined));

export const SNAPSHOT_RULES = [KNOWN_RETENTION, RETENTION, WINDOWS];
