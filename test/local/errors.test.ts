import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { clusterTemplate, user } from './fixtures';
import { startLocal } from '../../src/local';

const USERS = { app: user('app', 'on ~* +@all') };

function group(Family: string, Parameters: object = {}) {
  return { Type: 'AWS::MemoryDB::ParameterGroup', Properties: { ParameterGroupName: 'group', Family, Parameters } };
}

test.each([
  ['an ACL that is in no stack', clusterTemplate(USERS, { ACLName: 'made-elsewhere' }), /^the ACL "made-elsewhere" of cluster Template\/Cluster is in no stack .* same cloud assembly/],
  [
    'a user who is in no stack',
    clusterTemplate(USERS, {}, { Acl: { Type: 'AWS::MemoryDB::ACL', Properties: { ACLName: 'orders', UserNames: ['stranger'] } } }),
    /^user "stranger" of ACL "orders" \(Template\/Acl\) is in no stack/,
  ],
  ['TLS off behind an ACL', clusterTemplate(USERS, { TLSEnabled: false }), /^cluster "orders" .* TLSEnabled false with ACL "orders"/],
  ['too many replicas', clusterTemplate(USERS, { NumReplicasPerShard: 6 }), /^NumReplicasPerShard of cluster Template\/Cluster must be a whole number between 0 and 5, got 6/],
  ['no shard', clusterTemplate(USERS, { NumShards: 0 }), /^NumShards .* between 1 and 500, got 0/],
  [
    'a short password',
    clusterTemplate({ app: user('app', 'on ~* +@all', { Type: 'password', Passwords: ['short'] }) }),
    /^a password of user Template\/app is one that the service refuses: use 16 to 128/,
  ],
  ['a name that leads out of the data directory', clusterTemplate(USERS, { ClusterName: '../../orders' }), /^ClusterName of Template\/Cluster must be 1 to 40/],
  ['a name of two lines', clusterTemplate(USERS, { ClusterName: 'a\nexport X=1' }), /^ClusterName of Template\/Cluster .* got "a\\nexport X=1"$/],
  ['a capital letter in a user name', clusterTemplate({ app: user('App', 'on') }), /^UserName of Template\/app must be .* got "App"$/],
  ['the built-in user in an ACL', clusterTemplate({ app: user('default', 'on') }), /^UserName of Template\/app is "default", the built-in user/],
  ['a user who is there twice', clusterTemplate({ app: user('app', 'on'), again: user('app', 'on') }), /^UserNames of ACL Template\/Acl has "app" more than once/],
  [
    'an IAM user with a password',
    clusterTemplate({ app: user('app', 'on', { Type: 'iam', Passwords: ['sixteen-or-more-characters'] }) }),
    /^AuthenticationMode of user Template\/app must have .* got the Type "iam" with 1 Passwords$/,
  ],
  ['keys of the L1 in small letters', clusterTemplate({ app: user('app', 'on', { type: 'iam' }) }), /^AuthenticationMode .* got the Type undefined with 0 Passwords$/],
  [
    'an IAM user on an engine without IAM',
    clusterTemplate(USERS, { Engine: 'redis', EngineVersion: '6.2' }),
    /^user Template\/app signs in with IAM, which cluster Template\/Cluster with EngineVersion 6 cannot do: use version 7.0/,
  ],
  ['the same without the name of the engine', clusterTemplate(USERS, { EngineVersion: '6.2' }), /^user Template\/app signs in with IAM/],
  [
    'a group of another engine',
    clusterTemplate(USERS, { Engine: 'valkey', EngineVersion: '7.3', ParameterGroupName: 'group' }, { Group: group('memorydb_redis7') }),
    /^ParameterGroupName of cluster Template\/Cluster must name a group of the family "memorydb_valkey7" for its engine, got "group" of the family "memorydb_redis7"$/,
  ],
  [
    'a default group of another engine',
    clusterTemplate(USERS, { Engine: 'redis', EngineVersion: '7.1', ParameterGroupName: 'default.memorydb-valkey7.search' }),
    /^ParameterGroupName .* "memorydb_redis7" for its engine, got "default.memorydb-valkey7.search" of the family "memorydb_valkey7"$/,
  ],
  [
    'a parameter value that the service refuses',
    clusterTemplate(USERS, { ParameterGroupName: 'group' }, { Group: group('memorydb_valkey7', { timeout: 5 }) }),
    /^parameter "timeout" of Template\/Group must be 0 or a whole number from 20 on, got "5"$/,
  ],
  [
    'a parameter that the service does not have',
    clusterTemplate(USERS, { ParameterGroupName: 'group' }, { Group: group('memorydb_valkey7', { 'timeout\nbind': '0.0.0.0' }) }),
    /^Parameters of Template\/Group has "timeout\\nbind", which is no parameter of the family "memorydb_valkey7": leave it out$/,
  ],
  [
    'a parameter of another family',
    clusterTemplate(USERS, { ParameterGroupName: 'group' }, { Group: group('memorydb_redis6', { 'search-enabled': 'yes' }) }),
    /^Parameters of Template\/Group has "search-enabled", which is no parameter of the family "memorydb_redis6"/,
  ],
  [
    'two clusters of one name',
    clusterTemplate(USERS, {}, { Second: clusterTemplate(USERS).Resources.Cluster }),
    /^ClusterName of Template\/Second is "orders", as that of Template\/Cluster in the same Region, the service refuses that/,
  ],
  ['a template without clusters', { Resources: {} }, /^found no AWS::MemoryDB::Cluster in Template/],
])('fails on %s', async (_, template, message) => {
  await expect(startLocal({ template })).rejects.toThrow(message);
});

test.each([
  ['on >secret-password-in-here ~* +@all', />\.\.\..*passwords belong in AuthenticationMode/],
  ['on (~a* +get >secret-password-in-here)', />\.\.\..*passwords belong in AuthenticationMode/],
  ['on ((>secret-password-in-here)', />\.\.\..*passwords belong in AuthenticationMode/],
  ['on (~a* +@all', /has a parenthesis that is not closed/],
  ['on nopass ~* +@all', /contains "nopass", the service refuses that/],
  ['on ~* +@all reset', /contains "reset"/],
  ['on ~* +@all -@dangerus', /^the access string of user "app" \(Template\/app\) is refused by the server: .*-@dangerus/],
  ['on ~* +@all -flushal', /is refused by the server: .*-flushal/],
  ['on (~a* +@read +@search -flushal)', /is refused by the server: .*-flushal/],
  ['on ~* +@all nonsense', /^the access string of user "app" \(Template\/app\) is refused by the server: .*nonsense/],
])('fails on the access string %j', async (accessString, message) => {
  const error = await startLocal({ template: clusterTemplate({ app: user('app', accessString) }) }).catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain('secret-password-in-here');
});

test('fails on a server that is not there', async () => {
  await expect(startLocal({ template: clusterTemplate(USERS), server: '/nowhere/valkey-server' }))
    .rejects.toThrow(/^server "\/nowhere\/valkey-server" is not an executable file, give the path/);
});

test('fails when no server is on PATH', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    await expect(startLocal({ template: clusterTemplate(USERS) })).rejects.toThrow(/^found neither valkey-server nor redis-server on PATH, install one/);
  } finally {
    restore('PATH', path);
  }
});

test('fails with the words of a server that does not start, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
  const server = join(folder, 'broken-server');
  writeFileSync(server, '#!/bin/sh\necho cannot find my libraries >&2\nexit 1\n', { mode: 0o755 });
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    await expect(startLocal({ template: clusterTemplate(USERS), server })).rejects.toThrow(/^the server did not start .*\ncannot find my libraries$/s);
    expect(readdirSync(folder)).toEqual(['broken-server']);
  } finally {
    restore('TMPDIR', temporary);
    rmSync(folder, { recursive: true });
  }
});

test('fails when time runs out, with the end of a log', async () => {
  await expect(startLocal({ template: clusterTemplate(USERS), startTimeout: 300 }))
    .rejects.toThrow(/^cluster "orders" \(Template\/Cluster\) did not start: node orders-0001-00\d: .* after 300 ms, the end of its log:\n.*/s);
});

test.each([
  [{ host: 'two words' }, /^host must be a host name/],
  [{ host: '10.0.0.1' }, /^host must be a host name of this machine or 127.0.0.1, got "10.0.0.1"/],
  // An address in another notation and a name that is too long: no name server is asked for either.
  [{ host: '0x0a000001' }, /^host "0x0a000001" must lead to 127.0.0.1 or ::1, where the servers listen, but leads to 10.0.0.1: use "localhost"/],
  [{ host: 'a'.repeat(64) }, /^host "a{64}" must lead to 127.0.0.1, but cannot be resolved \(.*\): use "localhost"/],
  [{ template: undefined, app: '' }, /^app must name a directory, got ""/],
  [{ dataDir: '' }, /^dataDir must name a directory, got ""/],
  [{ dataDir: 'package.json' }, /^data directory "\/.*\/package.json" cannot be used: ENOTDIR.*; choose one that can be made and written$/],
  [{ dataDir: 'package.json/data' }, /^data directory "\/.*\/package.json\/data" cannot be used: ENOTDIR/],
  [{ dataDir: '/proc/memorydb/data' }, /^data directory "\/proc\/memorydb\/data" cannot be used: E/],
  [{ dataDir: 'src' }, /^data directory "\/.*\/src" holds files that are not of MemoryDB Local, choose one that is empty or does not exist$/],
  [{ nodeTimeout: 1 }, /^nodeTimeout must be/],
  [{ startTimeout: 0 }, /^startTimeout must be/],
  [{ template: undefined, app: '/nowhere' }, /^found no cloud assembly in "\/nowhere": .* synthesize the app first/],
])('fails on the options %j', async (options, message) => {
  await expect(startLocal({ template: clusterTemplate(USERS), ...options })).rejects.toThrow(message);
});

test.each([
  ['is relative', (folder: string) => relative('', folder)],
  ['is longer than the path of a socket may be', (folder: string) => {
    const long = join(folder, 'long'.repeat(30));
    mkdirSync(long);
    return long;
  }],
])('starts where TMPDIR %s', async (_, temporaryIn) => {
  const folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = temporaryIn(folder);
  try {
    const local = await startLocal({ template: clusterTemplate(USERS, { NumReplicasPerShard: 0 }) });
    expect(await local.nodes[0].call('PING')).toBe('PONG');
    await local.stop();
    expect(existsSync(local.caFile)).toBe(false);
  } finally {
    restore('TMPDIR', temporary);
    rmSync(folder, { recursive: true });
  }
});

test('fails where TMPDIR is not there', async () => {
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = '/nowhere';
  try {
    await expect(startLocal({ template: clusterTemplate(USERS) })).rejects.toThrow(/^cannot make a temporary directory: ENOENT.*; set TMPDIR to/);
  } finally {
    restore('TMPDIR', temporary);
  }
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) {
    delete process.env[name];
  } else {
    process.env[name] = value;
  }
}
