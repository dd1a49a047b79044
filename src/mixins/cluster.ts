import { Duration, Mixin, Token } from 'aws-cdk-lib';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import type { IConstruct } from 'constructs';
import { takeFinalSnapshot } from '../private/final-snapshots';
import { OPEN_ACCESS } from '../private/open-access';
import { RETENTION_RULES } from '../private/rules/retention';
import { demand } from '../private/rules/rule';
import { CLUSTER_SYMBOL, isMarked } from '../private/symbols';

/**
 * Keeps the automatic snapshots of clusters for a least time.
 *
 * A cluster that keeps them longer is left as it is, and so is one whose time is not known at synthesis. A `CfnCluster` keeps none unless told to.
 */
export class ClusterSnapshotRetention extends Mixin {
  private readonly minimumDays: number;

  /**
   * @param minimum how long to keep them at least: whole days, 1 to 35
   * @throws when the time is out of its range, or not known at synthesis
   */
  constructor(minimum: Duration = Duration.days(7)) {
    super();
    demand(RETENTION_RULES, minimum);
    this.minimumDays = minimum.toDays();
  }

  public supports(construct: IConstruct): construct is CfnCluster {
    return CfnCluster.isCfnCluster(construct);
  }

  public applyTo(construct: IConstruct): void {
    if (!this.supports(construct)) {
      return;
    }
    const days = construct.snapshotRetentionLimit ?? 0;
    if (!Token.isUnresolved(days)) {
      construct.snapshotRetentionLimit = Math.max(days, this.minimumDays);
    }
  }
}

/**
 * Takes a snapshot of clusters before CloudFormation deletes them.
 *
 * Its name is made of the names of the stack and the construct, and can be used once: a deletion fails while there is a snapshot of that name.
 * A cluster that has a final snapshot already is left as it is.
 */
export class ClusterFinalSnapshot extends Mixin {
  public supports(construct: IConstruct): construct is CfnCluster {
    return CfnCluster.isCfnCluster(construct);
  }

  public applyTo(construct: IConstruct): void {
    if (this.supports(construct)) {
      // The name that `RemovalPolicy.SNAPSHOT` gives a `Cluster`, so that both mean the same snapshot.
      const owner = isMarked(construct.node.scope, CLUSTER_SYMBOL) ? construct.node.scope! : construct;
      takeFinalSnapshot(owner, construct);
    }
  }
}

/**
 * Fails the synthesis if clients can get at a cluster without signing in, or without encryption.
 *
 * That is a cluster with the access control list `open-access` or without TLS. What is not known at synthesis is not looked at.
 */
export class ClusterAuthentication extends Mixin {
  public supports(construct: IConstruct): construct is CfnCluster {
    return CfnCluster.isCfnCluster(construct);
  }

  public applyTo(construct: IConstruct): void {
    if (this.supports(construct)) {
      construct.node.addValidation({ validate: () => findOpenDoors(construct) });
    }
  }
}

function findOpenDoors({ aclName, tlsEnabled }: CfnCluster): string[] {
  const doors = [];
  if (aclName === OPEN_ACCESS) {
    doors.push(`'aclName' must be of a list with users, got "${OPEN_ACCESS}", which lets everybody in; give the cluster an Acl`);
  }
  if (tlsEnabled === false) {
    doors.push("'tlsEnabled' must be true, got false; leave it out");
  }
  return doors;
}
