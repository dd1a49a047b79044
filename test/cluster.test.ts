import { CfnDeletionPolicy, CfnResource, Duration, RemovalPolicies, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnACL, CfnCluster, CfnParameterGroup, CfnSubnetGroup, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test, vi } from 'vitest';
import {
  AccessString, Acl, Cluster, DailyWindow, EngineVersion, IamUser, IpDiscovery, MultiRegionCluster, NetworkType, NodeType, ParameterGroup,
  PasswordUser, SnapshotSource, SubnetGroup, WeeklyWindow, mixins,
} from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();
const CLUSTER = 'AWS::MemoryDB::Cluster';

/** The types of what a cluster makes for itself. */
const PART_TYPES = ['AWS::MemoryDB::ACL', 'AWS::MemoryDB::ParameterGroup', 'AWS::MemoryDB::SubnetGroup', 'AWS::EC2::SecurityGroup'];

function define(stack: Stack, props: Partial<ClusterProps> = {}, id = 'Db'): Cluster {
  const vpc = props.vpc ?? (stack.node.tryFindChild('Vpc') as ec2.IVpc | undefined) ?? importedVpc(stack);
  return new Cluster(stack, id, { vpc, nodeType: NodeType.T4G_SMALL, ...props });
}

/** The properties of a cluster in its template. */
function clusterProperties(makeProps: (stack: Stack) => Partial<ClusterProps> = () => ({})): Record<string, any> {
  const stack = newStack();
  define(stack, makeProps(stack));
  return propertiesOf(templateOf(stack), CLUSTER);
}

describe('by default', () => {
  const stack = newStack();
  const cluster = define(stack);

  test('the cluster is safe, and everything that decides that is written out', () => {
    const { warnings } = synth(stack);
    const template = templateOf(stack);
    expect(propertiesOf(template, CLUSTER)).toEqual({
      ClusterName: 'test-db-0bce5682',
      NodeType: 'db.t4g.small',
      Engine: 'valkey',
      EngineVersion: '7.3',
      AutoMinorVersionUpgrade: true,
      NumShards: 1,
      NumReplicasPerShard: 1,
      Port: 6379,
      TLSEnabled: true,
      SnapshotRetentionLimit: 7,
      ACLName: { Ref: expect.stringMatching(/^DbAcl/) },
      ParameterGroupName: { Ref: expect.stringMatching(/^DbParameterGroup/) },
      SubnetGroupName: { Ref: expect.stringMatching(/^DbSubnetGroup/) },
      SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringMatching(/^DbSecurityGroup/), 'GroupId'] }],
    });
    expect(warnings).toEqual([]);
  });

  test('nobody is let in', () => {
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ACL')).toEqual({ ACLName: expect.any(String) });
  });

  test('nothing is evicted', () => {
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ParameterGroup')).toEqual({
      ParameterGroupName: expect.any(String),
      Family: 'memorydb_valkey7',
      Parameters: { 'maxmemory-policy': 'noeviction' },
    });
  });

  test('the security group is closed', () => {
    const template = templateOf(stack);
    expect(propertiesOf(template, 'AWS::EC2::SecurityGroup')).toEqual({
      GroupDescription: 'Nodes of the MemoryDB cluster test-db-0bce5682',
      VpcId: 'vpc-12345678',
      SecurityGroupEgress: [{ CidrIp: '255.255.255.255/32', Description: 'Disallow all traffic', FromPort: 252, IpProtocol: 'icmp', ToPort: 86 }],
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test.each([CLUSTER, ...PART_TYPES])('%s is retained', (type) => {
    templateOf(stack).hasResource(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('attributes refer to the cluster', () => {
    const { Ref: logicalId } = stack.resolve(cluster.clusterName);
    expect(stack.resolve(cluster.clusterArn)).toEqual({ 'Fn::GetAtt': [logicalId, 'ARN'] });
    expect(stack.resolve(cluster.clusterEndpoint.hostname)).toEqual({ 'Fn::GetAtt': [logicalId, 'ClusterEndpoint.Address'] });
    expect(cluster.clusterEndpoint.port).toBe(6379);
    expect(cluster.clusterRef).toEqual({ clusterName: cluster.clusterName, clusterArn: cluster.clusterArn });
    expect(Cluster.isCluster(cluster)).toBe(true);
    expect(Cluster.isCluster(undefined)).toBe(false);
  });
});

describe('properties reach the template', () => {
  test.each<[string, Partial<ClusterProps>, object]>([
    ['sizes', { numShards: 500, numReplicasPerShard: 0 }, { NumShards: 500, NumReplicasPerShard: 0 }],
    ['other sizes', { numShards: 1, numReplicasPerShard: 5 }, { NumShards: 1, NumReplicasPerShard: 5 }],
    ['the lowest port', { port: 1 }, { Port: 1 }],
    ['the highest port', { port: 65535 }, { Port: 65535 }],
    ['no snapshots', { snapshotRetention: Duration.days(0) }, { SnapshotRetentionLimit: 0 }],
    ['the longest retention', { snapshotRetention: Duration.hours(35 * 24) }, { SnapshotRetentionLimit: 35 }],
    ['windows', { snapshotWindow: DailyWindow.of({ hour: 3 }), maintenanceWindow: WeeklyWindow.parse('sun:05:00-sun:06:00') },
      { SnapshotWindow: '03:00-04:00', MaintenanceWindow: 'sun:05:00-sun:06:00' }],
    ['the final snapshot', { finalSnapshotName: 'last' }, { FinalSnapshotName: 'last' }],
    ['no upgrades', { autoMinorVersionUpgrade: false }, { AutoMinorVersionUpgrade: false }],
    ['addresses', { networkType: NetworkType.DUAL_STACK, ipDiscovery: IpDiscovery.IPV6 }, { NetworkType: 'dual_stack', IpDiscovery: 'ipv6' }],
    ['a description', { description: 'Orders' }, { Description: 'Orders' }],
    ['the engine', { engineVersion: EngineVersion.REDIS_7_1 }, { Engine: 'redis', EngineVersion: '7.1' }],
    ['data tiering as text', { nodeType: NodeType.R6GD_XLARGE }, { NodeType: 'db.r6gd.xlarge', DataTiering: 'true' }],
    ['undefined as if it were left out',
      Object.fromEntries(['users', 'acl', 'port', 'tlsEnabled', 'numShards', 'engineVersion', 'snapshotRetention', 'clusterName', 'removalPolicy']
        .map((name) => [name, undefined])),
      { Port: 6379, TLSEnabled: true, NumShards: 1, EngineVersion: '7.3', SnapshotRetentionLimit: 7 }],
  ])('%s', (_, props, expected) => {
    expect(clusterProperties(() => props)).toMatchObject(expected);
  });

  test('no data tiering is written for other nodes', () => {
    expect(clusterProperties()).not.toHaveProperty('DataTiering');
  });

  test('a key', () => {
    expect(clusterProperties((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') })).KmsKeyId).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'],
    });
  });

  test('own groups and an own list of the user, and then none are made', () => {
    const stack = newStack();
    const vpc = importedVpc(stack);
    const cluster = define(stack, {
      acl: new Acl(stack, 'Acl'),
      parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3 }),
      subnetGroup: new SubnetGroup(stack, 'Subnets', { vpc }),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')],
    });
    const template = templateOf(stack);
    PART_TYPES.slice(0, 3).forEach((type) => template.resourceCountIs(type, 1));
    expect(propertiesOf(template, CLUSTER).SecurityGroupIds).toEqual(['sg-12345678']);
    expect(cluster.node.children.map(({ node }) => node.id)).toEqual(['Resource']);
  });

  test('imported groups and an imported list', () => {
    expect(clusterProperties((stack) => ({
      acl: Acl.fromAclArn(stack, 'Acl', 'arn:aws:memorydb:eu-west-1:123456789012:acl/team'),
      parameterGroup: ParameterGroup.fromParameterGroupName(stack, 'Parameters', 'default.memorydb-valkey7'),
      subnetGroup: SubnetGroup.fromSubnetGroupArn(stack, 'Subnets', 'arn:aws:memorydb:eu-west-1:123456789012:subnetgroup/team-subnets'),
    }))).toMatchObject({ ACLName: 'team', ParameterGroupName: 'default.memorydb-valkey7', SubnetGroupName: 'team-subnets' });
  });

  test('groups and a list defined as L1', () => {
    expect(clusterProperties((stack) => ({
      acl: new CfnACL(stack, 'Acl', { aclName: 'acl' }),
      parameterGroup: new CfnParameterGroup(stack, 'Parameters', { parameterGroupName: 'parameters', family: 'memorydb_valkey7' }),
      subnetGroup: new CfnSubnetGroup(stack, 'Subnets', { subnetGroupName: 'subnets', subnetIds: ['subnet-11111111'] }),
    }))).toMatchObject({ ACLName: { Ref: 'Acl' }, ParameterGroupName: { Ref: 'Parameters' }, SubnetGroupName: { Ref: 'Subnets' } });
  });
});

describe('users', () => {
  test('are put on the list of the cluster', () => {
    const stack = newStack();
    const cluster = define(stack, { users: [new IamUser(stack, 'First', { accessString })] });
    cluster.addUser(new PasswordUser(stack, 'Another', { accessString }));
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ACL').UserNames).toEqual([
      { Ref: expect.stringMatching(/^Another/) },
      { Ref: expect.stringMatching(/^First/) },
    ]);
  });

  test('are put on a given list', () => {
    const stack = newStack();
    const acl = new Acl(stack, 'Acl');
    const user = new IamUser(stack, 'User', { accessString });
    define(stack, { acl }).addUser(user);
    expect(acl.users).toEqual([user]);
  });

  test('fails to put a user on an imported list', () => {
    const stack = newStack();
    const cluster = define(stack, { acl: Acl.fromAclName(stack, 'Acl', 'team') });
    expect(() => cluster.addUser(new IamUser(stack, 'User', { accessString }))).toThrow(
      /^users can only be added to an 'acl' that is an Acl of this library, got Test\/Acl; add Test\/User where that list is defined/,
    );
  });

  test('cannot be added to the list that lets everybody in, which nobody can change', () => {
    const stack = newStack();
    const cluster = define(stack, { acl: Acl.openAccess(stack) });
    expect(() => cluster.addUser(new IamUser(stack, 'User', { accessString }))).toThrow(
      "'acl' that is an Acl of this library, got Test/cdk-memorydb:OpenAccess; give the cluster an Acl with Test/User",
    );
  });

  test.each([
    ['given', (stack: Stack) => define(stack, { engineVersion: EngineVersion.REDIS_6_2, users: [new IamUser(stack, 'User', { accessString })] })],
    ['added later', (stack: Stack) => define(stack, { engineVersion: EngineVersion.REDIS_6_2 }).addUser(new IamUser(stack, 'User', { accessString }))],
    ['imported', (stack: Stack) => define(stack, { engineVersion: EngineVersion.REDIS_6_2, users: [IamUser.fromIamUserName(stack, 'User', 'app')] })],
    ['on a given list', (stack: Stack) =>
      define(stack, { engineVersion: EngineVersion.REDIS_6_2, acl: new Acl(stack, 'Acl', { users: [new IamUser(stack, 'User', { accessString })] }) })],
    ['an L1', (stack: Stack) => define(stack, {
      engineVersion: EngineVersion.REDIS_6_2,
      users: [new CfnUser(stack, 'User', { userName: 'app', accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' } })],
    })],
    ['connected through an imported list', (stack: Stack) =>
      define(stack, { engineVersion: EngineVersion.REDIS_6_2, acl: Acl.fromAclName(stack, 'Acl', 'team') }).connectionFor(new IamUser(stack, 'User', { accessString }))],
  ])('fails at synthesis for an IAM user on Redis 6.2, %s', (_, make) => {
    const stack = newStack();
    make(stack);
    expect(() => synth(stack)).toThrow(
      "[Test/Db] 'users' must sign in with passwords on redis 6.2, but Test/User is an IAM user; use an engine version of 7.0 or later, or a PasswordUser",
    );
  });

  test.each<[string, AccessString]>([
    ['keys to be read only', AccessString.of({ readKeys: ['order:*'] })],
    ['keys to be written only', AccessString.of({ writeKeys: ['order:*'] })],
    ['selectors', AccessString.raw('on ~a +get (~b +set)')],
    ['a denied subcommand', AccessString.of({ denyCommands: ['config|set'] })],
  ])('fails at synthesis for %s on Redis 6.2', (_, newRules) => {
    const stack = newStack();
    define(stack, { engineVersion: EngineVersion.REDIS_6_2, users: [new PasswordUser(stack, 'User', { accessString: newRules })] });
    expect(() => synth(stack)).toThrow(
      "[Test/Db] 'accessString' must have no read-only or write-only keys, selectors or denied subcommands on redis 6.2, but that of Test/User has; " +
        "use an engine version of 7.0 or later, or give the user 'keys' and whole commands",
    );
    const newer = newStack();
    define(newer, { engineVersion: EngineVersion.REDIS_7_0, users: [new PasswordUser(newer, 'User', { accessString: newRules })] });
    expect(() => synth(newer)).not.toThrow();
  });

  test('of passwords can use Redis 6.2', () => {
    const stack = newStack();
    define(stack, { engineVersion: EngineVersion.REDIS_6_2, users: [new PasswordUser(stack, 'User', { accessString })] });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ParameterGroup').Family).toBe('memorydb_redis6');
  });
});

describe('a change that would replace the cluster', () => {
  const base = clusterProperties();

  const CHANGES: [string, (stack: Stack) => Partial<ClusterProps>, property: string][] = [
    ['port', () => ({ port: 6380 }), 'Port'],
    ['subnetGroup', (stack) => ({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Other', 'other') }), 'SubnetGroupName'],
    ['encryptionKey', (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }), 'KmsKeyId'],
    ['networkType', () => ({ networkType: NetworkType.IPV6 }), 'NetworkType'],
    ['tlsEnabled', (stack) => ({ tlsEnabled: false, acl: Acl.openAccess(stack) }), 'TLSEnabled'],
    ['nodeType with data tiering', () => ({ nodeType: NodeType.R6GD_XLARGE }), 'DataTiering'],
    ['restoreFrom a snapshot', () => ({ restoreFrom: SnapshotSource.fromSnapshotName('first') }), 'SnapshotName'],
    ['restoreFrom a bucket', (stack) => ({ restoreFrom: SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket'), 'orders.rdb') }), 'SnapshotArns'],
    ['multiRegionCluster', (stack) => ({
      nodeType: NodeType.R7G_XLARGE, multiRegionCluster: MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders'),
    }), 'MultiRegionClusterName'],
  ];

  test.each(CHANGES)('fails instead, since the name stays: %s', (_, makeProps, property) => {
    const changed = clusterProperties(makeProps);
    expect(changed[property]).not.toEqual(base[property]);
    expect(changed.ClusterName).toBe(base.ClusterName);
  });

  test('can be every one but that of its own name', () => {
    // CloudFormation Template Reference, AWS::MemoryDB::Cluster, "Update requires: Replacement"
    const createOnly = [
      'ClusterName', 'DataTiering', 'KmsKeyId', 'MultiRegionClusterName', 'NetworkType', 'Port', 'SnapshotArns', 'SnapshotName', 'SubnetGroupName', 'TLSEnabled',
    ];
    expect([...CHANGES.map(([, , property]) => property), 'ClusterName'].sort()).toEqual(createOnly);
  });

  test('fails for the parts of a cluster, too', () => {
    const names = (described: boolean) => {
      const stack = newStack();
      const vpc = importedVpc(stack);
      const description = described ? 'Orders' : undefined;
      new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3, description });
      new SubnetGroup(stack, 'Subnets', { vpc, description });
      const template = templateOf(stack);
      return [propertiesOf(template, 'AWS::MemoryDB::ParameterGroup').ParameterGroupName, propertiesOf(template, 'AWS::MemoryDB::SubnetGroup').SubnetGroupName];
    };
    expect(names(true)).toEqual(names(false));
  });
});

describe('the removal policy', () => {
  function policies(removalPolicy: RemovalPolicy | undefined, later: RemovalPolicy[] = [], props: Partial<ClusterProps> = {}): object {
    const stack = newStack(newApp({ postCliContext: { '@aws-cdk/core:validateSnapshotRemovalPolicy': true } }));
    const cluster = define(stack, { removalPolicy, ...props });
    later.forEach((policy) => cluster.applyRemovalPolicy(policy));
    const template = templateOf(stack);
    const seen = [CLUSTER, ...PART_TYPES].flatMap((type) =>
      Object.values(template.findResources(type)).map(({ DeletionPolicy, UpdateReplacePolicy }) => `${DeletionPolicy}/${UpdateReplacePolicy}`));
    return { policies: [...new Set(seen)], finalSnapshot: propertiesOf(template, CLUSTER).FinalSnapshotName };
  }

  const kept = { policies: ['Retain/Retain'], finalSnapshot: undefined };
  const deleted = { policies: ['Delete/Delete'], finalSnapshot: undefined };
  const snapshot = { policies: ['Delete/Delete'], finalSnapshot: 'test-db-finalsnapshot-cd2451e5' };

  test.each([
    ['none', undefined, [], {}, kept],
    ['RETAIN', RemovalPolicy.RETAIN, [], {}, kept],
    ['DESTROY', RemovalPolicy.DESTROY, [], {}, deleted],
    ['SNAPSHOT', RemovalPolicy.SNAPSHOT, [], {}, snapshot],
    ['SNAPSHOT with a name', RemovalPolicy.SNAPSHOT, [], { finalSnapshotName: 'last' }, { ...snapshot, finalSnapshot: 'last' }],
    ['DESTROY with a name', RemovalPolicy.DESTROY, [], { finalSnapshotName: 'last' }, { ...snapshot, finalSnapshot: 'last' }],
    ['a later DESTROY', undefined, [RemovalPolicy.DESTROY], {}, deleted],
    ['a later SNAPSHOT', undefined, [RemovalPolicy.SNAPSHOT], {}, snapshot],
    ['SNAPSHOT and a later DESTROY', RemovalPolicy.SNAPSHOT, [RemovalPolicy.DESTROY], {}, deleted],
    ['SNAPSHOT and a later RETAIN', RemovalPolicy.SNAPSHOT, [RemovalPolicy.RETAIN], {}, kept],
    ['SNAPSHOT with a name and a later RETAIN', RemovalPolicy.SNAPSHOT, [RemovalPolicy.RETAIN], { finalSnapshotName: 'last' }, { ...kept, finalSnapshot: 'last' }],
  ])('%s', (_, removalPolicy, later, props, expected) => {
    expect(policies(removalPolicy, later, props)).toEqual(expected);
  });

  test.each([
    ['given', {}, []],
    ['applied later', { removalPolicy: RemovalPolicy.DESTROY }, [RemovalPolicy.SNAPSHOT]],
  ])('fails at synthesis for a final snapshot that the cluster was restored from, %s', (_, props, later) => {
    const stack = newStack();
    const restoreFrom = SnapshotSource.fromSnapshotName(snapshot.finalSnapshot);
    const cluster = define(stack, { removalPolicy: RemovalPolicy.SNAPSHOT, restoreFrom, ...props });
    later.forEach((policy) => cluster.applyRemovalPolicy(policy));
    expect(() => synth(stack)).toThrow(
      "[Test/Db] 'finalSnapshotName' must be a name that no snapshot has, got \"test-db-finalsnapshot-cd2451e5\", the one in 'restoreFrom', so that the " +
        'deletion would fail; choose another name',
    );
    cluster.applyRemovalPolicy(RemovalPolicy.DESTROY);
    expect(() => synth(stack)).not.toThrow();
  });

  test.each<[string, (cluster: Cluster) => void, string]>([
    ['a mixin', (cluster) => cluster.with(new mixins.ClusterFinalSnapshot()), snapshot.finalSnapshot],
    ['the L1', (cluster) => {
      (cluster.node.defaultChild as CfnCluster).finalSnapshotName = 'last';
    }, 'last'],
  ])('a final snapshot named by %s stays, whatever policies come before and after', (_, name, expected) => {
    for (const before of [undefined, RemovalPolicy.DESTROY, RemovalPolicy.SNAPSHOT]) {
      for (const after of [undefined, RemovalPolicy.DESTROY, RemovalPolicy.SNAPSHOT, RemovalPolicy.RETAIN]) {
        const cluster = define(newStack(), { removalPolicy: before });
        name(cluster);
        if (after !== undefined) {
          cluster.applyRemovalPolicy(after);
        }
        expect((cluster.node.defaultChild as CfnCluster).finalSnapshotName).toBe(expected);
      }
    }
  });

  test('RETAIN_ON_UPDATE_OR_DELETE leaves nothing of a failed first deployment behind', () => {
    const removalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    expect(policies(removalPolicy)).toEqual({ policies: ['RetainExceptOnCreate/Retain'], finalSnapshot: undefined });
  });

  test.each<[string, (cluster: Cluster) => void]>([
    ['RemovalPolicies', (cluster) => RemovalPolicies.of(cluster).snapshot()],
    ['the deletion policy of the L1', (cluster) => {
      (cluster.node.defaultChild as CfnCluster).cfnOptions.deletionPolicy = CfnDeletionPolicy.SNAPSHOT;
    }],
    ['the replacement policy of the L1', (cluster) => {
      (cluster.node.defaultChild as CfnCluster).cfnOptions.updateReplacePolicy = CfnDeletionPolicy.SNAPSHOT;
    }],
  ])('fails for a snapshot by %s, which CloudFormation does not know', (_, apply) => {
    const stack = newStack();
    apply(define(stack));
    expect(() => synth(stack)).toThrow(/^Validation failed with the following errors:\s+\[Test\/Db\] 'deletionPolicy' must not be Snapshot/);
  });

  test('leaves alone what the cluster only uses', () => {
    const stack = newStack();
    define(stack, { acl: new Acl(stack, 'Acl') });
    templateOf(stack).hasResource('AWS::MemoryDB::ACL', { DeletionPolicy: Match.absent() });
  });

  test('can be applied to everything in a scope', () => {
    const stack = newStack();
    define(stack);
    RemovalPolicies.of(stack).destroy();
    templateOf(stack).hasResource(CLUSTER, { DeletionPolicy: 'Delete' });
  });
});

describe('warnings', () => {
  const SHOWN = "Test/Db: 'acl' is open-access: everybody who can reach the cluster may do everything, without a password; " +
    'give it an Acl with users, or acknowledge this [ack: Annotation::cdk-memorydb:openAccess]';

  test.each([
    ['openAccess', (stack: Stack) => Acl.openAccess(stack)],
    ['fromAclName', (stack: Stack) => Acl.fromAclName(stack, 'Acl', 'open-access')],
    ['fromAclArn', (stack: Stack) => Acl.fromAclArn(stack, 'Acl', 'arn:aws:memorydb:eu-west-1:123456789012:acl/open-access')],
  ])('of open access by %s', (_, makeAcl) => {
    const stack = newStack();
    define(stack, { acl: makeAcl(stack) });
    expect(synth(stack).warnings).toEqual([SHOWN]);
  });

  test('of open access can be acknowledged', () => {
    const stack = newStack();
    const cluster = define(stack, { acl: Acl.openAccess(stack), tlsEnabled: false });
    Validations.of(cluster).acknowledge({ id: 'cdk-memorydb:openAccess', reason: 'a cache of public data' });
    expect(synth(stack).warnings).toEqual([]);
    expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject({ ACLName: 'open-access', TLSEnabled: false });
  });

  test('of windows that overlap', () => {
    const stack = newStack();
    define(stack, { snapshotWindow: DailyWindow.parse('05:30-06:30'), maintenanceWindow: WeeklyWindow.parse('sun:05:00-sun:06:00') });
    expect(synth(stack).warnings).toEqual([expect.stringMatching(/^Test\/Db: 'snapshotWindow' \(05:30-06:30\) overlaps 'maintenanceWindow'/)]);
  });

  test('are not given for windows apart', () => {
    const stack = newStack();
    define(stack, { snapshotWindow: DailyWindow.parse('04:00-05:00'), maintenanceWindow: WeeklyWindow.parse('sun:05:00-sun:06:00') });
    expect(synth(stack).warnings).toEqual([]);
  });
});

test('an eviction policy that tiered nodes refuse fails at synthesis in an L1, too', () => {
  const stack = newStack();
  const parameters = { 'maxmemory-policy': 'allkeys-lfu' };
  const parameterGroup = new CfnParameterGroup(stack, 'Parameters', { parameterGroupName: 'tiered', family: 'memorydb_valkey7', parameters });
  define(stack, { nodeType: NodeType.R6GD_XLARGE, parameterGroup });
  expect(() => synth(stack)).toThrow('whose data is tiered, but Test/Parameters has "allkeys-lfu"');
});

test('tags reach everything that can be tagged', () => {
  const stack = newStack();
  const user = new PasswordUser(stack, 'User', { accessString });
  Tags.of(define(stack, { users: [user] })).add('team', 'orders');
  Tags.of(user).add('team', 'orders');
  const template = templateOf(stack);
  for (const type of [CLUSTER, ...PART_TYPES, 'AWS::MemoryDB::User', 'AWS::SecretsManager::Secret']) {
    expect(propertiesOf(template, type).Tags).toEqual([{ Key: 'team', Value: 'orders' }]);
  }
});

test('a second copy of the library takes the parts of the first', async () => {
  vi.resetModules();
  const copy = await import('../src/index.js');
  expect(copy.Cluster).not.toBe(Cluster);
  const stack = newStack();
  const acl = new Acl(stack, 'Acl');
  const parameterGroup = new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.REDIS_6_2 });
  const props = { vpc: importedVpc(stack), nodeType: copy.NodeType.T4G_SMALL };
  new copy.Cluster(stack, 'Db', { ...props, acl }).addUser(new IamUser(stack, 'User', { accessString }));
  expect(acl.users).toHaveLength(1);
  expect(() => new copy.Cluster(stack, 'Another', { ...props, parameterGroup })).toThrow(/^'parameterGroup' must be of family/);
  expect(() => new copy.Cluster(stack, 'Third', { ...props, acl, tlsEnabled: false })).toThrow(/^'tlsEnabled' must be true/);
});

test('everything that is made can be found by the ids that decide the logical ids', () => {
  const stack = newStack();
  const paths = define(stack).node.findAll().filter((part) => CfnResource.isCfnResource(part)).map(({ node }) => node.path);
  expect(paths.sort()).toEqual([
    'Test/Db/Acl/Resource', 'Test/Db/ParameterGroup/Resource', 'Test/Db/Resource', 'Test/Db/SecurityGroup/Resource', 'Test/Db/SubnetGroup/Resource',
  ]);
});

test.each<[string, (stack: Stack) => Partial<ClusterProps>]>([
  ['users', (stack) => ({ users: [new IamUser(stack, 'User', { accessString: AccessString.readWrite('order:*') })] })],
  ['vector search and a key', (stack) => ({ vectorSearch: true, encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) })],
  ['data from a bucket and a final snapshot', (stack) => ({
    removalPolicy: RemovalPolicy.SNAPSHOT,
    restoreFrom: SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket', { enforceSSL: true, serverAccessLogsPrefix: 'logs' }), 'orders.rdb'),
  })],
  ['notifications', (stack) => ({ notificationTopic: new sns.Topic(stack, 'Topic', { enforceSSL: true }) })],
])('cdk-nag has nothing to say of a cluster with %s', (_, makeProps) => {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = newStack(app);
  define(stack, makeProps(stack));
  expect(synth(stack).warnings).toEqual([]);
});
