import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import fc from 'fast-check';
import { DailyWindow, DayOfWeek, EngineVersion, IpDiscovery, NetworkType, NodeType, SnapshotSource, WeeklyWindow } from '../../src';
import type { ClusterProps } from '../../src';

/** Properties of a cluster but for its VPC; some need constructs in its stack. */
export type MakeProps = (stack: Stack) => Omit<ClusterProps, 'vpc'>;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const minutes = fc.integer({ min: 60, max: 1439 }).map((count) => Duration.minutes(count));
const time = { hour: fc.nat(23), minute: optional(fc.nat(59)), duration: optional(minutes) };
const policies = [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY, RemovalPolicy.SNAPSHOT, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE];

/** A name that the service takes. */
export const name = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,19}$/);

const nodeTypes = Object.values(NodeType).filter((value): value is NodeType => value instanceof NodeType);
const engineVersions = Object.values(EngineVersion).filter((value): value is EngineVersion => value instanceof EngineVersion);

/** How a cluster is laid out, with and without vector search. */
const layout: fc.Arbitrary<Pick<ClusterProps, 'nodeType' | 'engineVersion' | 'numShards' | 'vectorSearch'>> = fc.oneof(
  fc.record({
    nodeType: fc.constantFrom(...nodeTypes),
    engineVersion: optional(fc.constantFrom(...engineVersions)),
    numShards: optional(fc.integer({ min: 1, max: 500 })),
    vectorSearch: fc.constantFrom(undefined, false),
  }),
  fc.record({
    nodeType: fc.constantFrom(...nodeTypes.filter(({ dataTiering }) => !dataTiering)),
    engineVersion: optional(fc.constantFrom(...engineVersions.filter(({ supportsVectorSearch }) => supportsVectorSearch))),
    numShards: fc.constantFrom(undefined, 1),
    vectorSearch: fc.constant(true),
  }),
);

/** Addresses that nodes of the network type have. */
const addresses = fc.constantFrom<Pick<ClusterProps, 'networkType' | 'ipDiscovery'>>(
  ...[{}, { ipDiscovery: IpDiscovery.IPV4 }, { networkType: NetworkType.DUAL_STACK, ipDiscovery: IpDiscovery.IPV6 }],
  ...[{ networkType: NetworkType.IPV4, ipDiscovery: IpDiscovery.IPV4 }, { networkType: NetworkType.DUAL_STACK }, { networkType: NetworkType.IPV6 }],
);

/** Numbers, texts and times. */
const values = fc.record({
  numReplicasPerShard: optional(fc.integer({ min: 0, max: 5 })),
  port: optional(fc.integer({ min: 1, max: 65535 })),
  snapshotRetention: optional(fc.nat(35).map((days) => Duration.days(days))),
  snapshotWindow: optional(fc.record(time).map((options) => DailyWindow.of(options))),
  maintenanceWindow: optional(fc.record({ ...time, day: fc.constantFrom(...Object.values(DayOfWeek)) }).map((options) => WeeklyWindow.of(options))),
  finalSnapshotName: optional(name.map((text) => `last-${text}`)),
  autoMinorVersionUpgrade: optional(fc.boolean()),
  clusterName: optional(name),
  description: optional(fc.string({ minLength: 1, maxLength: 50 })),
  removalPolicy: optional(fc.constantFrom(...policies)),
});

/** What other constructs give to a cluster. */
const surroundings: fc.Arbitrary<(stack: Stack) => Partial<ClusterProps>> = fc.record({
  hasKey: fc.boolean(),
  hasTopic: fc.boolean(),
  notificationsEnabled: optional(fc.boolean()),
  source: fc.oneof(fc.constantFrom('none', 'bucket'), name.map((text) => `first-${text}`)),
}).map(({ hasKey, hasTopic, notificationsEnabled, source }) => (stack) => ({
  encryptionKey: hasKey ? new kms.Key(stack, 'Key') : undefined,
  ...hasTopic ? { notificationTopic: new sns.Topic(stack, 'Topic'), notificationsEnabled } : {},
  restoreFrom: sourceOf(stack, source),
}));

function sourceOf(stack: Stack, source: string): SnapshotSource | undefined {
  if (source === 'none') {
    return undefined;
  }
  return source === 'bucket' ? SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket'), 'orders.rdb') : SnapshotSource.fromSnapshotName(source);
}

/** Properties that contradict neither the service nor each other. */
export const validProps: fc.Arbitrary<MakeProps> = fc.tuple(layout, addresses, values, surroundings)
  .map(([laidOut, told, given, surround]) => (stack) => ({ ...laidOut, ...told, ...given, ...surround(stack) }));
