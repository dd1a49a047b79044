import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, connectionFromEnv, connectionFromOutputs } from '../../src/client';
import { CONNECTION_FIELDS, outputName, variableName } from '../../src/contract';

const PASSWORD = 'correct-horse-battery';

const passwordEnv = {
  MEMORYDB_HOST: 'clustercfg.orders.abc123.memorydb.eu-west-1.amazonaws.com',
  MEMORYDB_PORT: '6379',
  MEMORYDB_TLS: 'true',
  MEMORYDB_USERNAME: 'app',
  MEMORYDB_AUTH: 'password',
  MEMORYDB_CLUSTER_NAME: 'orders',
  MEMORYDB_REGION: 'eu-west-1',
  MEMORYDB_PASSWORD: PASSWORD,
  MEMORYDB_CA_FILE: '/tmp/ca.pem',
};

const secretEnv = {
  ...passwordEnv,
  MEMORYDB_AUTH: 'secret',
  MEMORYDB_PASSWORD: undefined,
  MEMORYDB_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf',
};

describe('connectionFromEnv', () => {
  test('reads every value', () => {
    const { password, ...rest } = connectionFromEnv(undefined, passwordEnv);
    expect(String(password)).toBe(PASSWORD);
    expect(rest).toEqual({
      host: passwordEnv.MEMORYDB_HOST,
      port: 6379,
      tls: true,
      username: 'app',
      auth: 'password',
      clusterName: 'orders',
      region: 'eu-west-1',
      caFile: '/tmp/ca.pem',
    });
  });

  test('reads the process environment by default, under another prefix when told', () => {
    for (const [name, value] of Object.entries(secretEnv)) {
      if (value !== undefined) {
        process.env[name.replace('MEMORYDB', 'SESSIONS_DB')] = value;
      }
    }
    try {
      expect(connectionFromEnv('SESSIONS_DB').secretArn).toBe(secretEnv.MEMORYDB_SECRET_ARN);
    } finally {
      Object.keys(process.env).filter((name) => name.startsWith('SESSIONS_DB')).forEach((name) => delete process.env[name]);
    }
  });

  test('does not show the password', () => {
    const connection = connectionFromEnv(undefined, passwordEnv);
    expect(inspect(connection, { depth: Infinity, showHidden: true })).not.toContain(PASSWORD);
    expect(JSON.stringify(connection)).not.toContain(PASSWORD);
    expect(inspect({ ...connection }, { depth: Infinity })).toContain('[redacted]');
  });

  test.each(['HOST', 'PORT', 'TLS', 'AUTH', 'USERNAME'] as const)('fails without %s, and names it', (field) => {
    const name = variableName(field);
    for (const value of [undefined, '']) {
      expect(() => connectionFromEnv(undefined, { ...passwordEnv, [name]: value })).toThrow(new RegExp(`^${name} is not set: `));
      expect(() => connectionFromEnv(undefined, { ...passwordEnv, [name]: value })).toThrow(ConfigurationError);
    }
  });

  test('reads a connection of a user whose password is kept elsewhere', () => {
    expect(connectionFromEnv(undefined, { ...passwordEnv, MEMORYDB_PASSWORD: undefined })).toMatchObject({ auth: 'password', username: 'app' });
  });

  test('fails without the secret when it is needed', () => {
    expect(() => connectionFromEnv(undefined, { ...secretEnv, MEMORYDB_SECRET_ARN: undefined })).toThrow(/^MEMORYDB_SECRET_ARN is not set: /);
  });

  test.each(['USERNAME', 'CLUSTER_NAME', 'REGION'] as const)('fails without %s when tokens are needed', (field) => {
    const iamEnv = { ...secretEnv, MEMORYDB_AUTH: 'iam', MEMORYDB_SECRET_ARN: undefined };
    expect(connectionFromEnv(undefined, iamEnv).auth).toBe('iam');
    expect(() => connectionFromEnv(undefined, { ...iamEnv, [variableName(field)]: undefined })).toThrow(new RegExp(`^${variableName(field)} is not set`));
  });

  test.each([
    ['MEMORYDB_PORT', '0'], ['MEMORYDB_PORT', '65536'], ['MEMORYDB_PORT', '63x'], ['MEMORYDB_PORT', '-1'], ['MEMORYDB_PORT', '6379.5'],
    ['MEMORYDB_TLS', 'yes'], ['MEMORYDB_TLS', 'TRUE'], ['MEMORYDB_AUTH', 'token'],
  ])('fails on %s=%s, and shows the value', (name, value) => {
    expect(() => connectionFromEnv(undefined, { ...passwordEnv, [name]: value })).toThrow(new RegExp(`^${name} is .*${value}.*: expected`));
  });

  test.each(['1', '65535'])('takes the port %s', (port) => {
    expect(connectionFromEnv(undefined, { ...passwordEnv, MEMORYDB_PORT: port }).port).toBe(Number(port));
  });

  test('fails on values that contradict each other', () => {
    expect(() => connectionFromEnv(undefined, { ...passwordEnv, MEMORYDB_TLS: 'false' })).toThrow(/^MEMORYDB_TLS is false although MEMORYDB_AUTH is password/);
    const openEnv = { ...passwordEnv, MEMORYDB_AUTH: 'none', MEMORYDB_PASSWORD: undefined };
    expect(() => connectionFromEnv(undefined, openEnv)).toThrow(/^MEMORYDB_USERNAME is set although MEMORYDB_AUTH is none: remove one of them$/);
    const plainEnv = { ...openEnv, MEMORYDB_USERNAME: undefined, MEMORYDB_TLS: 'false' };
    expect(() => connectionFromEnv(undefined, { ...plainEnv, MEMORYDB_CA_FILE: 'ca.pem' })).toThrow(/^MEMORYDB_CA_FILE is set although MEMORYDB_TLS is false: remove one of them$/);
    expect(() => connectionFromEnv(undefined, { ...passwordEnv, MEMORYDB_USERNAME: undefined, MEMORYDB_AUTH: 'none' })).toThrow(/^MEMORYDB_PASSWORD is set although MEMORYDB_AUTH is none/);
    expect(() => connectionFromEnv(undefined, { ...secretEnv, MEMORYDB_AUTH: 'password', MEMORYDB_PASSWORD: 'x' }))
      .toThrow(/^MEMORYDB_SECRET_ARN is set although MEMORYDB_AUTH is password/);
    expect(() => connectionFromEnv(undefined, { ...secretEnv, MEMORYDB_PASSWORD: PASSWORD })).toThrow(/^MEMORYDB_PASSWORD is set although/);
    expect(() => connectionFromEnv(undefined, { ...secretEnv, MEMORYDB_PASSWORD: PASSWORD })).not.toThrow(PASSWORD);
  });

  test.each(['', '1DB', 'MY-DB', 'A B'])('fails on the prefix %j', (prefix) => {
    expect(() => connectionFromEnv(prefix, passwordEnv)).toThrow(/the prefix .* must start with a letter/);
  });
});

describe('connectionFromOutputs', () => {
  const outputs = (prefix?: string) => Object.fromEntries(CONNECTION_FIELDS
    .map((field) => [outputName(field, prefix), secretEnv[variableName(field) as keyof typeof secretEnv]])
    .filter(([, value]) => value !== undefined));

  test('reads the only stack that has the values', () => {
    const document = { Network: { VpcId: 'vpc-1' }, Database: outputs() };
    expect(connectionFromOutputs(document)).toEqual(connectionFromEnv(undefined, secretEnv));
  });

  test('reads the stack and the prefix it is told', () => {
    const document = { Blue: { ...outputs(), ...outputs('OTHER_DB'), OtherDbHost: 'other.example.com' }, Green: outputs() };
    expect(connectionFromOutputs(document, 'Green').host).toBe(secretEnv.MEMORYDB_HOST);
    expect(connectionFromOutputs(document, 'Blue', 'OTHER_DB').host).toBe('other.example.com');
    expect(connectionFromOutputs(document, undefined, 'OTHER_DB').host).toBe('other.example.com');
  });

  test('fails and lists the stacks when several have the values', () => {
    expect(() => connectionFromOutputs({ Blue: outputs(), Green: outputs(), Network: {} })).toThrow(/say which of "Blue", "Green"$/);
  });

  test('fails and lists the stacks when none has the values, or not the one it was told', () => {
    expect(() => connectionFromOutputs({ Network: {} })).toThrow(/^no stack in the document has the output MemorydbHost: it has "Network"$/);
    expect(() => connectionFromOutputs({})).toThrow(/it has no stacks$/);
    expect(() => connectionFromOutputs({ Database: outputs() }, 'Databse')).toThrow(/no outputs of the stack "Databse": it has "Database"$/);
  });

  test('fails and names the output that is missing or wrong', () => {
    expect(() => connectionFromOutputs({ Database: { ...outputs(), MemorydbSecretArn: undefined } })).toThrow(/^MemorydbSecretArn is not set/);
    expect(() => connectionFromOutputs({ Database: { ...outputs(), MemorydbPort: '${Token[TOKEN.1]}' } })).toThrow(/^MemorydbPort is /);
  });
});
