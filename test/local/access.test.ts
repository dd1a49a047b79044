import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asUser, clusterTemplate, user } from './fixtures';
import { Local, LocalCluster, startLocal } from '../../src/local';

const SECRET = { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } };
const SECRET_REFERENCE = { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Secret' }, ':SecretString:password::}}']] };
const BLOCKED = [
  'acl deluser nobody', 'acl load', 'acl save', 'acl setuser nobody', 'bgrewriteaof', 'bgsave', 'cluster addslots 1', 'cluster addslotsrange 1 2',
  'cluster delslots 1', 'cluster delslotsrange 1 2', 'cluster setslot 1 stable', 'config get port', 'config set timeout 1', 'debug sleep 0',
  'migrate 127.0.0.1 1 key 0 1', 'module list', 'psync ? -1', 'replicaof no one', 'save', 'shutdown', 'slaveof no one', 'sync',
];

describe('users of a template', () => {
  let local: Local;
  let cluster: LocalCluster;

  beforeAll(async () => {
    local = await startLocal({
      template: clusterTemplate({
        full: user('full', 'on ~* &* +@all'),
        reader: user('reader', 'on %R~orders:* -@all +@read +ping'),
        literal: user('literal', 'on ~* +@all', { Type: 'password', Passwords: ['first-password-of-two', 'second-password-of-two'] }),
        secretOne: user('secret-one', 'on ~* +@all', { Type: 'password', Passwords: [SECRET_REFERENCE] }),
        secretTwo: user('secret-two', 'on ~* +@all', { Type: 'password', Passwords: [{ 'Fn::Sub': '{{resolve:secretsmanager:${Secret}:SecretString:password}}' }] }),
        selector: user('selector', 'on (~a:* +@all)'),
        disabled: user('disabled', 'off ~* +@all'),
        vectors: user('vectors', 'on ~* +@read +@search +ft.search -json.del -waitaof (~v:* +@write +@json)'),
      }, { NumReplicasPerShard: 0 }, { Secret: SECRET }),
    });
    [cluster] = local.clusters;
  });

  afterAll(async () => local?.stop());

  const passwordOf = (name: string) => cluster.users.find((candidate) => candidate.name === name)!.password;
  const call = async (name: string, ...args: readonly string[]) => asUser(
    cluster, name, passwordOf(name), async (redis) => redis.call(args[0], ...args.slice(1)),
  );

  test('may do what their access strings say', async () => {
    expect(await call('full', 'SET', 'any', '1')).toBe('OK');
    expect(await call('reader', 'GET', 'orders:1')).toBeNull();
    expect(await call('selector', 'SET', 'a:1', '1')).toBe('OK');
  });

  test('fails with NOPERM for other keys and commands', async () => {
    await expect(call('reader', 'GET', 'users:1')).rejects.toThrow(/NOPERM.*key/);
    await expect(call('reader', 'SET', 'orders:1', '1')).rejects.toThrow(/NOPERM.*command/);
    await expect(call('selector', 'SET', 'b:1', '1')).rejects.toThrow(/NOPERM/);
  });

  test.each(BLOCKED)('fails on `%s` although the user has all commands', async (line) => {
    await expect(call('full', ...line.split(' '))).rejects.toThrow(/NOPERM/);
  });

  test('fails on a blocked command that a selector allows', async () => {
    await expect(call('selector', 'CONFIG', 'GET', 'port')).rejects.toThrow(/NOPERM/);
  });

  test('fails without signing in, as the default user and with a wrong password', async () => {
    await expect(asUser(cluster, 'default', '', async (redis) => redis.ping())).rejects.toThrow(/NOAUTH|WRONGPASS/);
    await expect(asUser(cluster, 'default', 'anything', async (redis) => redis.ping())).rejects.toThrow(/WRONGPASS/);
    await expect(asUser(cluster, 'full', 'wrong', async (redis) => redis.ping())).rejects.toThrow(/WRONGPASS/);
    await expect(call('disabled', 'PING')).rejects.toThrow(/WRONGPASS/);
  });

  test('sign in with each password of the template', async () => {
    expect(passwordOf('literal')).toBe('first-password-of-two');
    for (const password of ['first-password-of-two', 'second-password-of-two']) {
      expect(await asUser(cluster, 'literal', password, async (redis) => redis.ping())).toBe('PONG');
    }
  });

  test('share a password when they share a secret', async () => {
    expect(passwordOf('secret-one')).toBe(passwordOf('secret-two'));
    expect(passwordOf('secret-one')).not.toBe(passwordOf('full'));
    expect(await call('secret-two', 'PING')).toBe('PONG');
  });

  test('lose what this server does not know, with a notice', async () => {
    expect(local.notices).toEqual([
      '"+@search" in the access string of user "vectors" is left out, this server does not know it',
      '"+ft.search" in the access string of user "vectors" is left out, this server does not know it',
      '"-json.del" in the access string of user "vectors" is left out, this server does not know it',
      '"-waitaof" in the access string of user "vectors" is left out, this server does not know it',
      '"+@json" in the access string of user "vectors" is left out, this server does not know it',
    ]);
    expect(await call('vectors', 'GET', 'key')).toBeNull();
    expect(await call('vectors', 'SET', 'v:1', '1')).toBe('OK');
    await expect(call('vectors', 'SET', 'key', '1')).rejects.toThrow(/NOPERM/);
  });

  test('need a choice for the environment', () => {
    expect(() => cluster.environment()).toThrow(/has several users, choose one: full, reader/);
    expect(() => cluster.environment('nobody')).toThrow(/user "nobody" is not in the ACL of cluster "orders"/);
    expect(() => cluster.environment('full', 'no-prefix')).toThrow(/prefix "no-prefix" must match/);
    expect(cluster.environment('reader', 'ORDERS')).toEqual({
      ORDERS_HOST: 'localhost',
      ORDERS_PORT: String(cluster.port),
      ORDERS_TLS: 'true',
      ORDERS_AUTH: 'password',
      ORDERS_USERNAME: 'reader',
      ORDERS_PASSWORD: passwordOf('reader'),
      ORDERS_CLUSTER_NAME: 'orders',
      ORDERS_REGION: 'us-east-1',
      ORDERS_CA_FILE: local.caFile,
    });
  });
});

describe('open access without TLS', () => {
  let local: Local;

  beforeAll(async () => {
    local = await startLocal({ template: clusterTemplate({}, { ACLName: 'open-access', TLSEnabled: false, NumShards: 2 }) });
  });

  afterAll(async () => local?.stop());

  test('everybody may do everything but what is blocked', async () => {
    const [cluster] = local.clusters;
    await asUser(cluster, 'default', '', async (redis) => {
      expect(await redis.ping()).toBe('PONG');
      await expect(redis.config('GET', 'port')).rejects.toThrow(/NOPERM/);
    });
  });

  test('the environment says that nobody has to sign in', () => {
    expect(local.clusters[0].environment()).toEqual({
      MEMORYDB_HOST: 'localhost',
      MEMORYDB_PORT: String(local.clusters[0].port),
      MEMORYDB_TLS: 'false',
      MEMORYDB_AUTH: 'none',
      MEMORYDB_CLUSTER_NAME: 'orders',
      MEMORYDB_REGION: 'us-east-1',
    });
  });
});

test('an ACL without users lets nobody in, and the environment says so', async () => {
  const local = await startLocal({ template: clusterTemplate({}, { NumReplicasPerShard: 0 }) });
  try {
    expect(() => local.clusters[0].environment()).toThrow('nobody can sign in to cluster "orders": its ACL has no users, name one in UserNames');
    expect(() => local.environment()).toThrow('nobody can sign in');
  } finally {
    await local.stop();
  }
});
