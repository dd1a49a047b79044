import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, NestedStack, Stack, StackProps, Stage } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnACL, CfnCluster, CfnUser } from 'aws-cdk-lib/aws-memorydb';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withClusterClient } from './fixtures';
import { Local, startLocal } from '../../src/local';
import { readAssembly } from '../../src/local/assembly';

class Users extends Stack {
  readonly acl: CfnACL;
  readonly secret: CfnSecret;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.secret = new CfnSecret(this, 'Secret', { generateSecretString: {} });
    const app = new CfnUser(this, 'AppUser', {
      userName: 'app',
      accessString: 'on ~* &* +@all',
      authenticationMode: { Type: 'password', Passwords: [`{{resolve:secretsmanager:${this.secret.ref}:SecretString:password::}}`] },
    });
    const iam = new CfnUser(this, 'IamUser', { userName: 'worker', accessString: 'on ~jobs:* +@all', authenticationMode: { Type: 'iam' } });
    this.acl = new CfnACL(this, 'Acl', { aclName: 'orders', userNames: [app.ref, iam.ref] });
  }
}

class Data extends Stack {
  readonly cluster: CfnCluster;

  constructor(scope: Construct, id: string, acl: CfnACL) {
    super(scope, id, { stackName: `${id}-named` });
    this.cluster = new CfnCluster(this, 'Cluster', { clusterName: 'orders', aclName: acl.ref, nodeType: 'db.t4g.small', numReplicasPerShard: 0 });
  }
}

/** One function and one container that connect, one function that does not. */
class Web extends Stack {
  constructor(scope: Construct, id: string, cluster: CfnCluster, secret: CfnSecret, props?: StackProps) {
    super(scope, id, props);
    const code = { handler: 'index.handler', runtime: 'nodejs22.x', role: 'arn:aws:iam::000000000000:role/any', code: { zipFile: 'exports.handler = 1' } };
    const connection = (prefix: string, auth: string, user: string) => ({
      [`${prefix}_HOST`]: cluster.attrClusterEndpointAddress,
      [`${prefix}_PORT`]: '6379',
      [`${prefix}_TLS`]: 'true',
      [`${prefix}_AUTH`]: auth,
      [`${prefix}_USERNAME`]: user,
      [`${prefix}_CLUSTER_NAME`]: cluster.ref,
      [`${prefix}_REGION`]: this.region,
      ...auth === 'secret' ? { [`${prefix}_SECRET_ARN`]: secret.ref } : {},
    });
    const handler = new CfnFunction(this, 'Handler', {
      ...code,
      functionName: 'orders-handler',
      environment: { variables: { ...connection('MEMORYDB', 'secret', 'app'), TABLE: 'orders', URL: `rediss://${cluster.attrClusterEndpointAddress}` } },
    });
    handler.addMetadata('aws:cdk:path', `${id}/Handler/Resource`);
    new CfnFunction(this, 'Idle', { ...code, environment: { variables: { SOME_HOST: 'example.org' } } });
    new CfnTaskDefinition(this, 'Task', {
      containerDefinitions: [{
        name: 'worker',
        image: 'worker',
        environment: Object.entries(connection('JOBS', 'iam', 'worker')).map(([name, value]) => ({ name, value })),
      }],
    });
    new CfnOutput(this, 'Host', { value: cluster.attrClusterEndpointAddress });
  }
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function synthesize(name: string, build: (scope: Construct) => void): string {
  const app = new App({ outdir: join(folder, name), analyticsReporting: false });
  build(app);
  return app.synth().directory;
}

function buildAll(scope: Construct): void {
  const users = new Users(scope, 'Users');
  const data = new Data(scope, 'Data', users.acl);
  new Web(scope, 'Web', data.cluster, users.secret);
}

describe('an app of three stacks', () => {
  let local: Local;

  beforeAll(async () => {
    local = await startLocal({ app: synthesize('three', buildAll) });
  });

  afterAll(async () => local?.stop());

  test('a cluster finds its users in another stack', () => {
    expect(local.clusters).toHaveLength(1);
    expect(local.clusters[0]).toMatchObject({ stackName: 'Data-named', logicalId: 'Cluster', name: 'orders' });
    expect(local.clusters[0].users.map((user) => user.name)).toEqual(['app', 'worker']);
  });

  test('a function gets its whole environment with local connection values', async () => {
    const [cluster] = local.clusters;
    const environment = local.environment({ function: 'Handler' });
    expect(environment).toEqual({
      MEMORYDB_HOST: 'localhost',
      MEMORYDB_PORT: String(cluster.port),
      MEMORYDB_TLS: 'true',
      MEMORYDB_AUTH: 'password',
      MEMORYDB_USERNAME: 'app',
      MEMORYDB_PASSWORD: cluster.users[0].password,
      MEMORYDB_CLUSTER_NAME: 'orders',
      MEMORYDB_REGION: 'us-east-1',
      MEMORYDB_CA_FILE: local.caFile,
      TABLE: 'orders',
      URL: 'rediss://localhost',
    });
    await withClusterClient(environment, async (client) => expect(await client.set('key', 'value')).toBe('OK'));
  });

  test.each(['Handler', 'Hand', 'orders-handler', 'Web/Handler', 'Web/Handler/Resource'])('%j is a name of that function', (name) => {
    expect(local.environment({ function: name }).TABLE).toBe('orders');
  });

  test.each(['worker', 'Task/worker', 'Web/Task/worker'])('%j is a name of the container, which has a prefix of its own', (name) => {
    const environment = local.environment({ container: name });
    expect(environment).toEqual(local.clusters[0].environment('worker', 'JOBS'));
  });

  test('a function that does not connect keeps its environment', () => {
    expect(local.environment({ function: 'Idle' })).toEqual({ SOME_HOST: 'example.org' });
  });

  test('fails without a choice among several, naming those that connect', () => {
    expect(() => local.environment()).toThrow('several functions or containers connect to a cluster, choose one: Web/Handler, Web/Task/worker');
  });

  test('fails on a choice that is not there', () => {
    expect(() => local.environment({ function: 'Other' })).toThrow('found no function "Other", choose one: Web/Handler, Web/Idle');
    expect(() => local.environment({ container: 'other' })).toThrow('found no container "other", choose one: Web/Task/worker');
    expect(() => local.environment({ function: '' })).toThrow('function "" may be any of several, choose one: Web/Handler, Web/Idle');
    expect(() => local.environment({ function: 'Handler', container: 'worker' })).toThrow(/choose one/);
  });
});

describe('a choice of stacks', () => {
  const locals: Local[] = [];
  const start = async (options: Parameters<typeof startLocal>[0]) => {
    const local = await startLocal(options);
    locals.push(local);
    return local;
  };

  afterEach(async () => {
    await Promise.all(locals.splice(0).map(async (local) => local.stop()));
  });

  test('stages are read too, and clusters of the same name do not disturb each other', async () => {
    const app = synthesize('stages', (scope) => ['Beta', 'Prod'].forEach((id) => buildAll(new Stage(scope, id))));
    expect(readAssembly(app).map(({ name, path }) => [name, path])).toContainEqual(['Beta-Users', 'Beta/Users']);
    const both = await start({ app });
    expect(both.clusters.map((cluster) => `${cluster.name} ${cluster.users.map((user) => user.name).join()}`)).toEqual(['orders app,worker', 'orders app,worker']);
    const [beta, prod] = both.clusters;
    expect(beta.users[0].password).not.toBe(prod.users[0].password);
    const environments = ['Beta-Web/Handler', 'Prod-Web/Handler'].map((name) => both.environment({ function: name }));
    expect(environments.map((environment) => environment.MEMORYDB_PORT)).toEqual([String(beta.port), String(prod.port)]);
    expect(environments.map((environment) => environment.MEMORYDB_PASSWORD)).toEqual([beta.users[0].password, prod.users[0].password]);
    await expect(startLocal({ app, stack: 'Data' })).rejects.toThrow(/^stack "Data" is not in the cloud assembly, choose one of its stacks: Beta-?Users, /);
  });

  test('nested stacks and those of another Region are followed', async () => {
    const app = synthesize('nested', (scope) => {
      const env = (region: string) => ({ env: { account: '111111111111', region }, crossRegionReferences: true });
      const users = new Users(scope, 'Users', env('eu-west-1'));
      const nested = new NestedStack(users, 'Nested');
      const cluster = new CfnCluster(nested, 'Cluster', { clusterName: 'orders', aclName: users.acl.ref, nodeType: 'db.t4g.small', numReplicasPerShard: 0 });
      const code = { handler: 'index.handler', runtime: 'nodejs22.x', role: 'arn:aws:iam::000000000000:role/any', code: { zipFile: 'exports.handler = 1' } };
      new CfnFunction(users, 'Inner', code);
      new CfnFunction(new NestedStack(users, 'Other'), 'Inner', {
        ...code,
        environment: { variables: { MEMORYDB_HOST: cluster.attrClusterEndpointAddress, MEMORYDB_USERNAME: 'worker' } },
      });
      new Web(scope, 'Far', cluster, users.secret, env('us-west-2'));
    });
    const local = await start({ app, stack: 'Users' });
    expect(local.clusters.map(({ stackName, users }) => [stackName, users.map((user) => user.name)])).toEqual([
      ['Users/NestedNestedStackNestedNestedStackResourceDEFDAA4D', ['app', 'worker']],
    ]);
    expect(local.environment({ function: 'Users/Other/Inner' })).toEqual(local.clusters[0].environment('worker'));
    expect(local.environment({ function: 'Users/Inner' })).toEqual({});
    expect(() => local.environment({ function: 'Inner' })).toThrow('function "Inner" may be any of several, choose one: Users/Inner, Users/Other');
    expect(local.environment({ function: 'Far/Handler' })).toEqual({ ...local.clusters[0].environment('app'), TABLE: 'orders', URL: 'rediss://localhost' });
  });

  test.each(['Data-named', 'Data'])('a stack may be chosen by its name or its id: %s', async (stack) => {
    const local = await start({ app: synthesize(`chosen-${stack}`, buildAll), stack });
    expect(local.clusters.map((cluster) => cluster.stackName)).toEqual(['Data-named']);
  });

  test('the only function that connects is the default', async () => {
    const app = synthesize('one', (scope) => {
      const users = new Users(scope, 'Users');
      const { cluster } = new Data(scope, 'Data', users.acl);
      new CfnFunction(new Stack(scope, 'Web'), 'Handler', {
        role: 'arn:aws:iam::000000000000:role/any',
        code: { zipFile: 'exports.handler = 1' },
        handler: 'index.handler',
        runtime: 'nodejs22.x',
        environment: { variables: { CACHE_HOST: 'known-only-to-aws', CACHE_CLUSTER_NAME: cluster.ref, CACHE_USERNAME: 'worker' } },
      });
    });
    const local = await start({ app });
    expect(local.environment()).toEqual(local.clusters[0].environment('worker', 'CACHE'));
  });

  test.each([
    [{ function: 'Other' }, 'found no function "Other", choose one: Web/Handler, Web/Idle'],
    [{}, 'several functions or containers connect to a cluster, choose one: Web/Handler, Web/Task/worker'],
  ])('fails on the consumer %j before it looks for a server', async (consumer, message) => {
    await expect(startLocal({ app: synthesize(`consumer-${Object.keys(consumer)}`, buildAll), server: '/nowhere', consumer })).rejects.toThrow(message);
  });

  test('paths are also known from a manifest that holds all metadata itself', () => {
    const app = synthesize('inline', buildAll);
    const manifest = JSON.parse(readFileSync(join(app, 'manifest.json'), 'utf8'));
    const { additionalMetadataFile: file, ...web } = manifest.artifacts.Web;
    manifest.artifacts.Web = { ...web, metadata: JSON.parse(readFileSync(join(app, file), 'utf8')) };
    writeFileSync(join(app, 'manifest.json'), JSON.stringify(manifest));
    const stack = readAssembly(app).find(({ name }) => name === 'Web');
    expect(stack?.constructs?.get('Idle')).toBe('Web/Idle');
  });

  test('fails on a stack without clusters', async () => {
    await expect(startLocal({ app: synthesize('empty', buildAll), stack: 'Users' })).rejects.toThrow(/^found no AWS::MemoryDB::Cluster/);
  });

  test('fails on a damaged assembly', async () => {
    const app = synthesize('damaged', buildAll);
    writeFileSync(join(app, 'manifest.json'), '{');
    await expect(startLocal({ app })).rejects.toThrow(/manifest\.json is not JSON, synthesize the app again/);
  });
});
