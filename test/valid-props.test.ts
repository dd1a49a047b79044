import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AccessString, Cluster, DailyWindow, DayOfWeek, EngineVersion, IamUser, IpDiscovery, NetworkType, NodeType, PasswordUser, WeeklyWindow } from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newStack, synth } from './support/synth';

function valuesOf<T>(type: object, isValue: (value: unknown) => boolean): fc.Arbitrary<T> {
  return fc.constantFrom(...(Object.values(type).filter(isValue) as T[]));
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,19}$/);
const minutes = fc.integer({ min: 60, max: 1439 }).map((count) => Duration.minutes(count));
const time = { hour: fc.nat(23), minute: optional(fc.nat(59)), duration: optional(minutes) };
const policies = [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY, RemovalPolicy.SNAPSHOT, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE];

/** Addresses that nodes of the network type have. */
const addresses = fc.constantFrom<Pick<ClusterProps, 'networkType' | 'ipDiscovery'>>(
  ...[{}, { ipDiscovery: IpDiscovery.IPV4 }, { networkType: NetworkType.DUAL_STACK, ipDiscovery: IpDiscovery.IPV6 }],
  ...[{ networkType: NetworkType.IPV4, ipDiscovery: IpDiscovery.IPV4 }, { networkType: NetworkType.DUAL_STACK }, { networkType: NetworkType.IPV6 }],
);

const validProps: fc.Arbitrary<Omit<ClusterProps, 'vpc'>> = fc.record({
  nodeType: valuesOf<NodeType>(NodeType, (value) => value instanceof NodeType),
  engineVersion: optional(valuesOf<EngineVersion>(EngineVersion, (value) => value instanceof EngineVersion)),
  numShards: optional(fc.integer({ min: 1, max: 500 })),
  numReplicasPerShard: optional(fc.integer({ min: 0, max: 5 })),
  port: optional(fc.integer({ min: 1, max: 65535 })),
  snapshotRetention: optional(fc.nat(35).map((days) => Duration.days(days))),
  snapshotWindow: optional(fc.record(time).map((options) => DailyWindow.of(options))),
  maintenanceWindow: optional(fc.record({ ...time, day: fc.constantFrom(...Object.values(DayOfWeek)) }).map((options) => WeeklyWindow.of(options))),
  finalSnapshotName: optional(name),
  autoMinorVersionUpgrade: optional(fc.boolean()),
  clusterName: optional(name),
  description: optional(fc.string({ minLength: 1, maxLength: 50 })),
  removalPolicy: optional(fc.constantFrom(...policies)),
});

test('valid properties, whatever they are, give a template without a finding', () => {
  fc.assert(
    fc.property(validProps, addresses, fc.nat(2), fc.boolean(), (props, given, userCount, withKey) => {
      const stack = newStack();
      const accessString = AccessString.readWrite('order:*');
      const engineVersion = props.engineVersion ?? EngineVersion.VALKEY_7_3;
      const users = Array.from({ length: userCount }, (_, index) =>
        (index === 0 && engineVersion.supportsIamUsers ? new IamUser(stack, 'App', { accessString }) : new PasswordUser(stack, `User${index}`, { accessString })));
      const encryptionKey = withKey ? new kms.Key(stack, 'Key') : undefined;
      new Cluster(stack, 'Db', { vpc: importedVpc(stack), users, encryptionKey, ...given, ...props });
      const { warnings } = synth(stack);
      expect(warnings.filter((warning) => !/overlappingWindows|nodesPerCluster/.test(warning))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('fails when the validator finds something, so that these tests see it', () => {
  const stack = newStack();
  new CfnUser(stack, 'User', { userName: 'UPPER', accessString: 'on', authenticationMode: { type: 'iam' } });
  expect(() => synth(stack)).toThrow(/CloudFormation Validate F3002[^]*CloudFormation Validate F3031|F3031[^]*F3002/);
});
