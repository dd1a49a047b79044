import { App, CfnParameter, Lazy, NestedStack, PhysicalName, Stack, Stage, Token } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnACL } from 'aws-cdk-lib/aws-memorydb';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AccessString, Acl, Cluster, EngineVersion, IamUser, NodeType, ParameterGroup, PasswordUser, SubnetGroup } from '../src';
import { ACCOUNT, importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

const accessString = AccessString.fullAccess();

/** The rules of the service: MemoryDB Developer Guide, "Creating a cluster". */
const VALID = /^(?=.{1,40}$)[a-z](?!.*--)[a-z0-9-]*(?<!-)$/;

/** One of everything that has a name. */
function defineAll(scope: Construct): void {
  const vpc = importedVpc(Stack.of(scope));
  const users = [new IamUser(scope, 'App', { accessString }), new PasswordUser(scope, 'Legacy', { accessString })];
  new Cluster(scope, 'Db', { vpc, nodeType: NodeType.T4G_SMALL, users });
}

/** The names in a template, by their property. */
function namesIn(stack: Stack): Record<string, string | string[]> {
  const template = templateOf(stack);
  const { ClusterName } = propertiesOf(template, 'AWS::MemoryDB::Cluster');
  const { ACLName } = propertiesOf(template, 'AWS::MemoryDB::ACL');
  const { SubnetGroupName } = propertiesOf(template, 'AWS::MemoryDB::SubnetGroup');
  const { ParameterGroupName } = propertiesOf(template, 'AWS::MemoryDB::ParameterGroup');
  const users = Object.values(template.findResources('AWS::MemoryDB::User')).map(({ Properties }) => Properties.UserName);
  return { ClusterName, ACLName, SubnetGroupName, ParameterGroupName, users };
}

function aclName(scope: Construct, id = 'Acl'): string {
  const acl = new Acl(scope, id);
  return Stack.of(scope).resolve((acl.node.defaultChild as CfnACL).aclName);
}

describe('generated', () => {
  test('names do not change from version to version of this library', () => {
    const stack = newStack(newApp(), 'Orders-Production');
    defineAll(new Construct(stack, 'Storage'));
    expect(namesIn(stack)).toEqual(PINNED);
  });

  test('names do not depend on the stages around a stack of the same name', () => {
    const stack = newStack(new Stage(new Stage(newApp(), 'Outer'), 'Inner'), 'Other', { stackName: 'Orders-Production' });
    defineAll(new Construct(stack, 'Storage'));
    expect(namesIn(stack)).toEqual(PINNED);
  });

  const PINNED = {
    ClusterName: 'orders-production-storage-db-bf42460d',
    ACLName: 'orders-producti-storage-db-acl-b2c071f5',
    SubnetGroupName: 'orders-producti-db-subnetgroup-5fc61013',
    ParameterGroupName: 'orders-producti-parametergroup-85a602a0',
    users: ['orders-production-storage-app-101429f0', 'orders-producti-storage-legacy-abf289c9'],
  };

  test('names are valid, whatever the ids are', () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !text.includes('/') && !(text in {}));
    const stackName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
    fc.assert(
      fc.property(stackName, fc.array(id, { maxLength: 4 }), id, (name, ids, last) => {
        const stack = new Stack(new App(), 'Stack', { stackName: name });
        expect(aclName(ids.reduce<Construct>((scope, some) => new Construct(scope, some), stack), last)).toMatch(VALID);
      }),
      { numRuns: 150 },
    );
  });

  test('names differ when paths do', () => {
    const word = fc.constantFrom('a', 'A', 'b', 'a-b', 'a.b', 'ä', 'x'.repeat(50), `${'x'.repeat(50)}y`);
    const path = fc.array(word, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (one, other) => {
        const nameOf = ([first, ...ids]: string[]) => {
          const stack = new Stack(new App(), 'Stack', { stackName: first.replace(/[^a-zA-Z-]/g, 'u') });
          return aclName(ids.slice(0, -1).reduce<Construct>((scope, some) => new Construct(scope, some), stack), ids.at(-1));
        };
        fc.pre(one[0] === other[0] && one.join('/') !== other.join('/'));
        expect(nameOf(one)).not.toBe(nameOf(other));
      }),
      { numRuns: 150 },
    );
  });

  test('names of the same ids in two stacks differ', () => {
    const app = newApp();
    const stacks = ['A', 'B', 'A-Db'].map((name) => newStack(app, name));
    stacks.forEach(defineAll);
    const all = stacks.flatMap((stack) => Object.values(namesIn(stack)).flat());
    expect(new Set(all).size).toBe(stacks.length * 6);
  });

  test('names of ids that differ in case only differ', () => {
    const stack = newStack();
    expect(aclName(stack, 'Acl')).not.toBe(aclName(stack, 'ACL'));
  });

  test('names in nested stacks are literal and differ from those outside', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    const inner = new NestedStack(nested, 'Inner');
    const names = [aclName(stack), aclName(nested), aclName(inner)];
    names.forEach((name) => expect(name).toMatch(VALID));
    expect(new Set(names).size).toBe(3);
    expect(propertiesOf(synth(stack).template(inner), 'AWS::MemoryDB::ACL').ACLName).toBe(names[2]);
  });

  test('names stay while other constructs come and go', () => {
    const stack = newStack();
    new Acl(stack, 'Another');
    expect(aclName(stack)).toBe(aclName(newStack()));
  });

  test('a parameter group has another name in another family, since it is replaced', () => {
    const nameIn = (engineVersion: EngineVersion) => {
      const stack = newStack();
      new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, engineVersion });
      return namesIn(stack);
    };
    const [redis7, redis71, valkey] = [EngineVersion.REDIS_7_0, EngineVersion.REDIS_7_1, EngineVersion.VALKEY_7_3].map(nameIn);
    expect(redis71).toEqual(redis7);
    expect(valkey.ParameterGroupName).not.toBe(redis7.ParameterGroupName);
    expect({ ...valkey, ParameterGroupName: '' }).toEqual({ ...redis7, ParameterGroupName: '' });
  });

  test('a family that is a token does not get into the name', () => {
    const nameOf = () => {
      const stack = newStack();
      const parameterGroupFamily = Lazy.string({ produce: () => 'memorydb_valkey7' });
      new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.of('valkey', '7.3', { parameterGroupFamily }) });
      return propertiesOf(templateOf(stack), 'AWS::MemoryDB::ParameterGroup').ParameterGroupName;
    };
    expect(nameOf()).toBe(nameOf());
  });

  test('names are generated for PhysicalName.GENERATE_IF_NEEDED, too', () => {
    const name = PhysicalName.GENERATE_IF_NEEDED;
    const define = (given: typeof name | undefined) => {
      const stack = newStack();
      const vpc = importedVpc(stack);
      const user = new IamUser(stack, 'App', { accessString, userName: given });
      new PasswordUser(stack, 'Legacy', { accessString, userName: given });
      const acl = new Acl(stack, 'Acl', { aclName: given, users: [user] });
      const parameterGroup = new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3, parameterGroupName: given });
      const subnetGroup = new SubnetGroup(stack, 'Subnets', { vpc, subnetGroupName: given });
      new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL, clusterName: given, acl, parameterGroup, subnetGroup });
      return namesIn(stack);
    };
    expect(define(name)).toEqual(define(undefined));
  });
});

describe('given', () => {
  const names = { cluster: 'orders', acl: 'orders-acl', app: 'orders-app', legacy: 'orders-legacy', parameters: 'orders-parameters', subnets: 'orders-subnets' };

  function defineNamed(stack: Stack, given: typeof names): void {
    const vpc = importedVpc(stack);
    const users = [
      new IamUser(stack, 'App', { accessString, userName: given.app }),
      new PasswordUser(stack, 'Legacy', { accessString, userName: given.legacy }),
    ];
    const acl = new Acl(stack, 'Acl', { users, aclName: given.acl });
    const parameterGroup = new ParameterGroup(stack, 'Parameters', { engineVersion: EngineVersion.VALKEY_7_3, parameterGroupName: given.parameters });
    const subnetGroup = new SubnetGroup(stack, 'Subnets', { vpc, subnetGroupName: given.subnets });
    new Cluster(stack, 'Db', { vpc, nodeType: NodeType.T4G_SMALL, clusterName: given.cluster, acl, parameterGroup, subnetGroup });
  }

  test('names are taken as they are', () => {
    const stack = newStack();
    defineNamed(stack, names);
    expect(namesIn(stack)).toEqual({
      ClusterName: 'orders',
      ACLName: 'orders-acl',
      SubnetGroupName: 'orders-subnets',
      ParameterGroupName: 'orders-parameters',
      users: ['orders-app', 'orders-legacy'],
    });
  });

  test('names can be parameters of the template', () => {
    const stack = newStack();
    const parameter = (id: string) => new CfnParameter(stack, id).valueAsString;
    defineNamed(stack, {
      cluster: parameter('Cluster'),
      acl: parameter('AclName'),
      app: parameter('AppName'),
      legacy: parameter('LegacyName'),
      parameters: parameter('Group'),
      subnets: parameter('SubnetsName'),
    });
    expect(namesIn(stack)).toEqual({
      ClusterName: { Ref: 'Cluster' },
      ACLName: { Ref: 'AclName' },
      SubnetGroupName: { Ref: 'SubnetsName' },
      ParameterGroupName: { Ref: 'Group' },
      users: [{ Ref: 'AppName' }, { Ref: 'LegacyName' }],
    });
  });

  test.each(['a', 'a1', 'a-b', 'x'.repeat(40)])('%s is a valid name', (name) => {
    expect(new Acl(newStack(), 'Acl', { aclName: name }).node.defaultChild).toMatchObject({ aclName: name });
  });

  test.each([
    ['', 'leave it out to have one generated'],
    ['-', 'leave it out to have one generated'],
    ['1', 'leave it out to have one generated'],
    ['My_Acl', 'for example "my-acl", or leave it out to have one generated'],
    ['9.acl', 'for example "acl", or leave it out to have one generated'],
    ['a--b-', 'for example "a-b", or leave it out to have one generated'],
    ['orders\n', 'for example "orders", or leave it out to have one generated'],
  ])('fails with %j and a suggestion', (name, suggestion) => {
    expect(() => new Acl(newStack(), 'Acl', { aclName: name })).toThrow(
      "'aclName' must have 1-40 lower-case letters, digits and single hyphens, start with a letter and not end with a hyphen, " +
        `got ${JSON.stringify(name)} (${name.length} characters); ${suggestion}`,
    );
  });

  test('every name that is taken is valid, every suggestion would be', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aB1-_.'), maxLength: 45 }), (name) => {
        try {
          new Acl(newStack(), 'Acl', { aclName: name });
          expect(name).toMatch(VALID);
        } catch (error) {
          expect(name).not.toMatch(VALID);
          const suggested = /for example "(.*)", or/.exec(String(error))?.[1];
          expect(suggested ?? 'none').toMatch(VALID);
        }
      }),
    );
  });
});

describe('across', () => {
  const anotherRegion = { env: { account: ACCOUNT, region: 'us-east-1' } };

  function consume(stack: Stack, cluster: Cluster, user: IamUser): any {
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    cluster.grants.connect(role, user);
    const template = templateOf(stack);
    return propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument.Statement[0].Resource;
  }

  function define(stack: Stack, names: { clusterName?: string; userName?: string } = {}): [Cluster, IamUser] {
    const user = new IamUser(stack, 'App', { accessString, userName: names.userName });
    return [new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, users: [user], clusterName: names.clusterName }), user];
  }

  test.each([
    ['generated', {}],
    ['given', { clusterName: 'orders', userName: 'orders-app' }],
    ['token', { clusterName: Token.asString({ Ref: 'AWS::StackName' }), userName: Token.asString({ Ref: 'AWS::StackName' }) }],
  ])('stacks of one Region, %s names are imported', (_, names) => {
    const app = newApp();
    const resources = consume(newStack(app, 'Consumer'), ...define(newStack(app, 'Producer'), names));
    expect(resources).toEqual([
      { 'Fn::ImportValue': expect.stringMatching(/^Producer:ExportsOutputFnGetAttDb.*ARN/) },
      { 'Fn::ImportValue': expect.stringMatching(/^Producer:ExportsOutputFnGetAttApp.*Arn/) },
    ]);
  });

  test.each([
    ['generated', {}, /^producer-db-[0-9a-f]{8}$/, /^producer-app-[0-9a-f]{8}$/],
    ['given', { clusterName: 'orders', userName: 'orders-app' }, /^orders$/, /^orders-app$/],
  ])('Regions, %s names are literal in the ARNs', (_, names, clusterName, userName) => {
    const app = newApp();
    const resources = consume(newStack(app, 'Consumer', anotherRegion), ...define(newStack(app, 'Producer'), names));
    const arns = resources.map((resource: any) => resource['Fn::Join'][1].join('').split(':').slice(2));
    expect(arns[0]).toEqual(['memorydb', 'eu-west-1', ACCOUNT, expect.stringMatching(/^cluster\//)]);
    expect(arns[0][3].slice('cluster/'.length)).toMatch(clusterName);
    expect(arns[1][3].slice('user/'.length)).toMatch(userName);
  });

  test.each([
    ['generated', {}],
    ['token', { clusterName: Token.asString({ Ref: 'AWS::StackName' }), userName: Token.asString({ Ref: 'AWS::StackName' }) }],
  ])('Regions with crossRegionReferences, %s names are read from there', (_, names) => {
    const app = newApp();
    const producer = newStack(app, 'Producer', { crossRegionReferences: true });
    const consumer = newStack(app, 'Consumer', { ...anotherRegion, crossRegionReferences: true });
    const resources = consume(consumer, ...define(producer, names));
    expect(resources).toHaveLength(2);
    synth(producer).template(producer).hasResource('Custom::CrossRegionExportWriter', Match.anyValue());
  });

  test('a nested stack, names are handed over as parameters', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    const [cluster] = define(stack);
    new Acl(nested, 'Acl', { users: [new IamUser(stack, 'Other', { accessString })] });
    const template = synth(stack).template(nested);
    expect(propertiesOf(template, 'AWS::MemoryDB::ACL').UserNames).toEqual([{ Ref: expect.stringContaining('Other') }]);
    expect(cluster.clusterName).toBeDefined();
  });
});
