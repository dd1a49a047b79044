import { RemovalPolicy, Resource } from 'aws-cdk-lib';
import type { IResource, ResourceProps } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { CfnSnapshot } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { arnOf, nameOf } from './private/arns';
import { physicalName, validateName } from './private/names';
import { ENVIRONMENT_RULES } from './private/rules/environments';
import { KEY_RULES } from './private/rules/keys';
import { REMOVAL_RULES } from './private/rules/removal';
import { demand } from './private/rules/rule';

/**
 * The data of a cluster at a time.
 */
export interface ISnapshot extends IResource, memorydb.ISnapshotRef {
  /**
   * Name of the snapshot.
   *
   * @attribute
   */
  readonly snapshotName: string;

  /**
   * ARN of the snapshot.
   *
   * @attribute
   */
  readonly snapshotArn: string;
}

/**
 * Properties of a `Snapshot`.
 */
export interface SnapshotProps {
  /** The cluster whose data to keep. Changing it replaces the snapshot. */
  readonly cluster: memorydb.IClusterRef;

  /**
   * Name of the snapshot: 1 to 40 lower-case letters, digits and hyphens. Changing it replaces the snapshot by one of the data as it is then.
   *
   * @default - generated from the stack's name and the construct's path
   */
  readonly snapshotName?: string;

  /**
   * Key that encrypts the snapshot, a symmetric one. Changing it replaces the snapshot.
   *
   * @default - the key of the cluster, chosen by the service
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * What happens to the snapshot when it leaves the stack: it is kept or deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class SnapshotBase extends Resource implements ISnapshot {
  public abstract readonly snapshotName: string;
  public abstract readonly snapshotArn: string;

  public get snapshotRef(): memorydb.SnapshotReference {
    return { snapshotArn: this.snapshotArn };
  }
}

class ImportedSnapshot extends SnapshotBase {
  public readonly snapshotName: string;
  public readonly snapshotArn: string;

  constructor(scope: Construct, id: string, known: { snapshotName?: string; snapshotArn?: string }, props?: ResourceProps) {
    super(scope, id, props);
    this.snapshotName = known.snapshotName ?? nameOf(known.snapshotArn!);
    this.snapshotArn = known.snapshotArn ?? arnOf(this, 'snapshot', this.snapshotName);
  }
}

/**
 * Defines a snapshot: the data of a cluster at the time of the first deployment, kept until it is deleted.
 *
 * Later deployments leave it as it is. A change that replaces it fails while its name stays, since the old one is still there: choose a new
 * name with it. The service takes at most 20 snapshots of a cluster in 24 hours beside the automatic ones, for which see `snapshotRetention`
 * of the cluster.
 *
 * The resource type is new, and its documentation does not say whether CloudFormation waits until the snapshot is complete.
 *
 * @resource AWS::MemoryDB::Snapshot
 * @stateful
 */
export class Snapshot extends SnapshotBase {
  /**
   * An existing snapshot, by its name, be it an automatic one or not.
   */
  public static fromSnapshotName(scope: Construct, id: string, snapshotName: string): ISnapshot {
    return new ImportedSnapshot(scope, id, { snapshotName });
  }

  /**
   * An existing snapshot, by its ARN, be it an automatic one or not.
   */
  public static fromSnapshotArn(scope: Construct, id: string, snapshotArn: string): ISnapshot {
    return new ImportedSnapshot(scope, id, { snapshotArn }, { environmentFromArn: snapshotArn });
  }

  public readonly snapshotName: string;
  public readonly snapshotArn: string;

  private readonly resource: CfnSnapshot;

  /**
   * @throws when the name is not allowed, the key is not symmetric, the cluster or the key is of another account or Region, or the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: SnapshotProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.snapshotName) });
    validateName(this, 'snapshotName', props.snapshotName);
    demand(KEY_RULES, props, this);
    const parts = [{ property: 'cluster', part: props.cluster }, { property: 'encryptionKey', part: props.encryptionKey, isShared: true }];
    demand(ENVIRONMENT_RULES, { what: 'snapshot', env: this.env, parts }, this);

    this.resource = new CfnSnapshot(this, 'Resource', {
      snapshotName: this.physicalName,
      clusterName: props.cluster.clusterRef.clusterName,
      kmsKeyId: props.encryptionKey?.keyRef.keyArn,
    });
    this.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);

    // `Ref` gives the ARN, of all MemoryDB types for this one alone.
    this.snapshotName = this.getResourceNameAttribute(nameOf(this.resource.ref));
    this.snapshotArn = this.getResourceArnAttribute(this.resource.ref, {
      service: 'memorydb',
      resource: 'snapshot',
      resourceName: this.physicalName,
    });
  }

  /**
   * Applies a removal policy to the snapshot.
   *
   * @throws when it is `SNAPSHOT`, since no snapshot can be taken of a snapshot
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    demand(REMOVAL_RULES, { what: 'a snapshot', removalPolicy: policy }, this);
    this.resource.applyRemovalPolicy(policy);
  }
}
