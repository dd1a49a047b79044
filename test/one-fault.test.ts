import { Duration, Errors } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Acl, Cluster, EngineVersion, IpDiscovery, NetworkType, NodeType, ParameterGroup, SnapshotSource, SubnetGroup } from '../src';
import type { ClusterProps } from '../src';
import { name, validProps } from './support/arbitrary-props';
import { errorOf } from './support/error-of';
import { importedVpc, newStack } from './support/synth';

type Fault = (stack: Stack) => Partial<ClusterProps>;

const VALID_NAME = /^(?=.{1,40}$)[a-z](?!.*--)[a-z0-9-]*(?<!-)$/;
const badName = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'aB1-_.'), maxLength: 45 }),
  name.map((text) => text.toUpperCase()),
).filter((text) => !VALID_NAME.test(text));

const outside = (minimum: number, maximum: number) => fc.oneof(
  fc.integer({ max: minimum - 1 }),
  fc.integer({ min: maximum + 1 }),
  fc.double({ min: minimum, max: maximum, noNaN: true }).filter((number) => !Number.isInteger(number)),
  fc.constantFrom(NaN, Infinity),
);

const badRetention = fc.oneof(
  fc.integer({ min: 36, max: 10000 }).map((days) => Duration.days(days)),
  fc.integer({ min: 1, max: 800 }).filter((hours) => hours % 24 > 0).map((hours) => Duration.hours(hours)),
);

const searching = { vectorSearch: true, numShards: 1, nodeType: NodeType.R7G_LARGE, engineVersion: EngineVersion.VALKEY_7_3 };

const always = (fault: Fault | Partial<ClusterProps>): fc.Arbitrary<Fault> => fc.constant(typeof fault === 'function' ? fault : () => fault);
const given = <T>(values: fc.Arbitrary<T>, props: (value: T) => Partial<ClusterProps>): fc.Arbitrary<Fault> =>
  values.map((value) => () => props(value));

/** Ways in which a single property is wrong, whatever the others are. */
const FAULTS: [property: string, fault: fc.Arbitrary<Fault>][] = [
  ['clusterName', given(badName, (clusterName) => ({ clusterName }))],
  ['finalSnapshotName', given(badName, (finalSnapshotName) => ({ finalSnapshotName }))],
  ['finalSnapshotName', given(name, (text) => ({ finalSnapshotName: text, restoreFrom: SnapshotSource.fromSnapshotName(text) }))],
  ['numShards', given(outside(1, 500), (numShards) => ({ numShards }))],
  ['numShards', given(fc.integer({ min: 2, max: 500 }), (numShards) => ({ ...searching, numShards }))],
  ['numReplicasPerShard', given(outside(0, 5), (numReplicasPerShard) => ({ numReplicasPerShard }))],
  ['port', given(outside(1, 65535), (port) => ({ port }))],
  ['snapshotRetention', given(badRetention, (snapshotRetention) => ({ snapshotRetention }))],
  ['ipDiscovery', always({ networkType: NetworkType.IPV4, ipDiscovery: IpDiscovery.IPV6 })],
  ['ipDiscovery', always({ networkType: NetworkType.IPV6, ipDiscovery: IpDiscovery.IPV4 })],
  ['securityGroups', always({ securityGroups: [] })],
  ['tlsEnabled', always({ tlsEnabled: false })],
  ['users', always((stack) => ({ users: [], acl: new Acl(stack, 'Acl') }))],
  ['vpcSubnets', always((stack) => ({ vpcSubnets: {}, subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team') }))],
  ['parameterGroup', always((stack) => ({
    vectorSearch: false,
    engineVersion: EngineVersion.VALKEY_7_3,
    parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.REDIS_7_1 }),
  }))],
  ['parameterGroup', always((stack) => ({ ...searching, parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3 }) }))],
  ['nodeType', always({ ...searching, nodeType: NodeType.R6GD_XLARGE })],
  ['engineVersion', given(fc.constantFrom(EngineVersion.REDIS_6_2, EngineVersion.REDIS_7_0), (engineVersion) => ({ ...searching, engineVersion }))],
  ['encryptionKey', always((stack) => ({ encryptionKey: new kms.Key(stack, 'WrongKey', { keySpec: kms.KeySpec.RSA_2048 }) }))],
  ['notificationTopic', always((stack) => ({ notificationTopic: new sns.Topic(stack, 'WrongTopic', { masterKey: new kms.Key(stack, 'TopicKey') }) }))],
  ['notificationTopic', always((stack) => ({ notificationTopic: sns.Topic.fromTopicArn(stack, 'WrongTopic', 'arn:aws:sns:eu-west-1:210987654321:events') }))],
  ['notificationsEnabled', given(fc.boolean(), (notificationsEnabled) => ({ notificationTopic: undefined, notificationsEnabled }))],
];

test.each(FAULTS)('a fault of %s alone is said of that property, whatever the others are', (property, fault) => {
  fc.assert(
    fc.property(validProps, fault, (makeProps, addFault) => {
      const stack = newStack();
      const define = () => new Cluster(stack, 'Db', { vpc: importedVpc(stack), ...makeProps(stack), ...addFault(stack) });
      const error = errorOf(define);
      expect(Errors.isValidationError(error)).toBe(true);
      expect(error.message).toMatch(new RegExp(`^'${property}' must `));
    }),
    { numRuns: 25 },
  );
});
