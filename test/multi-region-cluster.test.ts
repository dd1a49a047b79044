import { CfnParameter, RemovalPolicies, RemovalPolicy, Tags, Token, Validations } from 'aws-cdk-lib';
import type { App, Stack } from 'aws-cdk-lib';
import { CfnMultiRegionCluster } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { Acl, Cluster, EngineVersion, MultiRegionCluster, NodeType, ParameterGroup, UpdateStrategy } from '../src';
import type { ClusterProps, MultiRegionClusterProps } from '../src';
import { ACCOUNT, importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const MULTI_REGION_CLUSTER = 'AWS::MemoryDB::MultiRegionCluster';
const CLUSTER = 'AWS::MemoryDB::Cluster';

function define(stack: Stack, props: Partial<MultiRegionClusterProps> = {}): MultiRegionCluster {
  return new MultiRegionCluster(stack, 'Global', { nodeType: NodeType.R7G_XLARGE, suffix: 'orders', ...props });
}

function join(stack: Stack, multiRegionCluster: memorydb.IMultiRegionClusterRef, props: Partial<ClusterProps> = {}): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.R7G_XLARGE, multiRegionCluster, ...props });
}

const inRegion = (region: string) => ({ env: { account: ACCOUNT, region } });
const newAppOf = (strength: string) => newApp({ postCliContext: { '@aws-cdk/core:defaultCrossStackReferences': strength } });

describe('a multi-Region cluster', () => {
  test('is kept, with everything that must be equal in its members written out', () => {
    const stack = newStack();
    define(stack);
    const template = templateOf(stack);
    expect(propertiesOf(template, MULTI_REGION_CLUSTER)).toEqual({
      MultiRegionClusterNameSuffix: 'orders', NodeType: 'db.r7g.xlarge', Engine: 'valkey', EngineVersion: '7.3', NumShards: 1, TLSEnabled: true,
    });
    template.hasResource(MULTI_REGION_CLUSTER, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(synth(stack).warnings).toEqual([]);
  });

  test('has every property in its template', () => {
    const stack = newStack();
    Tags.of(define(stack, {
      nodeType: NodeType.R7G_2XLARGE,
      suffix: 'orders-eu',
      engineVersion: EngineVersion.of('valkey', '8.0'),
      numShards: 3,
      updateStrategy: UpdateStrategy.UNCOORDINATED,
      tlsEnabled: false,
      multiRegionParameterGroupName: 'team-parameters',
      description: 'Orders everywhere',
      removalPolicy: RemovalPolicy.DESTROY,
    })).add('team', 'orders');
    const template = templateOf(stack);
    expect(propertiesOf(template, MULTI_REGION_CLUSTER)).toEqual({
      MultiRegionClusterNameSuffix: 'orders-eu',
      NodeType: 'db.r7g.2xlarge',
      Engine: 'valkey',
      EngineVersion: '8.0',
      NumShards: 3,
      UpdateStrategy: 'UNCOORDINATED',
      TLSEnabled: false,
      MultiRegionParameterGroupName: 'team-parameters',
      Description: 'Orders everywhere',
      Tags: [{ Key: 'team', Value: 'orders' }],
    });
    template.hasResource(MULTI_REGION_CLUSTER, { DeletionPolicy: 'Delete' });
  });

  test('may have tokens', () => {
    const stack = newStack();
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    define(stack, {
      nodeType: NodeType.of(text('Type')), suffix: text('Suffix'), numShards: new CfnParameter(stack, 'Shards', { type: 'Number' }).valueAsNumber,
    });
    expect(propertiesOf(templateOf(stack), MULTI_REGION_CLUSTER)).toMatchObject({
      NodeType: { Ref: 'Type' }, MultiRegionClusterNameSuffix: { Ref: 'Suffix' }, NumShards: { Ref: 'Shards' },
    });
  });

  test('has attributes that only the service knows', () => {
    const stack = newStack();
    const cluster = define(stack);
    expect(stack.resolve(cluster.multiRegionClusterName)).toEqual({ Ref: expect.stringMatching(/^Global/) });
    expect(stack.resolve(cluster.multiRegionClusterRef.multiRegionClusterArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Global/), 'ARN'] });
    expect(MultiRegionCluster.isMultiRegionCluster(cluster)).toBe(true);
  });

  test('can be deleted with everything in a scope', () => {
    const stack = newStack();
    define(stack);
    RemovalPolicies.of(stack).destroy();
    templateOf(stack).hasResource(MULTI_REGION_CLUSTER, { DeletionPolicy: 'Delete' });
  });

  test('fails to leave a snapshot, also later', () => {
    const message = "'removalPolicy' must keep or delete a multi-Region cluster, of which no snapshot can be taken, got SNAPSHOT";
    expect(() => define(newStack(), { removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(message);
    expect(() => define(newStack()).applyRemovalPolicy(RemovalPolicy.SNAPSHOT)).toThrow(message);
  });

  test.each<[string, Partial<MultiRegionClusterProps>, string]>([
    ['a suffix with capitals', { suffix: 'Orders' }, "'suffix' must have lower-case letters, digits and hyphens and start with a letter, got \"Orders\""],
    ['an empty suffix', { suffix: '' }, 'start with a letter, got ""'],
    ['a suffix with a line break', { suffix: 'orders\n' }, 'start with a letter, got "orders\\n"'],
    ['no shards', { numShards: 0 }, "'numShards' must be a whole number from 1 to 500, got 0"],
    ['small nodes', { nodeType: NodeType.R7G_LARGE }, "'nodeType' must be db.r7g.xlarge or larger in a multi-Region cluster, got \"db.r7g.large\""],
    ['nodes of another family', { nodeType: NodeType.R6G_4XLARGE }, 'got "db.r6g.4xlarge"; choose for example NodeType.R7G_XLARGE'],
    ['burstable nodes', { nodeType: NodeType.T4G_MEDIUM }, 'got "db.t4g.medium"'],
    ['nodes with data tiering', { nodeType: NodeType.R6GD_XLARGE }, 'got "db.r6gd.xlarge"'],
    ['an old engine', { engineVersion: EngineVersion.VALKEY_7_2 }, "'engineVersion' must be Valkey 7.3 or later in a multi-Region cluster, got valkey 7.2"],
    ['Redis OSS', { engineVersion: EngineVersion.REDIS_7_1 }, 'got redis 7.1; raise it or leave it out'],
  ])('fails with %s', (_, props, message) => {
    expect(() => define(newStack(), props)).toThrow(message);
  });

  test.each(['orders-', 'or--ders'])('carries a warning with the suffix %s', (suffix) => {
    const stack = newStack();
    define(stack, { suffix });
    expect(synth(stack).warnings).toEqual([expect.stringContaining(`'suffix' is "${suffix}", and the service takes no other name that ends with a hyphen`)]);
  });

  test('takes nodes of a family that is not known here', () => {
    expect(() => define(newStack(), { nodeType: NodeType.of('db.r8g.xlarge') })).not.toThrow();
  });

  test('carries a warning in a Region that is not known to have any', () => {
    const stack = newStack(newApp(), 'Test', { env: { account: ACCOUNT, region: 'eu-north-1' } });
    Validations.of(define(stack)).acknowledge({ id: 'cdk-memorydb:multiRegionRegion', reason: 'it is there since last week' });
    expect(() => define(newStack())).not.toThrow();
    const another = newStack(newApp(), 'Test', { env: { account: ACCOUNT, region: 'eu-north-1' } });
    define(another);
    expect(another.node.findChild('Global').node.metadata.map(({ data }) => String(data))).toEqual([
      expect.stringContaining('eu-north-1 is not among the Regions that are known to have multi-Region clusters'),
    ]);
  });
});

describe('an existing one', () => {
  const ARN = 'arn:aws:memorydb::210987654321:multiregioncluster/virxk-orders';

  test('is imported by name', () => {
    const stack = newStack();
    const cluster = MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders');
    expect(cluster.multiRegionClusterName).toBe('virxk-orders');
    expect(stack.resolve(cluster.multiRegionClusterArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:memorydb::${ACCOUNT}:multiregioncluster/virxk-orders`]],
    });
    expect(MultiRegionCluster.isMultiRegionCluster(cluster)).toBe(false);
  });

  test('is imported by ARN, with its account and the Region of the stack', () => {
    const cluster = MultiRegionCluster.fromMultiRegionClusterArn(newStack(), 'Global', ARN);
    expect(cluster).toMatchObject({
      multiRegionClusterName: 'virxk-orders', multiRegionClusterArn: ARN, env: { account: '210987654321', region: 'eu-west-1' },
    });
  });

  test('is imported by an ARN that is a token', () => {
    const stack = newStack();
    const cluster = MultiRegionCluster.fromMultiRegionClusterArn(stack, 'Global', Token.asString({ 'Fn::ImportValue': 'Arn' }));
    expect(stack.resolve(cluster.multiRegionClusterRef)).toEqual({
      multiRegionClusterArn: { 'Fn::ImportValue': 'Arn' },
      multiRegionClusterName: { 'Fn::Select': [1, { 'Fn::Split': ['/', expect.anything()] }] },
    });
  });
});

describe('a member', () => {
  test('says what it must, and leaves what is equal in all members to the multi-Region cluster', () => {
    const stack = newStack();
    const global = define(stack);
    const cluster = join(stack, global);
    const template = templateOf(stack);
    const properties = propertiesOf(template, CLUSTER);
    expect(properties).toMatchObject({ MultiRegionClusterName: { Ref: expect.stringMatching(/^Global/) }, NodeType: 'db.r7g.xlarge', TLSEnabled: true });
    expect(Object.keys(properties)).not.toEqual(expect.arrayContaining(['NumShards']));
    ['Engine', 'EngineVersion', 'ParameterGroupName'].forEach((name) => expect(properties).not.toHaveProperty(name));
    template.resourceCountIs('AWS::MemoryDB::ParameterGroup', 0);
    expect(cluster.parameterGroup).toBeUndefined();
    expect(global.members).toEqual([cluster]);
    expect(synth(stack).warnings).toEqual([]);
  });

  test('takes the settings of the multi-Region cluster that it does not have', () => {
    const stack = newStack();
    const global = define(stack, { engineVersion: EngineVersion.of('valkey', '8.0'), tlsEnabled: false });
    const cluster = join(stack, global, { acl: Acl.openAccess(stack) });
    expect(cluster).toMatchObject({ engineVersion: global.engineVersion, tlsEnabled: false });
    expect(propertiesOf(templateOf(stack), CLUSTER).TLSEnabled).toBe(false);
  });

  test('passes on what it is given', () => {
    const stack = newStack();
    join(stack, define(stack, { numShards: 3 }), {
      engineVersion: EngineVersion.VALKEY_7_3,
      numShards: 3,
      tlsEnabled: true,
      numReplicasPerShard: 2,
      parameterGroup: ParameterGroup.fromParameterGroupName(stack, 'Parameters', 'team-parameters'),
    });
    expect(propertiesOf(templateOf(stack), CLUSTER)).toMatchObject({
      Engine: 'valkey', EngineVersion: '7.3', NumShards: 3, TLSEnabled: true, NumReplicasPerShard: 2, ParameterGroupName: 'team-parameters',
    });
  });

  test.each<[string, (stack: Stack) => memorydb.IMultiRegionClusterRef, unknown]>([
    ['one by name', (stack) => MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders'), 'virxk-orders'],
    ['one by ARN', (stack) => MultiRegionCluster.fromMultiRegionClusterArn(stack, 'Global', 'arn:aws:memorydb::123456789012:multiregioncluster/virxk-orders'),
      'virxk-orders'],
    ['an L1', (stack) => new CfnMultiRegionCluster(stack, 'Global', { nodeType: 'db.r7g.xlarge', multiRegionClusterNameSuffix: 'orders' }), { Ref: 'Global' }],
  ])('joins %s', (_, makeGlobal, name) => {
    const stack = newStack();
    join(stack, makeGlobal(stack));
    const properties = propertiesOf(templateOf(stack), CLUSTER);
    expect(properties).toMatchObject({ MultiRegionClusterName: name, TLSEnabled: true });
    expect(properties).not.toHaveProperty('NumShards');
  });

  test.each<[string, Partial<MultiRegionClusterProps>, Partial<ClusterProps>, string]>([
    ['other nodes', {}, { nodeType: NodeType.R7G_2XLARGE },
      "'nodeType' must be that of the multi-Region cluster Test/Global, \"db.r7g.xlarge\", got \"db.r7g.2xlarge\"; change it there for all members"],
    ['another engine version', { engineVersion: EngineVersion.of('valkey', '8.0') }, { engineVersion: EngineVersion.VALKEY_7_3 },
      "'engineVersion' must be that of the multi-Region cluster Test/Global, \"valkey 8.0\", got \"valkey 7.3\""],
    ['other shards', { numShards: 2 }, { numShards: 1 }, "'numShards' must be that of the multi-Region cluster Test/Global, 2, got 1"],
    ['other encryption', { tlsEnabled: false }, { tlsEnabled: true }, "'tlsEnabled' must be that of the multi-Region cluster Test/Global, false, got true"],
  ])('fails with %s than the multi-Region cluster', (_, globalProps, props, message) => {
    const stack = newStack();
    const global = define(stack, globalProps);
    expect(() => join(stack, global, props)).toThrow(message);
  });

  test.each<[string, Partial<ClusterProps>, string]>([
    ['small nodes', { nodeType: NodeType.R7G_LARGE }, "'nodeType' must be db.r7g.xlarge or larger in a multi-Region cluster, got \"db.r7g.large\""],
    ['data tiering', { nodeType: NodeType.R6GD_XLARGE }, 'got "db.r6gd.xlarge"'],
    ['an old engine', { engineVersion: EngineVersion.REDIS_7_1 }, "'engineVersion' must be Valkey 7.3 or later in a multi-Region cluster, got redis 7.1"],
  ])('of an imported one fails with %s', (_, props, message) => {
    const stack = newStack();
    expect(() => join(stack, MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders'), props)).toThrow(message);
  });

  test('takes what it cannot compare', () => {
    const stack = newStack();
    const number = new CfnParameter(stack, 'Shards', { type: 'Number' }).valueAsNumber;
    const global = define(stack, { numShards: 2, nodeType: NodeType.of(new CfnParameter(stack, 'Type').valueAsString) });
    expect(() => join(stack, global, { numShards: number })).not.toThrow();
  });
});

describe('members in several Regions', () => {
  const REGIONS = ['us-east-1', 'eu-west-1', 'ap-northeast-1'];

  test.each([
    ['strong', '"Fn::ImportValue":"Home:', 'ExportsReader'],
    ['weak', '"Fn::GetStackOutput"', '"Region":"us-east-1"'],
  ])('are told the name of the multi-Region cluster by %s references', (strength, inHomeRegion, elsewhere) => {
    const app = newAppOf(strength);
    const home = newStack(app, 'Home', inRegion(REGIONS[0]));
    const global = define(home, { numShards: 2 });
    const stacks = REGIONS.map((region) => newStack(app, `Orders-${region}`, inRegion(region)));
    const members = stacks.map((stack) => join(stack, global));
    const { template, warnings } = synth(app);
    expect(warnings).toEqual([]);
    expect(global.members).toEqual(members);
    const names = stacks.map((stack) => JSON.stringify(propertiesOf(template(stack), CLUSTER).MultiRegionClusterName));
    expect(names[0]).toContain(inHomeRegion);
    names.slice(1).forEach((name) => expect(name).toContain(elsewhere));
    stacks.forEach((stack) => expect(stack.dependencies).toContain(home));
  });

  test('are told it by its name in another app', () => {
    const app = newApp();
    const stacks = REGIONS.map((region) => newStack(app, `Orders-${region}`, { env: { account: ACCOUNT, region } }));
    stacks.forEach((stack) => join(stack, MultiRegionCluster.fromMultiRegionClusterName(stack, 'Global', 'virxk-orders')));
    const { template, warnings } = synth(app);
    expect(warnings).toEqual([]);
    expect(stacks.map((stack) => propertiesOf(template(stack), CLUSTER).MultiRegionClusterName)).toEqual(REGIONS.map(() => 'virxk-orders'));
  });

  test.each([5, 6])('may be in five Regions, %d', (count) => {
    const app = newApp();
    const regions = [...REGIONS, 'us-west-2', 'eu-central-1', 'ap-south-1'].slice(0, count);
    const global = define(newStack(app, 'Home', inRegion('us-east-1')));
    regions.forEach((region) => join(newStack(app, `Orders-${region}`, inRegion(region)), global));
    const found = global.node.validate();
    expect(found).toEqual(count === 5 ? [] : [
      'members of a multi-Region cluster must be in at most 5 Regions, got 6: ' +
        "us-east-1, eu-west-1, ap-northeast-1, us-west-2, eu-central-1, ap-south-1; leave out 'multiRegionCluster' in some",
    ]);
  });

  test.each<[string, (app: App) => Stack[]]>([
    ['Region', (app) => ['One', 'Other'].map((id) => newStack(app, id, inRegion('eu-west-1')))],
    ['stack of any Region', (app) => Array<Stack>(2).fill(newStack(app, 'Orders', { env: undefined }))],
  ])('carry a warning when two are in one %s', (_, makeStacks) => {
    const app = newApp();
    const multiRegionCluster = define(newStack(app, 'Home', inRegion('us-east-1')));
    const [first, second] = makeStacks(app).map((stack, index) =>
      new Cluster(stack, `Db${index}`, { vpc: importedVpc(stack, `Vpc${index}`), nodeType: NodeType.R7G_XLARGE, multiRegionCluster }));
    expect(first.node.metadata).toEqual([]);
    expect(second.node.metadata.map(({ data }) => String(data))).toEqual([
      expect.stringContaining(`has a member in this Region already, ${first.node.path}`),
    ]);
  });

  test('are deleted before it', () => {
    const stack = newStack();
    const cluster = join(stack, define(stack));
    // CloudFormation deletes what refers to a resource before the resource.
    const references = JSON.stringify(stack.resolve((cluster.node.defaultChild as any)._toCloudFormation()));
    expect(references).toContain('"MultiRegionClusterName":{"Ref":"Global');
  });
});

test('cdk-nag has nothing to say', () => {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = newStack(app);
  join(stack, define(stack));
  expect(synth(stack).warnings).toEqual([]);
});
