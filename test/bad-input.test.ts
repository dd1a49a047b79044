import { Duration, SecretValue } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnACL } from 'aws-cdk-lib/aws-memorydb';
import { expect, test } from 'vitest';
import {
  AccessString, Acl, Cluster, DailyWindow, DayOfWeek, EngineVersion, IamUser, NodeType, ParameterGroup, PasswordUser, SubnetGroup, WeeklyWindow,
} from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newStack } from './support/synth';

const accessString = AccessString.fullAccess();
const NAME_RULES = 'must have 1-40 lower-case letters, digits and single hyphens, start with a letter and not end with a hyphen';
const LONG = 'x'.repeat(41);

const cluster = (props: Partial<ClusterProps>) => (stack: Stack) =>
  new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
const userNamed = (userName: string) => (stack: Stack) => new IamUser(stack, 'User', { accessString, userName });
const rules = (options: Parameters<typeof AccessString.of>[0]) => () => AccessString.of(options);
const parameter = (name: string, value: string, engineVersion = EngineVersion.VALKEY_7_3) => (stack: Stack) =>
  new ParameterGroup(stack, 'Parameters', { engineVersion, parameters: { [name]: value } });
const subnets = (count: number) => (stack: Stack) => new SubnetGroup(stack, 'Subnets', {
  vpc: importedVpc(stack),
  vpcSubnets: {
    subnets: Array.from({ length: count }, (_, index) =>
      ec2.Subnet.fromSubnetAttributes(stack, `Subnet${index}`, { subnetId: `subnet-${index}`, routeTableId: 'rtb-11111111' })),
  },
});

/** What is wrong, how it is written, and what the message says: the property, what is allowed, and the value. */
test.each<[string, (stack: Stack) => unknown, property: string, allowed: string, shown: string]>([
  ['a name with capitals', cluster({ clusterName: 'Orders' }), "'clusterName'", NAME_RULES, 'got "Orders"'],
  ['a name with an underscore', (stack) => new Acl(stack, 'Acl', { aclName: 'my_acl' }), "'aclName'", NAME_RULES, 'got "my_acl"'],
  ['a name with a dot', (stack) => new ParameterGroup(stack, 'Group', { engineVersion: EngineVersion.VALKEY_7_3, parameterGroupName: 'default.x' }),
    "'parameterGroupName'", NAME_RULES, 'got "default.x"'],
  ['a name that starts with a digit', (stack) => new SubnetGroup(stack, 'Subnets', { vpc: importedVpc(stack), subnetGroupName: '1st' }),
    "'subnetGroupName'", NAME_RULES, 'got "1st"'],
  ['a name with two hyphens', userNamed('a--b'), "'userName'", NAME_RULES, 'got "a--b"'],
  ['a name that ends with a hyphen', (stack) => new PasswordUser(stack, 'User', { accessString, userName: 'a-' }), "'userName'", NAME_RULES, 'got "a-"'],
  ['a name of 41 characters', cluster({ clusterName: LONG }), "'clusterName'", NAME_RULES, `got "${LONG}" (41 characters)`],
  ['an empty name', cluster({ clusterName: '' }), "'clusterName'", NAME_RULES, 'got "" (0 characters)'],
  ['a final snapshot with a dot', cluster({ finalSnapshotName: 'a.b' }), "'finalSnapshotName'", NAME_RULES, 'got "a.b"'],
  ['the user default', userNamed('default'), "'userName'", "must not be 'default'", 'got "default"'],
  ['the user default with a password', (stack) => new PasswordUser(stack, 'User', { accessString, userName: 'default' }),
    "'userName'", "must not be 'default'", 'got "default"'],
  ['the list open-access', (stack) => new Acl(stack, 'Acl', { aclName: 'open-access' }), "'aclName'", 'must not be "open-access"', 'got it'],

  ['no shards', cluster({ numShards: 0 }), "'numShards'", 'a whole number from 1 to 500', 'got 0'],
  ['too many shards', cluster({ numShards: 501 }), "'numShards'", 'a whole number from 1 to 500', 'got 501'],
  ['half a shard', cluster({ numShards: 1.5 }), "'numShards'", 'a whole number from 1 to 500', 'got 1.5'],
  ['shards that are no number', cluster({ numShards: NaN }), "'numShards'", 'a whole number from 1 to 500', 'got NaN'],
  ['less than no replicas', cluster({ numReplicasPerShard: -1 }), "'numReplicasPerShard'", 'a whole number from 0 to 5', 'got -1'],
  ['too many replicas', cluster({ numReplicasPerShard: 6 }), "'numReplicasPerShard'", 'a whole number from 0 to 5', 'got 6'],
  ['port 0', cluster({ port: 0 }), "'port'", 'a whole number from 1 to 65535', 'got 0'],
  ['a port beyond the last', cluster({ port: 65536 }), "'port'", 'a whole number from 1 to 65535', 'got 65536'],
  ['too long a retention', cluster({ snapshotRetention: Duration.days(36) }), "'snapshotRetention'", 'whole days from 0 to 35', 'got 36 days'],
  ['a retention of hours', cluster({ snapshotRetention: Duration.hours(25) }), "'snapshotRetention'", 'whole days from 0 to 35', 'got 1 day 1 hour'],

  ['a short window', () => DailyWindow.of({ hour: 1, duration: Duration.minutes(59) }), 'a window', 'whole minutes, at least 60', 'got 59 minutes'],
  ['a window after midnight', () => DailyWindow.of({ hour: 24 }), "'hour'", 'a whole number from 0 to 23', 'got 24'],
  ['a minute too many', () => WeeklyWindow.of({ day: DayOfWeek.MONDAY, hour: 1, minute: 60 }), "'minute'", 'a whole number from 0 to 59', 'got 60'],
  ['a daily window as weekly', () => WeeklyWindow.parse('03:00-04:00'), 'a weekly window', "'ddd:hh:mm-ddd:hh:mm'", 'got "03:00-04:00"'],
  ['a weekly window as daily', () => DailyWindow.parse('sun:03:00-sun:04:00'), 'a daily window', "'hh:mm-hh:mm'", 'got "sun:03:00-sun:04:00"'],

  ['rules that set a password', () => AccessString.raw('on >correct-horse-battery ~* +@all'), 'an access string', 'must not set or reset passwords', '">..."'],
  ['rules that reset', () => AccessString.raw('reset on'), 'an access string', 'must not set or reset passwords', '"reset"'],
  ['rules without on', () => AccessString.raw('~* +@all'), 'an access string', "must have 'on' or 'off'", 'got "~* +@all"'],
  ['no rules', () => AccessString.raw(' '), 'an access string', "must have 'on' or 'off'", 'got " "'],
  ['an empty key pattern', rules({ keys: [''] }), "'keys'", 'patterns of at least one character and no blanks', 'got ""'],
  ['a key pattern with a blank', rules({ readKeys: ['a b'] }), "'readKeys'", 'no blanks', 'got "a b"'],
  ['a key pattern with a null byte', rules({ writeKeys: ['a\0'] }), "'writeKeys'", 'no blanks', 'got "a\\u0000"'],
  ['a channel with a line break', rules({ channels: ['a\n'] }), "'channels'", 'no blanks', 'got "a\\n"'],
  ['a category with a sign', rules({ categories: ['+@read'] }), "'categories'", "a category name such as 'read'", 'got "+@read"'],
  ['a category that is denied, with a sign', rules({ denyCategories: ['-all'] }), "'denyCategories'", 'a category name', 'got "-all"'],
  ['a command with a blank', rules({ commands: ['config get'] }), "'commands'", "a command such as 'get' or 'config|get'", 'got "config get"'],
  ['a command with two bars', rules({ denyCommands: ['a|b|c'] }), "'denyCommands'", 'a command such as', 'got "a|b|c"'],
  ['a category allowed and denied', rules({ categories: ['read'], denyCategories: ['READ'] }), "'categories' and 'denyCategories'", 'must not name the same', '"read"'],
  ['a denied command with its sign', rules({ denyCommands: ['-flushall'] }), "'denyCommands'", "such as 'flushall' or 'config|set'", 'got "-flushall"; leave out the sign'],
  ['a command with a sign', rules({ commands: ['+get'] }), "'commands'", "a command such as 'get'", 'got "+get"; leave out the sign'],
  ['a command without a name', rules({ commands: ['.'] }), "'commands'", "a command such as 'get'", 'got "."'],
  ['a command with an empty subcommand', rules({ commands: ['get|'] }), "'commands'", "a command such as 'get'", 'got "get|"'],
  ['an unknown category', rules({ categories: ['reed'] }), "'categories'", 'pubsub, read, scripting, search', 'got "reed"; one that is newer'],
  ['an unknown denied category', rules({ denyCategories: ['@dangerus'] }), "'denyCategories'", 'connection, dangerous, fast', 'got "dangerus"'],
  ['a command allowed and denied', rules({ commands: ['get'], denyCommands: ['get'] }), "'commands' and 'denyCommands'", 'must not name the same', '"get"'],
  ['everything denied', rules({ denyCategories: ['all'] }), "'denyCategories'", "must not hold 'all'", 'got it'],
  ['no key pattern to read', () => AccessString.readOnly(), "'readOnly'", 'at least one key pattern', 'got none'],
  ['no key pattern to write', () => AccessString.readWrite(), "'readWrite'", 'at least one key pattern', 'got none'],

  ['three passwords', (stack) => new PasswordUser(stack, 'User', { accessString, passwords: ['a', 'b', 'c'].map((name) => SecretValue.secretsManager(name)) }),
    "'passwords'", 'must have 1 or 2 entries', 'got 3'],
  ['no passwords', (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [] }), "'passwords'", 'must have 1 or 2 entries', 'got 0'],
  ['a password as text', (stack) => new PasswordUser(stack, 'User', { accessString, passwords: [SecretValue.unsafePlainText('x'.repeat(16))] }),
    "'passwords'", 'must be references to secrets that CloudFormation resolves', 'entry 0 is plain text'],

  ['TLS off', cluster({ tlsEnabled: false }), "'tlsEnabled'", 'must be true with an own access control list', 'got false'],
  ['TLS off with users', cluster({ tlsEnabled: false, users: [] }), "'tlsEnabled'", 'must be true', 'got false'],
  ['TLS off with a list', (stack) => cluster({ tlsEnabled: false, acl: new Acl(stack, 'Acl') })(stack),
    "'tlsEnabled'", "must be true with the 'acl' Test/Acl", 'got false'],
  ['TLS off with an imported list', (stack) => cluster({ tlsEnabled: false, acl: Acl.fromAclName(stack, 'Acl', 'team') })(stack),
    "'tlsEnabled'", "must be true with the 'acl' Test/Acl", 'got false'],

  ['TLS off with an L1 list', (stack) => cluster({ tlsEnabled: false, acl: new CfnACL(stack, 'Acl', { aclName: 'team' }) })(stack),
    "'tlsEnabled'", "must be true with the 'acl' Test/Acl", 'got false'],

  ['r6gd without data tiering', () => NodeType.of('db.r6gd.xlarge', { dataTiering: false }), "'dataTiering'", 'must be true for node type "db.r6gd.xlarge"', 'got false'],
  ['data tiering elsewhere', () => NodeType.of('db.r7g.large', { dataTiering: true }), "'dataTiering'", 'must be false for node type "db.r7g.large"', 'got true'],
  ['a node type of a cache', () => NodeType.of('cache.t4g.small'), "'nodeType'", "the form 'db.<family>.<size>'", 'got "cache.t4g.small"'],
  ['an engine in capitals', () => EngineVersion.of('Valkey', '7.3'), "'engine'", "'valkey' or 'redis'", 'got "Valkey"'],
  ['an engine that there is not', () => EngineVersion.of('valky', '7.3'), "'engine'", "'valkey' or 'redis'", 'got "valky"'],
  ['a patch version', () => EngineVersion.of('valkey', '7.3.0'), "'version'", 'a major and a minor number', 'got "7.3.0"'],

  ['a group of another family', (stack) => cluster({ parameterGroup: new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.REDIS_7_1 }) })(stack),
    "'parameterGroup'", 'must be of family memorydb_valkey7 for valkey 7.3', 'got Test/Parameters of family "memorydb_redis7"'],
  ['an unknown parameter', parameter('maxclients', '1'), "'parameters'", 'must name parameters that can be set in family memorydb_valkey7', 'got "maxclients"'],
  ['a parameter of another family', parameter('activerehashing', 'yes'), "'parameters'", 'that one is of memorydb_redis6', 'got "activerehashing"'],
  ['a value that is not allowed', parameter('timeout', '19'), "'timeout'", '0 or a whole number from 20 on', 'got "19"'],

  ['no subnets', subnets(0), "'vpcSubnets'", 'must have at least one subnet', 'none was found in Test/Vpc'],
  ['a VPC without subnets', (stack) => new SubnetGroup(stack, 'Subnets', { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] }) }),
    "'vpc'", 'must have at least one subnet', 'none was found in Test/Vpc'],
  ['too many subnets', subnets(21), "'vpcSubnets'", 'must have at most 20 subnets', 'got 21'],
  ['a list and users', (stack) => cluster({ acl: new Acl(stack, 'Acl'), users: [] })(stack), "'users'", "must not be given together with 'acl'", 'add them to that list'],
  ['a subnet group and subnets', (stack) => cluster({ subnetGroup: SubnetGroup.fromSubnetGroupName(stack, 'Subnets', 'team'), vpcSubnets: {} })(stack),
    "'vpcSubnets'", "must not be given together with 'subnetGroup'", 'remove one of them'],
  ['no security groups', cluster({ securityGroups: [] }), "'securityGroups'", 'must have at least one group', 'got none'],
])('fails for %s', (_, define, property, allowed, shown) => {
  const message = messageOf(define);
  expect(message).toContain(property);
  expect(message).toContain(allowed);
  expect(message).toContain(shown);
  expect(message).toMatch(/^['a-z]/);
  expect(message).not.toMatch(/[.!]$/);
  expect(message).not.toContain('correct-horse');
});

function messageOf(define: (stack: Stack) => unknown): string {
  try {
    define(newStack());
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing failed');
}
