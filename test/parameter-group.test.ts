import { Aspects, Lazy, Token, Validations } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { EngineVersion, ParameterGroup } from '../src';
import { newStack, propertiesOf, synth, templateOf } from './support/synth';
import { KNOWN_FAMILIES, PARAMETERS } from '../src/private/parameters';

const { REDIS_6_2, REDIS_7_1, VALKEY_7_3 } = EngineVersion;
const TYPE = 'AWS::MemoryDB::ParameterGroup';

function define(parameters?: Record<string, string>, engineVersion = VALKEY_7_3): ParameterGroup {
  return new ParameterGroup(newStack(), 'Parameters', { engineVersion, parameters });
}

test('has the family of its engine and lets nothing be evicted', () => {
  const group = define();
  expect(group.family).toBe('memorydb_valkey7');
  expect(propertiesOf(templateOf(group.stack), TYPE)).toEqual({
    ParameterGroupName: expect.any(String),
    Family: 'memorydb_valkey7',
    Parameters: { 'maxmemory-policy': 'noeviction' },
  });
});

test('the last value counts', () => {
  const group = define({ 'maxmemory-policy': 'allkeys-lru', 'timeout': '20' });
  group.addParameter('timeout', '300');
  expect(propertiesOf(templateOf(group.stack), TYPE).Parameters).toEqual({ 'maxmemory-policy': 'allkeys-lru', 'timeout': '300' });
});

describe('values', () => {
  test.each(KNOWN_FAMILIES)('of %s take their defaults', (parameterGroupFamily) => {
    const group = define({}, EngineVersion.of('valkey', '1.0', { parameterGroupFamily }));
    const known = Object.entries(PARAMETERS).filter(([, { families }]) => families?.includes(parameterGroupFamily) !== false);
    known.forEach(([name, { defaultValue }]) => group.addParameter(name, defaultValue));
    expect(propertiesOf(templateOf(group.stack), TYPE).Parameters).toEqual(
      Object.fromEntries(known.map(([name, { defaultValue }]) => [name, defaultValue])),
    );
  });

  test.each([
    ['maxmemory-samples', '1'], ['notify-keyspace-events', 'KEA'], ['notify-keyspace-events', ''], ['activedefrag', 'yes'],
    ['active-expire-effort', '10'], ['timeout', '0'], ['timeout', '20'], ['slowlog-log-slower-than', '0'], ['hll-sparse-max-bytes', '16000'],
    ['client-query-buffer-limit', '1048576'], ['hash-max-listpack-entries', '0'], ['maxmemory-policy', 'volatile-ttl'],
  ])('%s takes %j', (name, value) => {
    expect(() => define({ [name]: value })).not.toThrow();
  });

  test.each([
    ['maxmemory-samples', '0', 'a whole number from 1 on'],
    ['maxmemory-samples', '1.5', 'a whole number from 1 on'],
    ['maxmemory-samples', '', 'a whole number from 1 on'],
    ['maxmemory-samples', '007', 'a whole number from 1 on'],
    ['maxmemory-samples', '9'.repeat(30), 'a whole number from 1 on'],
    ['timeout', '00', '0 or a whole number from 20 on'],
    ['active-expire-effort', '11', 'a whole number from 1 to 10'],
    ['active-expire-effort', '-1', 'a whole number from 1 to 10'],
    ['timeout', '1', '0 or a whole number from 20 on'],
    ['timeout', '19', '0 or a whole number from 20 on'],
    ['activedefrag', 'true', 'one of yes, no'],
    ['maxmemory-policy', 'none', 'one of volatile-lru, allkeys-lru'],
    ['notify-keyspace-events', 'KEy', 'empty or made of the letters'],
    ['hll-sparse-max-bytes', '16001', 'a whole number from 1 to 16000'],
  ])('fails for %s of %j', (name, value, allowed) => {
    expect(() => define({ [name]: value })).toThrow(`'${name}' must be ${allowed}`);
    expect(() => define().addParameter(name, value)).toThrow(`got ${JSON.stringify(value)}`);
  });
});

test.each([[20, '20 (number)'], [true, 'true (boolean)'], [null, 'null (object)']])('fails for the value %j, which is no text', (value, shown) => {
  expect(() => define({ timeout: value as unknown as string })).toThrow(
    `'timeout' must be given as text, got ${shown}; put it in quotes, and write yes or no for a switch`,
  );
});

describe('names', () => {
  test.each(['maxclients', 'maxmemory', 'Timeout', '', 'constructor', 'toString', '__proto__'])('fails for %j, which is no parameter', (name) => {
    expect(() => define().addParameter(name, '1')).toThrow(
      `'parameters' must name parameters that can be set in family memorydb_valkey7, got ${JSON.stringify(name)}; known are acllog-max-len, `,
    );
  });

  test.each([
    ['hash-max-ziplist-entries', VALKEY_7_3, 'memorydb_redis6'],
    ['activerehashing', REDIS_7_1, 'memorydb_redis6'],
    ['search-enabled', REDIS_6_2, 'memorydb_redis7 and memorydb_valkey7'],
  ])('fails for %s, which %s does not have', (name, engineVersion, families) => {
    expect(() => define({ [name]: '1' }, engineVersion)).toThrow(`got "${name}"; that one is of ${families}`);
  });

  test.each(['anything', 'constructor', 'toString'])('%s is not checked in an unknown family', (name) => {
    const group = define({ [name]: 'goes' }, EngineVersion.of('valkey', '9.0'));
    expect(propertiesOf(templateOf(group.stack), TYPE)).toMatchObject({ Family: 'memorydb_valkey9', Parameters: { [name]: 'goes' } });
  });
});

test.each([
  ['a value', 'timeout', Token.asString({ 'Fn::ImportValue': 'Timeout' })],
  ['a name', Lazy.string({ produce: () => 'timeout' }), 'anything'],
])('%s that is a token is not checked', (_, name, value) => {
  expect(propertiesOf(templateOf(define({ [name]: value }).stack), TYPE).Parameters).toHaveProperty('timeout');
});

describe('a warning that CloudFormation does not apply it', () => {
  test('is given for a value other than the default', () => {
    const group = define({ 'timeout': '300', 'acllog-max-len': '128' });
    expect(synth(group).warnings).toEqual([
      expect.stringMatching(/^Test\/Parameters: CloudFormation does not apply 'timeout' when it creates .*cdk-memorydb:parametersApplyOnUpdate\]$/),
    ]);
  });

  test('can be acknowledged', () => {
    const group = define({ 'timeout': '300', 'active-expire-effort': '2' });
    Validations.of(group).acknowledge({ id: 'cdk-memorydb:parametersApplyOnUpdate', reason: 'set by hand' });
    expect(synth(group).warnings).toEqual([]);
  });

  test('is not given for a value that is set back to the default', () => {
    const group = define({ 'timeout': '300', 'search-enabled': 'yes' });
    group.addParameter('timeout', '0');
    group.addParameter('search-enabled', 'no');
    expect(synth(group).warnings).toEqual([]);
  });

  test('is given for a value that an aspect sets', () => {
    const group = define({});
    Aspects.of(group.stack).add({ visit: (node) => node === group && group.addParameter('timeout', '300') });
    expect(synth(group).warnings).toEqual([expect.stringContaining("CloudFormation does not apply 'timeout'")]);
  });

  test('is not given for defaults', () => {
    expect(synth(define({ 'timeout': '0', 'maxmemory-policy': 'noeviction' })).warnings).toEqual([]);
  });
});

test('is imported by name or ARN', () => {
  const stack = newStack();
  const arn = 'arn:aws:memorydb:us-east-1:210987654321:parametergroup/orders';
  const byArn = ParameterGroup.fromParameterGroupArn(stack, 'ByArn', arn);
  expect(byArn.parameterGroupRef).toEqual({ parameterGroupName: 'orders', parameterGroupArn: arn });
  expect(byArn.env).toEqual({ account: '210987654321', region: 'us-east-1' });
  expect(ParameterGroup.isParameterGroup(byArn)).toBe(false);
  const byName = ParameterGroup.fromParameterGroupName(stack, 'ByName', 'default.memorydb-valkey7');
  expect(stack.resolve(byName.parameterGroupArn)).toEqual({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':memorydb:eu-west-1:123456789012:parametergroup/default.memorydb-valkey7']],
  });
});
