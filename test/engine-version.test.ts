import { Token } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { EngineVersion } from '../src/engine-version';

const TOKEN = Token.asString({ Ref: 'Version' });

test.each([
  [EngineVersion.REDIS_6_2, 'redis 6.2', 'memorydb_redis6', { iam: false, search: false, multiRegion: false }],
  [EngineVersion.REDIS_7_0, 'redis 7.0', 'memorydb_redis7', { iam: true, search: false, multiRegion: false }],
  [EngineVersion.REDIS_7_1, 'redis 7.1', 'memorydb_redis7', { iam: true, search: true, multiRegion: false }],
  [EngineVersion.VALKEY_7_2, 'valkey 7.2', 'memorydb_valkey7', { iam: true, search: true, multiRegion: false }],
  [EngineVersion.VALKEY_7_3, 'valkey 7.3', 'memorydb_valkey7', { iam: true, search: true, multiRegion: true }],
  [EngineVersion.of('valkey', '7.10'), 'valkey 7.10', 'memorydb_valkey7', { iam: true, search: true, multiRegion: true }],
  [EngineVersion.of('valkey', '10.0'), 'valkey 10.0', 'memorydb_valkey10', { iam: true, search: true, multiRegion: true }],
  [EngineVersion.of('redis', '6.3'), 'redis 6.3', 'memorydb_redis6', { iam: false, search: false, multiRegion: false }],
])('%s is %s of family %s and can %j', (version, text, family, can) => {
  expect(version.toString()).toBe(text);
  expect(version.parameterGroupFamily).toBe(family);
  expect(version.supportsKeyPermissions).toBe(can.iam);
  expect({ iam: version.supportsIamUsers, search: version.supportsVectorSearch, multiRegion: version.supportsMultiRegion }).toEqual(can);
  // Both came with engine 7.0.
  expect(version.supportsKeyPermissions).toBe(can.iam);
});

test('a given family wins', () => {
  expect(EngineVersion.of('valkey', '8.0', { parameterGroupFamily: 'memorydb_valkey7' }).parameterGroupFamily).toBe('memorydb_valkey7');
});

test('nothing is checked of a token', () => {
  const version = EngineVersion.of(TOKEN, TOKEN, { parameterGroupFamily: TOKEN });
  expect(version.supportsIamUsers && version.supportsKeyPermissions && version.supportsVectorSearch && version.supportsMultiRegion).toBe(true);
});

test.each([
  ['valkey', TOKEN],
  [TOKEN, '7.3'],
])('fails for a token without a family', (engine, version) => {
  expect(() => EngineVersion.of(engine, version)).toThrow(/^'parameterGroupFamily' must be given when 'engine' or 'version' is a token/);
});
