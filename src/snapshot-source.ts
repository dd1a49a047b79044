import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct, IDependable } from 'constructs';
import { nameOf } from './private/arns';
import { BUCKET_RULES, SNAPSHOT_KEY_RULES } from './private/rules/restore';
import { check, demand } from './private/rules/rule';

/**
 * What a cluster is restored from, as CloudFormation takes it.
 */
export interface SnapshotSourceConfig {
  /**
   * Name of a snapshot of the service.
   *
   * @default - the data is in objects
   */
  readonly snapshotName?: string;

  /**
   * ARNs of objects with the data.
   *
   * @default - the data is in a snapshot of the service
   */
  readonly snapshotArns?: string[];

  /**
   * What has to be there before the cluster is created.
   *
   * @default - nothing
   */
  readonly dependency?: IDependable;
}

/**
 * The data that a new cluster starts with.
 */
export abstract class SnapshotSource {
  /**
   * A snapshot of the service that is defined in this app or referred to by its ARN.
   */
  public static fromSnapshot(snapshot: memorydb.ISnapshotRef): SnapshotSource {
    // A reference holds the ARN only, and so does `Ref` in CloudFormation, while a cluster wants the name.
    return new NamedSnapshot(nameOf(snapshot.snapshotRef.snapshotArn), snapshot);
  }

  /**
   * A snapshot of the service, automatic ones included, by its name.
   */
  public static fromSnapshotName(snapshotName: string): SnapshotSource {
    return new NamedSnapshot(snapshotName);
  }

  /**
   * Objects in a bucket: a snapshot that was exported, or files that another server of the engine wrote.
   *
   * The service is allowed to read these objects by the policy of the bucket, and the cluster is created after that. An imported bucket keeps
   * its policy: the cluster then carries the warning `cdk-memorydb:snapshotBucketPolicy`.
   *
   * [disable-awslint:prefer-ref-interface] its policy is changed, which needs an `IBucket`
   *
   * @param bucket the bucket; its objects must be encrypted by S3 itself (SSE-S3), if at all
   * @param keys keys of all objects, one for each shard of the source; they end with `.rdb` and have no comma
   * @throws when there are no keys or one has another form
   */
  public static fromBucket(bucket: s3.IBucket, ...keys: string[]): SnapshotSource {
    demand(SNAPSHOT_KEY_RULES, keys);
    return new SnapshotInBucket(bucket, keys);
  }

  /**
   * The snapshot, when there is a construct for it.
   *
   * @internal
   */
  public readonly _snapshot?: memorydb.ISnapshotRef;

  /**
   * What a cluster is restored from, after it has been allowed to read it.
   *
   * @param scope the cluster
   */
  public abstract bind(scope: Construct): SnapshotSourceConfig;
}

class NamedSnapshot extends SnapshotSource {
  constructor(private readonly snapshotName: string, public readonly _snapshot?: memorydb.ISnapshotRef) {
    super();
  }

  public bind(): SnapshotSourceConfig {
    return { snapshotName: this.snapshotName };
  }
}

class SnapshotInBucket extends SnapshotSource {
  constructor(private readonly bucket: s3.IBucket, private readonly keys: string[]) {
    super();
  }

  public bind(scope: Construct): SnapshotSourceConfig {
    const snapshotArns = this.keys.map((key) => this.bucket.arnForObjects(key));
    const principal = `${Stack.of(scope).region}.memorydb-snapshot.amazonaws.com`;
    const results = this.statements(snapshotArns, principal).map((statement) => this.bucket.addToResourcePolicy(statement));
    const isReadable = results.every(({ statementAdded }) => statementAdded);
    check(BUCKET_RULES, { bucket: this.bucket, isReadable, principal }, scope);
    return { snapshotArns, dependency: results[0].policyDependable };
  }

  /**
   * What the service needs to read the objects: MemoryDB Developer Guide, "Seeding a new cluster with an externally created snapshot".
   *
   * No condition on the source account, since the guide does not say that the service tells it.
   */
  private statements(objectArns: string[], principal: string): iam.PolicyStatement[] {
    const principals = [new iam.ServicePrincipal(principal)];
    return [
      new iam.PolicyStatement({ principals, actions: ['s3:GetObject'], resources: objectArns }),
      new iam.PolicyStatement({ principals, actions: ['s3:GetBucketAcl', 's3:ListBucket'], resources: [this.bucket.bucketArn] }),
    ];
  }
}
