import { Aws, Duration, Lazy, RemovalPolicies, RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, importedVpc, newApp, newStack, synth } from './synth';
import {
  AccessString, Acl, Cluster, DailyWindow, DayOfWeek, EngineVersion, IamUser, IpDiscovery, MultiRegionCluster, NodeType, ParameterGroup, PasswordUser,
  Snapshot, SnapshotSource, SubnetGroup, WeeklyWindow, mixins,
} from '../../src';
import type { ClusterProps, MultiRegionClusterProps } from '../../src';
import { PARAMETERS } from '../../src/private/parameters';

const { REDIS_6_2, REDIS_7_0, REDIS_7_1, VALKEY_7_3 } = EngineVersion;
const accessString = AccessString.fullAccess();

/** Defines something in a stack. */
export type Make = (stack: Stack) => unknown;

function newCluster(stack: Stack, props: Partial<ClusterProps> = {}): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

/** A cluster with properties that may need constructs of their own. */
function cluster(makeProps: Partial<ClusterProps> | ((stack: Stack) => Partial<ClusterProps>)): Make {
  return (stack) => newCluster(stack, typeof makeProps === 'function' ? makeProps(stack) : makeProps);
}

const groupWith = (parameters: Record<string, string>, engineVersion = VALKEY_7_3): Make => (stack) =>
  new ParameterGroup(stack, 'Parameters', { engineVersion, parameters });

const importedGroup = (stack: Stack, name: string) => ParameterGroup.fromParameterGroupName(stack, 'Parameters', name);

function subnetsIn(zones: string[]): (stack: Stack) => Pick<ClusterProps, 'vpcSubnets'> {
  return (stack) => ({
    vpcSubnets: {
      subnets: zones.map((availabilityZone, index) =>
        ec2.Subnet.fromSubnetAttributes(stack, `Subnet${index}`, { subnetId: `subnet-0000000${index}`, routeTableId: 'rtb-11111111', availabilityZone })),
    },
  });
}

function inRegion(region: string, props: Partial<ClusterProps> = {}): Make {
  return (stack) => {
    // An empty stack would be complained about.
    new sns.Topic(stack, 'Topic');
    return cluster(props)(newStack(stack.node.root, 'Elsewhere', { env: { account: ACCOUNT, region } }));
  };
}

const multiRegion = (props: Partial<MultiRegionClusterProps>) => (stack: Stack) =>
  new MultiRegionCluster(stack, 'Global', { nodeType: NodeType.R7G_XLARGE, suffix: 'orders', ...props });

/** For every rule an input that breaks it, and what is said about it. */
export const EXAMPLES: Record<string, [breakIt: Make, says: string]> = {
  InvalidName: [cluster({ clusterName: 'Orders' }), "'clusterName' must have 1-40 lower-case letters"],
  DefaultUser: [(stack) => new IamUser(stack, 'User', { accessString, userName: 'default' }), "'userName' must not be 'default'"],
  OpenAccessAcl: [(stack) => new Acl(stack, 'Acl', { aclName: 'open-access' }), "'aclName' must not be \"open-access\""],

  InvalidEngine: [() => EngineVersion.of('Valkey', '7.3'), "'engine' must be 'valkey' or 'redis', in lower-case letters, got \"Valkey\""],
  InvalidEngineVersion: [() => EngineVersion.of('valkey', '7.3.0'), "'version' must be a major and a minor number such as '7.3'"],
  UnknownParameterGroupFamily: [() => EngineVersion.of('valkey', token('7.3')), "'parameterGroupFamily' must be given when 'engine' or 'version' is a token"],
  InvalidNodeType: [() => NodeType.of('cache.t4g.small'), "'nodeType' must be of the form 'db.<family>.<size>'"],
  DataTieringMismatch: [() => NodeType.of('db.r7g.large', { dataTiering: true }), "'dataTiering' must be false for node type \"db.r7g.large\", got true"],

  UnknownParameter: [groupWith({ maxclients: '1' }), "'parameters' must name parameters that can be set in family memorydb_valkey7, got \"maxclients\""],
  ParameterNotText: [
    groupWith({ timeout: 300 as unknown as string }),
    "'timeout' must be given as text, got 300 (number); put it in quotes, and write yes or no for a switch",
  ],
  InvalidParameterValue: [groupWith({ timeout: '19' }), "'timeout' must be 0 or a whole number from 20 on, got \"19\""],
  parametersApplyOnUpdate: [groupWith({ timeout: '300' }), "CloudFormation does not apply 'timeout' when it creates the parameter group"],
  searchEnabledTooLate: [groupWith({ 'search-enabled': 'yes' }), "'search-enabled' is read only when a cluster is created"],
  parametersPerUpdate: [(stack) => groupWith(defaultsOf(21))(stack), "'parameters' sets more than 20 parameters"],

  InvalidPattern: [() => AccessString.of({ keys: ['a b'] }), "'keys' must hold patterns of at least one character and no blanks, such as 'order:*', got \"a b\""],
  InvalidAccessRule: [
    () => AccessString.of({ denyCommands: ['-flushall'] }),
    "'denyCommands' must hold a command such as 'flushall' or 'config|set', got \"-flushall\"; leave out the sign, which the property stands for",
  ],
  PasswordInAccessString: [() => AccessString.raw('on >correct-horse-battery ~* +@all'), 'an access string must not set or reset passwords, but has ">..."'],
  AccessStringWithoutState: [() => AccessString.raw('~* +@all'), "an access string must have 'on' or 'off'"],
  UnknownCategory: [
    () => AccessString.of({ categories: ['reed'] }),
    "'categories' must hold categories of the engines, admin, all, bitmap, blocking, ",
  ],
  PlainTextPassword: [
    (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.unsafePlainText(`correct-horse-${Aws.REGION}`)] }),
    "'passwords' must be references to secrets that CloudFormation resolves while it deploys, but entry 0 is plain text",
  ],
  SecureStringPassword: [
    (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.ssmSecure('/orders/password', '1')] }),
    "'passwords' must be in Secrets Manager, but entry 0 is a secure string of Systems Manager, which CloudFormation does not resolve for MemoryDB",
  ],
  DuplicatePassword: [
    (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.secretsManager('a'), SecretValue.secretsManager('a')] }),
    "'passwords' must be two different ones, but both entries are the same reference; leave one out",
  ],
  InvalidPasswordCount: [
    (stack) => new PasswordUser(stack, 'User', { accessString, passwords: ['a', 'b', 'c'].map((name) => SecretValue.secretsManager(name)) }),
    "'passwords' must have 1 or 2 entries, got 3",
  ],
  UserOfAnotherEnvironment: [
    (stack) => new Acl(stack, 'Acl', { users: [IamUser.fromIamUserArn(stack, 'User', 'arn:aws:memorydb:us-east-1:210987654321:user/app')] }),
    "'users' must be of the account and Region of the list, but Test/User is of 210987654321 in us-east-1; define the user in a stack of that",
  ],
  DuplicateUser: [
    (stack) => new Acl(stack, 'Acl', { users: ['One', 'Other'].map((id) => new IamUser(stack, id, { accessString, userName: 'app' })) }),
    "'users' must have names of their own, but Test/Other has that of Test/One; give one of them another 'userName'",
  ],
  defaultUser: [
    (stack) => new Acl(stack, 'Acl', { users: [IamUser.fromIamUserName(stack, 'User', 'default')] }),
    "'users' has the user 'default', who belongs to open-access",
  ],
  usersPerAcl: [
    (stack) => new Acl(stack, 'Acl', { users: Array.from({ length: 101 }, (_, index) => IamUser.fromIamUserName(stack, `User${index}`, `user-${index}`)) }),
    "'users' has more than 100 users",
  ],

  UnresolvedWindowTime: [() => DailyWindow.of({ hour: Lazy.number({ produce: () => 1 }) }), "'hour' and 'minute' must be known at synthesis"],
  InvalidWindowHour: [() => DailyWindow.of({ hour: 24 }), "'hour' must be a whole number from 0 to 23 (UTC), got 24"],
  InvalidWindowMinute: [() => WeeklyWindow.of({ day: DayOfWeek.MONDAY, hour: 1, minute: 60 }), "'minute' must be a whole number from 0 to 59, got 60"],
  UnresolvedWindowDuration: [
    () => DailyWindow.of({ hour: 1, duration: Duration.minutes(Lazy.number({ produce: () => 60 })) }),
    "'duration' must be known at synthesis",
  ],
  InvalidWindowLength: [() => DailyWindow.of({ hour: 1, duration: Duration.minutes(59) }), 'a window must be open for whole minutes, at least 60'],
  InvalidDailyWindow: [() => DailyWindow.parse('3-4'), "a daily window must be of the form 'hh:mm-hh:mm' in UTC"],
  InvalidWeeklyWindow: [() => WeeklyWindow.parse('03:00-04:00'), "a weekly window must be of the form 'ddd:hh:mm-ddd:hh:mm' in UTC"],

  NoSubnets: [(stack) => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), ...subnetsIn([])(stack) }), "'vpcSubnets' must have at least one subnet"],
  TooManySubnets: [
    (stack) => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), ...subnetsIn(Array.from({ length: 21 }, () => 'eu-west-1a'))(stack) }),
    "'vpcSubnets' must have at most 20 subnets, got 21",
  ],
  localZone: [cluster(subnetsIn(['us-west-2a', 'us-west-2-lax-1a'])), 'a subnet is in "us-west-2-lax-1a", a Local or Wavelength Zone'],
  SubnetGroupAndSubnets: [
    cluster((stack) => ({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team'), vpcSubnets: {} })),
    "'vpcSubnets' must not be given together with 'subnetGroup'",
  ],
  NoSecurityGroups: [cluster({ securityGroups: [] }), "'securityGroups' must have at least one group, got none"],
  SecurityGroupOfAnotherVpc: [
    cluster((stack) => ({
      securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Other', { vpcId: 'vpc-87654321', availabilityZones: ['eu-west-1a'] }) })],
    })),
    "'securityGroups' must be of the VPC that the subnets are in, vpc-12345678, but Test/Group is of vpc-87654321",
  ],
  singleZone: [cluster(subnetsIn(['eu-west-1a', 'eu-west-1a'])), 'all subnets are in eu-west-1a, so that replicas are lost together with their primary'],
  IpDiscoveryMismatch: [cluster({ ipDiscovery: IpDiscovery.IPV6 }), "'ipDiscovery' must be ipv4 with 'networkType' ipv4, whose nodes have no other addresses, got ipv6"],
  InvalidPort: [cluster({ port: 0 }), "'port' must be a whole number from 1 to 65535, got 0"],

  InvalidNumShards: [cluster({ numShards: 501 }), "'numShards' must be a whole number from 1 to 500, got 501"],
  InvalidNumReplicasPerShard: [cluster({ numReplicasPerShard: 6 }), "'numReplicasPerShard' must be a whole number from 0 to 5, got 6"],
  nodesPerCluster: [cluster({ numShards: 46 }), "'numShards' (46) and 'numReplicasPerShard' (1) make 92 nodes, more than the 90 of the quota for one cluster"],
  UnresolvedSnapshotRetention: [
    cluster({ snapshotRetention: Duration.hours(Lazy.number({ produce: () => 24 })) }),
    "'snapshotRetention' must be given as Duration.days() when it is a token",
  ],
  InvalidSnapshotRetention: [cluster({ snapshotRetention: Duration.days(36) }), "'snapshotRetention' must be whole days from 0 to 35, got 36 days"],
  overlappingWindows: [
    cluster({ snapshotWindow: DailyWindow.parse('05:30-06:30'), maintenanceWindow: WeeklyWindow.parse('sun:05:00-sun:06:00') }),
    "'snapshotWindow' (05:30-06:30) overlaps 'maintenanceWindow' (sun:05:00-sun:06:00)",
  ],

  AclAndUsers: [cluster((stack) => ({ acl: new Acl(stack, 'Acl'), users: [] })), "'users' must not be given together with 'acl'"],
  TlsRequired: [cluster({ tlsEnabled: false }), "'tlsEnabled' must be true with an own access control list, got false"],
  openAccess: [cluster((stack) => ({ acl: Acl.openAccess(stack) })), "'acl' is open-access: everybody who can reach the cluster may do everything"],
  IamUsersNotSupported: [
    cluster((stack) => ({ engineVersion: REDIS_6_2, users: [new IamUser(stack, 'User', { accessString })] })),
    "[Test/Db] 'users' must sign in with passwords on redis 6.2, but Test/User is an IAM user",
  ],
  KeyPermissionsNotSupported: [
    cluster((stack) => ({ engineVersion: REDIS_6_2, users: [new PasswordUser(stack, 'User', { accessString: AccessString.of({ readKeys: ['*'] }) })] })),
    "[Test/Db] 'accessString' must have no read-only or write-only keys, selectors or denied subcommands on redis 6.2, but that of Test/User has",
  ],
  SignInWithoutTls: [
    (stack) => Cluster.fromClusterAttributes(stack, 'Db', { clusterName: 'db', clusterEndpointAddress: 'db.example.com', tlsEnabled: false })
      .connectionFor(IamUser.fromIamUserName(stack, 'User', 'app')),
    "'user' must be left out of a connection to Test/Db, got Test/User; without TLS the cluster lets everybody in and nobody signs in",
  ],
  UserNotListed: [
    (stack) => newCluster(stack).connectionFor(new IamUser(stack, 'User', { accessString })),
    "[Test/Db] 'user' must be on Test/Db/Acl, the access control list of the cluster, to sign in, but Test/User is not; put it into 'users' or call addUser",
  ],
  UserRequired: [
    (stack) => newCluster(stack).connectionFor(),
    "[Test/Db] 'user' must be given to a connection, since Test/Db/Acl, the access control list of the cluster, lets nobody in who does not sign in",
  ],
  UserOfOpenAccess: [
    (stack) => newCluster(stack, { acl: Acl.openAccess(stack) }).connectionFor(new IamUser(stack, 'User', { accessString })),
    "[Test/Db] 'user' must be left out of a connection to a cluster with open-access, whose only user is 'default', got Test/User",
  ],
  ClusterOfAnotherEnvironment: [
    (stack) => newCluster(stack).grants.connect(
      new iam.User(stack, 'Human'), IamUser.fromIamUserArn(stack, 'User', 'arn:aws:memorydb:us-east-1:123456789012:user/app')),
    "'user' must be of the account and Region of Test/Db to sign in to it, but Test/User is of 123456789012 in us-east-1",
  ],
  grantWithoutEffect: [
    (stack) => newCluster(stack).grants.connect(new iam.ServicePrincipal('ec2.amazonaws.com'), IamUser.fromIamUserName(stack, 'User', 'app')),
    'ServicePrincipal(ec2.amazonaws.com) cannot be given permission to sign in, since it has no policy that could be changed here: grant it to a role',
  ],
  SecretOfAnotherAccount: [
    (stack) => newCluster(stack).grants.connect(
      new iam.Role(newStack(stack.node.root, 'Elsewhere', { env: { account: '210987654321', region: 'eu-west-1' } }), 'Role', {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      }), new PasswordUser(stack, 'User', { accessString })),
    "'secret' must have a name and a key of its own to be used in account 210987654321, but the generated one of Test/User has no name",
  ],
  SnapshotDeletionPolicy: [
    (stack) => RemovalPolicies.of(newCluster(stack)).snapshot(),
    "[Test/Db] 'deletionPolicy' must not be Snapshot, which CloudFormation does not know for MemoryDB, got it by RemovalPolicies or by the L1",
  ],
  MissingProperty: [cluster({ vpc: undefined }), "'vpc' must be given to a cluster, got none; give it the VPC that its clients are in"],
  NotMade: [
    cluster({ nodeType: 'db.r7g.large' as never }),
    "'nodeType' must be made with NodeType, such as NodeType.R7G_LARGE or NodeType.of(), got \"db.r7g.large\"",
  ],
  ParameterGroupFamilyMismatch: [
    cluster((stack) => ({ parameterGroup: importedGroup(stack, 'default.memorydb-redis7') })),
    "'parameterGroup' must be of family memorydb_valkey7 for valkey 7.3, got Test/Parameters of family \"memorydb_redis7\"",
  ],
  EvictionOfTieredData: [
    cluster((stack) => ({
      nodeType: NodeType.R6GD_XLARGE,
      parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: VALKEY_7_3, parameters: { 'maxmemory-policy': 'allkeys-lfu' } }),
    })),
    "[Test/Db] 'maxmemory-policy' must be one of noeviction, volatile-lru, allkeys-lru on db.r6gd.xlarge, whose data is tiered, but Test/Parameters has \"allkeys-lfu\"",
  ],
  VectorSearchShards: [cluster({ vectorSearch: true, numShards: 2 }), "'numShards' must be 1 in a cluster with vector search, got 2"],
  VectorSearchEngine: [
    cluster({ vectorSearch: true, engineVersion: REDIS_7_0 }),
    "'engineVersion' must be Redis OSS 7.1, Valkey 7.2 or later for vector search, got redis 7.0",
  ],
  VectorSearchNodeType: [
    cluster((stack) => ({ nodeType: NodeType.R6GD_XLARGE, engineVersion: REDIS_7_1, parameterGroup: importedGroup(stack, 'default.memorydb-redis7.search') })),
    "'nodeType' must be one without data tiering for vector search, got db.r6gd.xlarge",
  ],
  VectorSearchParameterGroup: [
    cluster((stack) => ({ vectorSearch: true, parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: VALKEY_7_3 }) })),
    "'parameterGroup' must have 'search-enabled' before the cluster is created, got Test/Parameters: CloudFormation creates a group without its parameters",
  ],
  UnknownVectorSearchFamily: [
    cluster({ vectorSearch: true, engineVersion: EngineVersion.of('valkey', '7.3', { parameterGroupFamily: token('memorydb_valkey7') }) }),
    "'parameterGroup' must be given with 'vectorSearch' when the family of 'engineVersion' is a token",
  ],
  UnsuitableKey: [
    cluster((stack) => ({ encryptionKey: new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }) })),
    "'encryptionKey' must be a symmetric key (SYMMETRIC_DEFAULT), got Test/Key of RSA_2048",
  ],
  EncryptedTopic: [
    cluster((stack) => ({ notificationTopic: new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') }) })),
    "'notificationTopic' must not be encrypted with a key, since the service cannot publish to such a topic and says nothing about it, got Test/Topic",
  ],
  TopicOfAnotherAccount: [
    cluster((stack) => ({ notificationTopic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:210987654321:events') })),
    "'notificationTopic' must be of the account of the cluster, 123456789012, got Test/Topic of 210987654321",
  ],
  NotificationsWithoutTopic: [cluster({ notificationsEnabled: false }), "'notificationsEnabled' must be given together with 'notificationTopic', got false alone"],
  PartOfAnotherEnvironment: [
    cluster((stack) => ({ acl: new Acl(newStack(stack.node.root, 'Elsewhere', { env: { account: ACCOUNT, region: 'us-east-1' } }), 'Acl') })),
    "'acl' must be of the account and Region of the cluster, 123456789012 in eu-west-1, but Elsewhere/Acl is of 123456789012 in us-east-1",
  ],
  dataTieringRegion: [
    inRegion('eu-north-1', { nodeType: NodeType.R6GD_XLARGE }),
    'eu-north-1 is not among the Regions that are known to have nodes with data tiering',
  ],

  NoSnapshotKeys: [(stack) => SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket')), "'keys' must name at least one .rdb object of the bucket, got none"],
  InvalidSnapshotKey: [
    (stack) => SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket'), 'a,b.rdb'),
    "'keys' must be keys of objects that end with .rdb and have no comma and no wildcard, such as 'backups/orders-0001.rdb', got \"a,b.rdb\"",
  ],
  snapshotBucketPolicy: [
    cluster((stack) => ({ restoreFrom: SnapshotSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Bucket', 'backups'), 'orders.rdb') })),
    "'restoreFrom' reads Test/Bucket, whose policy is not changed here since it is imported: let \"eu-west-1.memorydb-snapshot.amazonaws.com\" call s3:GetObject",
  ],
  snapshotBucketEncryption: [
    cluster((stack) => ({ restoreFrom: SnapshotSource.fromBucket(new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.KMS_MANAGED }), 'orders.rdb') })),
    "'restoreFrom' reads Test/Bucket, which encrypts new objects with a KMS key",
  ],
  FinalSnapshotNameTaken: [
    cluster({ finalSnapshotName: 'last', restoreFrom: SnapshotSource.fromSnapshotName('last') }),
    "'finalSnapshotName' must be a name that no snapshot has, got \"last\", the one in 'restoreFrom'",
  ],

  FinalSnapshotNameDefined: [
    (stack) => new Snapshot(stack, 'Snapshot', { cluster: newCluster(stack, { finalSnapshotName: 'last' }), snapshotName: 'last' }),
    "'finalSnapshotName' must be a name that no snapshot has, got \"last\", the one of Test/Snapshot/Resource, so that the deletion would fail",
  ],

  SnapshotNotSupported: [
    (stack) => new Snapshot(stack, 'Snapshot', { cluster: Cluster.fromClusterName(stack, 'Db', 'orders'), removalPolicy: RemovalPolicy.SNAPSHOT }),
    "'removalPolicy' must keep or delete a snapshot, of which no snapshot can be taken, got SNAPSHOT",
  ],

  UnresolvedRetention: [
    () => new mixins.ClusterSnapshotRetention(Duration.days(Lazy.number({ produce: () => 7 }))),
    "'minimum' must be known at synthesis to compare it with what a cluster has, got a token",
  ],
  InvalidRetention: [() => new mixins.ClusterSnapshotRetention(Duration.days(36)), "'minimum' must be whole days from 1 to 35, got 36 days"],

  InvalidSuffix: [multiRegion({ suffix: 'Orders' }), "'suffix' must have lower-case letters, digits and hyphens and start with a letter, got \"Orders\""],
  InvalidMultiRegionNumShards: [multiRegion({ numShards: 0 }), "'numShards' must be a whole number from 1 to 500, got 0"],
  MultiRegionNodeType: [multiRegion({ nodeType: NodeType.R7G_LARGE }), "'nodeType' must be db.r7g.xlarge or larger in a multi-Region cluster"],
  MultiRegionEngine: [multiRegion({ engineVersion: REDIS_7_1 }), "'engineVersion' must be Valkey 7.3 or later in a multi-Region cluster, got redis 7.1"],
  MultiRegionVectorSearch: [
    cluster((stack) => ({ nodeType: NodeType.R7G_XLARGE, multiRegionCluster: multiRegion({})(stack), vectorSearch: true })),
    "'multiRegionCluster' must not be given to a cluster with vector search, which members cannot have",
  ],
  multiRegionSuffix: [multiRegion({ suffix: 'orders-' }), "'suffix' is \"orders-\", and the service takes no other name that ends with a hyphen"],
  multiRegionNeighbour: [
    (stack) => {
      const multiRegionCluster = multiRegion({})(stack);
      const elsewhere = newStack(stack.node.root, 'Elsewhere');
      [stack, elsewhere].forEach(cluster({ nodeType: NodeType.R7G_XLARGE, multiRegionCluster }));
    },
    "'multiRegionCluster' has a member in this Region already, Test/Db, and the guide knows one for each Region only",
  ],
  multiRegionParameters: [
    cluster((stack) => ({
      nodeType: NodeType.R7G_XLARGE, multiRegionCluster: multiRegion({})(stack), parameterGroup: importedGroup(stack, 'team-parameters'),
    })),
    "'parameterGroup' is given to a member of a multi-Region cluster, whose members all have the same parameters",
  ],
  multiRegionRestore: [
    cluster((stack) => ({
      nodeType: NodeType.R7G_XLARGE, multiRegionCluster: multiRegion({})(stack), restoreFrom: SnapshotSource.fromSnapshotName('last'),
    })),
    "'restoreFrom' is given to a member of a multi-Region cluster, and the guide does not say whether one can start with a snapshot",
  ],
  MultiRegionMismatch: [
    cluster((stack) => ({ nodeType: NodeType.R7G_2XLARGE, multiRegionCluster: multiRegion({})(stack) })),
    "'nodeType' must be that of the multi-Region cluster Test/Global, \"db.r7g.xlarge\", got \"db.r7g.2xlarge\"",
  ],
  TooManyRegions: [
    (stack) => {
      const multiRegionCluster = multiRegion({})(stack);
      ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2'].forEach((region) => {
        const member = newStack(stack.node.root, region, { env: { account: ACCOUNT, region } });
        cluster({ nodeType: NodeType.R7G_XLARGE, multiRegionCluster })(member);
      });
    },
    '[Test/Global] members of a multi-Region cluster must be in at most 5 Regions, got 6',
  ],
  multiRegionRegion: [
    (stack) => {
      const global = MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders');
      inRegion('eu-north-1', { nodeType: NodeType.R7G_XLARGE, multiRegionCluster: global })(stack);
    },
    'eu-north-1 is not among the Regions that are known to have multi-Region clusters',
  ],
};

function token(value: string): string {
  return Lazy.string({ produce: () => value });
}

/** A number of parameters with the values they have anyway. */
export function defaultsOf(count: number): Record<string, string> {
  const usable = Object.entries(PARAMETERS).filter(([, { families }]) => families === undefined);
  return Object.fromEntries(usable.slice(0, count).map(([name, { defaultValue }]) => [name, defaultValue]));
}

/** What is said about an input: at once, at synthesis, or as a warning with the id that acknowledges it. */
export function saidAbout(make: Make): { id?: string; text: string } {
  const stack = newStack(newApp());
  try {
    make(stack);
  } catch (error) {
    return { id: (error as Error).name, text: (error as Error).message };
  }
  try {
    return { text: synth(stack).warnings.join('\n') };
  } catch (error) {
    return { text: (error as Error).message };
  }
}
