import { CfnResource, RemovalPolicy, Tags } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSubnet, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { CfnACL, CfnCluster, CfnMultiRegionCluster, CfnParameterGroup, CfnSnapshot, CfnSubnetGroup, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import type { CfnClusterProps } from 'aws-cdk-lib/aws-memorydb';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, Cluster, IamUser, NodeType, PasswordUser } from '../src';
import { EXAMPLES, defaultsOf, saidAbout } from './support/rule-examples';
import type { Make } from './support/rule-examples';
import { ACCOUNT, importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';
import { RULES } from '../src/private/rules/table';

const WARNINGS = RULES.filter(({ kind }) => kind === 'warning').map(({ id }) => String(id));
const accessString = AccessString.fullAccess();
const ZONES = ['eu-west-1a', 'eu-west-1b'];

const l1 = (props: Partial<CfnClusterProps>): Make => (stack) =>
  new CfnCluster(stack, 'Db', { clusterName: 'orders', aclName: 'team', nodeType: 'db.t4g.small', ...props });
const l1User = (props: object): Make => (stack) =>
  new CfnUser(stack, 'User', { userName: 'app', accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' }, ...props });
const l1Group = (parameters: object, props: Partial<CfnClusterProps> = {}): Make => (stack) =>
  l1({ parameterGroupName: new CfnParameterGroup(stack, 'Group', { parameterGroupName: 'group', family: 'memorydb_valkey7', parameters }).ref, ...props })(stack);
const l1Subnets = (zones: string[], props: Partial<CfnClusterProps> = {}): Make => (stack) => {
  const vpcId = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' }).ref;
  const subnetIds = zones.map((availabilityZone, index) =>
    new CfnSubnet(stack, `Subnet${index}`, { vpcId, availabilityZone, cidrBlock: `10.0.${index}.0/24` }).ref);
  const subnetGroupName = new CfnSubnetGroup(stack, 'Subnets', { subnetGroupName: 'subnets', subnetIds }).ref;
  l1({ subnetGroupName, ...props })(stack);
};
const l1Global = (props: object): Make => (stack) =>
  new CfnMultiRegionCluster(stack, 'Global', { nodeType: 'db.r7g.xlarge', multiRegionClusterNameSuffix: 'orders', ...props });
const l1Member = (props: Partial<CfnClusterProps>): Make => l1({ nodeType: 'db.r7g.xlarge', multiRegionClusterName: 'virxk-orders', ...props });
const l1Acl = (userNames: string[]): Make => (stack) => new CfnACL(stack, 'Acl', { aclName: 'team', userNames });

function elsewhere(region: string, make: Make): Make {
  return (stack) => {
    new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic' });
    return make(newStack(stack.node.root, 'Elsewhere', { env: { account: ACCOUNT, region } }));
  };
}

const define = (stack: Stack, props: object = {}) => new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });

/** What can be written as an L1 but not with this library, which does the right thing by itself. */
const RIGHT_BY_ITSELF: Record<string, (stack: Stack) => void> = {
  listedOnce: (stack) => {
    const user = new IamUser(stack, 'User', { accessString });
    new Acl(stack, 'Acl', { users: [user, user] });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::ACL').UserNames).toHaveLength(1);
  },
  iamWithoutPasswords: (stack) => {
    new IamUser(stack, 'User', { accessString });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::User').AuthenticationMode).toEqual({ Type: 'iam' });
  },
  generatedPassword: (stack) => {
    new PasswordUser(stack, 'User', { accessString });
    const template = templateOf(stack);
    expect(propertiesOf(template, 'AWS::MemoryDB::User').AuthenticationMode).toMatchObject({ Type: 'password', Passwords: [expect.anything()] });
    expect(propertiesOf(template, 'AWS::SecretsManager::Secret').GenerateSecretString).toMatchObject({ PasswordLength: 32, ExcludeCharacters: ',"/@\\' });
  },
  dataTieringFollows: (stack) => {
    define(stack, { nodeType: NodeType.R6GD_XLARGE });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').DataTiering).toBe('true');
  },
  finalSnapshotInstead: (stack) => {
    define(stack, { removalPolicy: RemovalPolicy.SNAPSHOT });
    templateOf(stack).hasResource('AWS::MemoryDB::Cluster', { DeletionPolicy: 'Delete' });
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').FinalSnapshotName).toMatch(/^test-db-/);
  },
  securityGroupsKept: (stack) => {
    define(stack);
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster').SecurityGroupIds).toHaveLength(1);
  },
  engineWritten: (stack) => {
    define(stack);
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster')).toMatchObject({ Engine: 'valkey', EngineVersion: '7.3' });
  },
  oneSource: (stack) => {
    EXAMPLES.snapshotBucketEncryption[0](stack);
    expect(propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster')).not.toHaveProperty('SnapshotName');
  },
};

/** What CDK's validator says of constructs of this library, too. */
const LEFT_TO_CDK: Record<string, Make> = {
  emptyTag: (stack) => Tags.of(define(stack)).add('team', ''),
  region: elsewhere('af-south-1', define),
};

/**
 * Every mistake that can be known at synthesis: which rule answers it, or what this library does by itself, and how it is written as an L1.
 *
 * A mistake that is written in two ways is there twice.
 */
const MISTAKES: [mistake: string, answer: string, l1: Make][] = [
  ['a cluster name with a capital', 'InvalidName', l1({ clusterName: 'Orders' })],
  ['a cluster name in capitals', 'InvalidName', l1({ clusterName: 'ORDERS' })],
  ['a name with an underscore', 'InvalidName', l1({ clusterName: 'my_orders' })],
  ['a name with two hyphens', 'InvalidName', l1({ clusterName: 'my--orders' })],
  ['a name that ends with a hyphen', 'InvalidName', l1({ clusterName: 'orders-' })],
  ['a name of more than 40 characters', 'InvalidName', l1({ clusterName: 'x'.repeat(41) })],
  ['TLS off with users', 'TlsRequired', l1({ tlsEnabled: false })],
  ['open access in production', 'openAccess', l1({ aclName: 'open-access' })],
  ['r6gd nodes without data tiering', 'dataTieringFollows', l1({ nodeType: 'db.r6gd.xlarge' })],
  ['data tiering on other nodes', 'DataTieringMismatch', l1({ nodeType: 'db.r7g.large', dataTiering: 'true' })],
  ['an eviction policy that tiered nodes refuse', 'EvictionOfTieredData',
    l1Group({ 'maxmemory-policy': 'allkeys-lfu' }, { nodeType: 'db.r6gd.xlarge', dataTiering: 'true' })],
  ['data tiering in a Region without', 'dataTieringRegion', elsewhere('eu-north-1', l1({ nodeType: 'db.r6gd.xlarge', dataTiering: 'true' }))],
  ['a parameter group of another family', 'ParameterGroupFamilyMismatch', l1Group({}, { engine: 'redis', engineVersion: '7.1' })],
  ['parameters that are set at creation', 'parametersApplyOnUpdate', l1Group({ timeout: '300' })],
  ['search that is set at creation', 'searchEnabledTooLate', l1Group({ 'search-enabled': 'yes' })],
  ['a parameter that does not exist', 'UnknownParameter', l1Group({ maxclients: '1' })],
  ['a parameter out of range', 'InvalidParameterValue', l1Group({ timeout: '19' })],
  ['more than 20 parameters', 'parametersPerUpdate', l1Group(defaultsOf(21))],
  ['security groups of another VPC', 'SecurityGroupOfAnotherVpc', (stack) => {
    const vpcId = new CfnVPC(stack, 'Other', { cidrBlock: '10.1.0.0/16' }).ref;
    const group = new CfnSecurityGroup(stack, 'Group', { vpcId, groupDescription: 'Nodes' });
    l1Subnets(ZONES, { securityGroupIds: [group.attrGroupId] })(stack);
  }],
  ['a subnet in a Local Zone', 'localZone', l1Subnets(['us-west-2a', 'us-west-2-lax-1a'])],
  ['replicas in one zone', 'singleZone', l1Subnets(['eu-west-1a', 'eu-west-1a'])],
  ['no subnets', 'NoSubnets', l1Subnets([])],
  ['more than 20 subnets', 'TooManySubnets', l1Subnets(Array.from({ length: 21 }, () => 'eu-west-1a'))],
  ['no security groups, which never come back to none', 'NoSecurityGroups', l1({ securityGroupIds: [] })],
  ['security groups left out, which are those of the VPC then', 'securityGroupsKept', l1({})],
  ['a password that the service refuses', 'generatedPassword', l1User({ authenticationMode: { Type: 'password', Passwords: ['short,"/@'] } })],
  ['three passwords', 'InvalidPasswordCount', l1User({ authenticationMode: { Type: 'password', Passwords: ['a', 'b', 'c'] } })],
  ['an IAM user with a password', 'iamWithoutPasswords', l1User({ authenticationMode: { Type: 'iam', Passwords: ['sixteen-characters'] } })],
  ['a password user without one', 'generatedPassword', l1User({ authenticationMode: { Type: 'password' } })],
  ['a password in the access string', 'PasswordInAccessString', l1User({ accessString: 'on >sixteen-characters ~* +@all' })],
  ['an access string without on', 'AccessStringWithoutState', l1User({ accessString: '~* +@all' })],
  ['a user named default', 'DefaultUser', l1User({ userName: 'default' })],
  ['the user default on a list', 'defaultUser', l1Acl(['default'])],
  ['a list named open-access', 'OpenAccessAcl', (stack) => new CfnACL(stack, 'Acl', { aclName: 'open-access' })],
  ['a user twice on a list', 'listedOnce', l1Acl(['app', 'app'])],
  ['more than 100 users on a list', 'usersPerAcl', l1Acl(Array.from({ length: 101 }, (_, index) => `user-${index}`))],
  ['an IAM user on an engine below 7.0', 'IamUsersNotSupported', (stack) => {
    l1User({})(stack);
    l1Acl(['app'])(stack);
    l1({ engine: 'redis', engineVersion: '6.2' })(stack);
  }],
  ['read-only keys on an engine below 7.0', 'KeyPermissionsNotSupported', (stack) => {
    l1User({ accessString: 'on %R~* +@read', authenticationMode: { Type: 'password', Passwords: ['sixteen-characters'] } })(stack);
    l1Acl(['app'])(stack);
    l1({ engine: 'redis', engineVersion: '6.2' })(stack);
  }],
  ['too many replicas', 'InvalidNumReplicasPerShard', l1({ numReplicasPerShard: 6 })],
  ['too many shards', 'InvalidNumShards', l1({ numShards: 501 })],
  ['more nodes than the quota', 'nodesPerCluster', l1({ numShards: 46 })],
  ['a node type of another service', 'InvalidNodeType', l1({ nodeType: 'cache.t4g.small' })],
  ['an engine in capitals', 'InvalidEngine', l1({ engine: 'Valkey' })],
  ['an engine left out, which differs by time', 'engineWritten', l1({})],
  ['an engine version with a patch', 'InvalidEngineVersion', l1({ engine: 'valkey', engineVersion: '7.3.0' })],
  ['search in two shards', 'VectorSearchShards', l1({ numShards: 2, parameterGroupName: 'default.memorydb-valkey7.search' })],
  ['search on tiered nodes', 'VectorSearchNodeType',
    l1({ nodeType: 'db.r6gd.xlarge', dataTiering: 'true', parameterGroupName: 'default.memorydb-valkey7.search' })],
  ['search on an engine without', 'VectorSearchEngine', l1({ engine: 'redis', engineVersion: '7.0', parameterGroupName: 'default.memorydb-redis7.search' })],
  ['a snapshot and objects', 'oneSource', l1({ snapshotName: 'last', snapshotArns: ['arn:aws:s3:::backups/orders.rdb'] })],
  ['a comma in a key', 'InvalidSnapshotKey', l1({ snapshotArns: ['arn:aws:s3:::backups/a,b.rdb'] })],
  ['objects that the service may not read', 'snapshotBucketPolicy', l1({ snapshotArns: ['arn:aws:s3:::backups/orders.rdb'] })],
  ['objects that are encrypted with a key', 'snapshotBucketEncryption', (stack) => {
    const serverSideEncryptionConfiguration = [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' } }];
    const bucket = new CfnBucket(stack, 'Bucket', { bucketEncryption: { serverSideEncryptionConfiguration } });
    l1({ snapshotArns: [`${bucket.attrArn}/orders.rdb`] })(stack);
  }],
  ['a final snapshot of a name that is taken', 'FinalSnapshotNameTaken', l1({ snapshotName: 'last', finalSnapshotName: 'last' })],
  ['Snapshot as the deletion policy', 'finalSnapshotInstead', (stack) => {
    new CfnCluster(stack, 'Db', { clusterName: 'orders', aclName: 'team', nodeType: 'db.t4g.small' }).applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
  }],
  ['too long a retention', 'InvalidSnapshotRetention', l1({ snapshotRetentionLimit: 36 })],
  ['a port that does not exist', 'InvalidPort', l1({ port: 0 })],
  ['a snapshot window of another form', 'InvalidDailyWindow', l1({ snapshotWindow: '3-4' })],
  ['a maintenance window of another form', 'InvalidWeeklyWindow', l1({ maintenanceWindow: '03:00-04:00' })],
  ['a window under an hour', 'InvalidWindowLength', l1({ snapshotWindow: '01:00-01:59' })],
  ['windows that overlap', 'overlappingWindows', l1({ snapshotWindow: '05:30-06:30', maintenanceWindow: 'sun:05:00-sun:06:00' })],
  ['addresses that the nodes do not have', 'IpDiscoveryMismatch', l1({ networkType: 'ipv4', ipDiscovery: 'ipv6' })],
  ['an encrypted topic', 'EncryptedTopic', (stack) => {
    l1({ snsTopicArn: new CfnTopic(stack, 'Topic', { kmsMasterKeyId: 'alias/aws/sns' }).ref })(stack);
  }],
  ['a topic of another account', 'TopicOfAnotherAccount', l1({ snsTopicArn: 'arn:aws:sns:eu-west-1:210987654321:events' })],
  ['an asymmetric key', 'UnsuitableKey', (stack) => {
    const key = new CfnResource(stack, 'Key', {
      type: 'AWS::KMS::Key', properties: { KeySpec: 'RSA_2048', KeyPolicy: { Version: '2012-10-17', Statement: [] } },
    });
    l1({ kmsKeyId: key.ref })(stack);
  }],
  ['a multi-Region cluster of small nodes', 'MultiRegionNodeType', l1Global({ nodeType: 'db.t4g.small' })],
  ['a multi-Region cluster of Redis OSS', 'MultiRegionEngine', l1Global({ engine: 'redis', engineVersion: '7.1' })],
  ['a multi-Region suffix in capitals', 'InvalidSuffix', l1Global({ multiRegionClusterNameSuffix: 'ORDERS' })],
  ['a member of another size', 'MultiRegionMismatch', (stack) => {
    const multiRegionClusterName = new CfnMultiRegionCluster(stack, 'Global', { nodeType: 'db.r7g.xlarge', multiRegionClusterNameSuffix: 'orders' }).ref;
    l1({ nodeType: 'db.r7g.2xlarge', multiRegionClusterName })(stack);
  }],
  ['a member with vector search', 'MultiRegionVectorSearch', l1Member({ parameterGroupName: 'default.memorydb-valkey7.search' })],
  ['a member with parameters of its own', 'multiRegionParameters', l1Member({ parameterGroupName: 'team-parameters' })],
  ['a member that starts with a snapshot', 'multiRegionRestore', l1Member({ snapshotName: 'last' })],
  ['a member in a Region without multi-Region clusters', 'multiRegionRegion', elsewhere('eu-north-1', l1Member({}))],
  ['members in six Regions', 'TooManyRegions', (stack) => {
    l1Member({})(stack);
    ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-2'].forEach((region) =>
      l1Member({})(newStack(stack.node.root, region, { env: { account: ACCOUNT, region } })));
  }],
  ['Snapshot as the deletion policy of a snapshot', 'SnapshotNotSupported', (stack) => {
    new CfnSnapshot(stack, 'Snapshot', { snapshotName: 'last', clusterName: 'orders' }).applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
  }],
  ['a tag without a value', 'emptyTag', l1({ tags: [{ key: 'team', value: '' }] })],
  ['a Region without MemoryDB', 'region', elsewhere('af-south-1', l1({}))],
];

/** Those of them that CDK's validator finds in L1s. */
const FOUND_BY_CDK = [
  ...['a cluster name in capitals', 'three passwords', 'a user twice on a list', 'Snapshot as the deletion policy'],
  ...['a multi-Region suffix in capitals', 'Snapshot as the deletion policy of a snapshot', 'a tag without a value', 'a Region without MemoryDB'],
];

/** Mistakes that only the running service, or a comparison with the last deployment, can show, and what the documentation says of them. */
const NOT_KNOWN_AT_SYNTHESIS = [
  ['a changed name, or another property that replaces the cluster', 'names stay, so the deployment fails and the data is kept: test/cluster.test.ts'],
  ['an engine version that is lowered', 'documented at engineVersion'],
  ['a zone of the Region without MemoryDB', 'known by ids, which differ from the names that a template has: documented at vpcSubnets'],
  ['a subnet group that loses a subnet in use', 'depends on where the nodes are'],
  ['a user of a list who does not exist, or is removed twice', 'imported users are taken at their word'],
  ['a list or a group that is deleted while it is in use', 'the deletion fails and nothing is lost: documented at removalPolicy'],
  ['a node type or a quota that is exhausted', 'depends on the account and the hour'],
  ['a final snapshot that exists already', 'depends on the account: documented at finalSnapshotName'],
  ['security groups or a topic that are removed', 'nothing happens: documented at securityGroups and notificationTopic'],
  ['automatic minor upgrades that are changed', 'nothing happens: documented at autoMinorVersionUpgrade'],
  ['a key that is disabled', 'documented at encryptionKey'],
  ['an update while another one runs', 'depends on the hour'],
];

/** Whether CDK's own validator, told to be strict, finds anything. */
function isFoundByCdk(make: Make): boolean {
  const stack = newStack(newApp());
  try {
    make(stack);
    synth(stack);
    return false;
  } catch (error) {
    // It complains about every zone that is written out, whichever it is.
    return String(error).split('\n').some((finding) => !finding.includes('W3010'));
  }
}

/** How this library answers a mistake: what is refused or warned about is shown by the example of the rule. */
function answerTo(answer: string): 'refused' | 'warned' | 'right by itself' | 'left to CDK' {
  if (answer in EXAMPLES) {
    const [breakIt, says] = EXAMPLES[answer];
    expect(saidAbout(breakIt).text).toContain(says);
    return WARNINGS.includes(answer) ? 'warned' : 'refused';
  }
  if (answer in LEFT_TO_CDK) {
    expect(isFoundByCdk(LEFT_TO_CDK[answer])).toBe(true);
    return 'left to CDK';
  }
  RIGHT_BY_ITSELF[answer](newStack(newApp()));
  return 'right by itself';
}

describe('mistakes that can be known at synthesis', () => {
  const rows: [string, string, boolean][] = [];

  test.each(MISTAKES)('%s', (mistake, answer, make) => {
    rows.push([mistake, answerTo(answer), isFoundByCdk(make)]);
  });

  test('are all answered here, and a few by CDK itself', () => {
    const byCdk = rows.filter(([, , isFound]) => isFound).map(([mistake]) => mistake);
    const count = (answer: string) => rows.filter((row) => row[1] === answer).length;
    const counts = { refused: count('refused'), warned: count('warned'), rightByItself: count('right by itself'), leftToCdk: count('left to CDK') };
    console.log([
      ...rows.map(([mistake, answer, isFound]) => `${mistake.padEnd(58)} ${answer.padEnd(16)} ${isFound ? 'found by CDK' : '-'}`),
      `${rows.length} mistakes: all answered here ${JSON.stringify(counts)}, ${byCdk.length} found by CDK in L1s`,
      ...NOT_KNOWN_AT_SYNTHESIS.map(([mistake, reason]) => `not known at synthesis: ${mistake} (${reason})`),
    ].join('\n'));
    expect(byCdk).toEqual(FOUND_BY_CDK);
    expect(counts).toEqual({ refused: 49, warned: 16, rightByItself: 9, leftToCdk: 2 });
  });
});
