import { isIP } from 'node:net';
import { AUTH_MODES, CONNECTION_FIELDS, DEFAULT_PREFIX, outputName, PREFIX_PATTERN, variableName } from '../contract';
import type { AuthMode, ConnectionField } from '../contract';
import { checkUsername } from './credentials';
import { ConfigurationError } from './errors';
import { Password } from './redacted';

/** How to reach one cluster as one user. */
export interface ConnectionDescriptor {
  /** Host name of the cluster endpoint. */
  readonly host: string;
  /** Port, 1 to 65535. */
  readonly port: number;
  /** Whether the connection is encrypted. Only a cluster behind the `open-access` ACL may do without. */
  readonly tls: boolean;
  /** How the client proves who it is. */
  readonly auth: AuthMode;
  /** The user; needed unless `auth` is `none`. With `secret`, defaults to the one in the secret. */
  readonly username?: string;
  /** Name of the cluster; needed when `auth` is `iam`. */
  readonly clusterName?: string;
  /** Region of the cluster; needed when `auth` is `iam`. */
  readonly region?: string;
  /** ARN of the Secrets Manager secret with the password; needed when `auth` is `secret`. */
  readonly secretArn?: string;
  /**
   * The password; needed when `auth` is `password`, unless `credentials` are given to `connect`. `util.inspect` and `JSON.stringify` do
   * not show a `Password`.
   */
  readonly password?: string | Password;
  /** Path of a PEM file with certificate authorities that are trusted besides those of Node.js. */
  readonly caFile?: string;
}

/** The document that `cdk deploy --outputs-file` writes: output values by stack and output name. */
export type OutputsDocument = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Reads a connection from environment variables, such as the ones that `ClientConnection.addToFunction` and MemoryDB Local set.
 *
 * An empty variable counts as not set. The password may be missing, since `connect` takes `credentials` instead.
 *
 * @param prefix - what the variables' names start with @default 'MEMORYDB'
 * @param env - the environment @default process.env
 * @throws ConfigurationError naming the variable when a value is missing, malformed or contradicts another one
 */
export function connectionFromEnv(prefix: string = DEFAULT_PREFIX, env: NodeJS.ProcessEnv = process.env): ConnectionDescriptor {
  checkPrefix(prefix);
  return read((field) => variableName(field, prefix), (name) => env[name]);
}

/**
 * Reads a connection from the document that `cdk deploy --outputs-file` writes. It never has a password: give `connect` the `credentials`
 * of a user whose password is not in a secret.
 *
 * @param document - the parsed document
 * @param stackName - the stack to read @default - the only stack that has the values
 * @param prefix - the prefix that the connection was written with @default 'MEMORYDB'
 * @throws ConfigurationError naming the stack or the output when a value is missing, malformed or contradicts another one, or when
 * several stacks have the values and `stackName` is not given
 */
export function connectionFromOutputs(document: OutputsDocument, stackName?: string, prefix: string = DEFAULT_PREFIX): ConnectionDescriptor {
  checkPrefix(prefix);
  if (typeof document !== 'object' || document === null) {
    throw new ConfigurationError(`the outputs are ${JSON.stringify(document)}: expected the parsed document, not its path or text`);
  }
  const outputs = document[stackName ?? onlyStack(document, outputName('HOST', prefix))];
  if (!outputs) {
    throw new ConfigurationError(`the document has no outputs of the stack ${JSON.stringify(stackName)}: it has ${list(Object.keys(document))}`);
  }
  return read((field) => outputName(field, prefix), (name) => outputs[name]);
}

/**
 * Refuses a connection whose values are incomplete or contradict each other, apart from a missing password.
 *
 * @param nameOf - what the caller knows a value by, for the message
 */
export function checkConnection(connection: ConnectionDescriptor, nameOf: (field: ConnectionField) => string): void {
  if (typeof connection !== 'object' || connection === null) {
    throw new ConfigurationError('connection is no object: expected what connectionFromEnv or connectionFromOutputs gives');
  }
  const { auth, caFile, password, secretArn, username } = connection;
  const need = (value: unknown, field: ConnectionField, why: string) => {
    if (!value) {
      throw missing(nameOf(field), `${why} when ${nameOf('AUTH')} is ${auth}`);
    }
  };
  const refuse = (value: unknown, field: ConnectionField) => {
    if (value) {
      throw new ConfigurationError(`${nameOf(field)} is set although ${nameOf('AUTH')} is ${auth}: remove one of them`);
    }
  };
  if (!connection.host) {
    throw missing(nameOf('HOST'), 'expected the host name of the cluster endpoint');
  }
  if (!isIP(connection.host) && /[:/@\s]/.test(connection.host)) {
    // A URL may contain a password.
    throw new ConfigurationError(`${nameOf('HOST')} is no host name alone: expected that of the cluster endpoint, without scheme, user and port`);
  }
  if (!Number.isInteger(connection.port) || connection.port < 1 || connection.port > 65_535) {
    throw malformed(nameOf('PORT'), connection.port, 'expected a number from 1 to 65535');
  }
  if (typeof connection.tls !== 'boolean') {
    throw malformed(nameOf('TLS'), connection.tls, 'expected true or false');
  }
  if (!AUTH_MODES.includes(auth)) {
    throw malformed(nameOf('AUTH'), auth, `expected one of ${AUTH_MODES.join(', ')}`);
  }
  if (!connection.tls && auth !== 'none') {
    throw new ConfigurationError(`${nameOf('TLS')} is false although ${nameOf('AUTH')} is ${auth}: a cluster without TLS has no users to sign in as`);
  }
  if (!connection.tls && caFile) {
    throw new ConfigurationError(`${nameOf('CA_FILE')} is set although ${nameOf('TLS')} is false: remove one of them`);
  }
  checkUsername(username, nameOf('USERNAME'));
  if (auth === 'none') {
    refuse(username, 'USERNAME');
  }
  if (auth === 'iam') {
    need(username, 'USERNAME', 'it is needed');
    need(connection.clusterName, 'CLUSTER_NAME', 'the token is signed for it, so it is needed');
    need(connection.region, 'REGION', 'the token is signed for it, so it is needed');
  }
  if (auth === 'password') {
    need(username, 'USERNAME', 'it is needed');
  } else {
    refuse(password, 'PASSWORD');
  }
  if (auth === 'secret') {
    need(secretArn, 'SECRET_ARN', 'it is needed');
  } else {
    refuse(secretArn, 'SECRET_ARN');
  }
}

function read(nameOf: (field: ConnectionField) => string, valueOf: (name: string) => unknown): ConnectionDescriptor {
  const values: Partial<Record<ConnectionField, string>> = {};
  for (const field of CONNECTION_FIELDS) {
    const value = valueOf(nameOf(field));
    if (value !== undefined && value !== null && value !== '') {
      values[field] = String(value);
    }
  }
  const get = (field: ConnectionField, expected: string): string => {
    const value = values[field];
    if (value === undefined) {
      throw missing(nameOf(field), expected);
    }
    return value;
  };
  const host = get('HOST', 'expected the host name of the cluster endpoint');
  const port = get('PORT', 'expected the port of the cluster endpoint');
  if (!/^\d{1,5}$/.test(port)) {
    throw malformed(nameOf('PORT'), port, 'expected a number from 1 to 65535');
  }
  const tls = get('TLS', 'expected true or false');
  if (tls !== 'true' && tls !== 'false') {
    throw malformed(nameOf('TLS'), tls, 'expected true or false');
  }
  const connection: ConnectionDescriptor = {
    host,
    port: Number(port),
    tls: tls === 'true',
    auth: get('AUTH', `expected one of ${AUTH_MODES.join(', ')}`) as AuthMode,
    username: values.USERNAME,
    clusterName: values.CLUSTER_NAME,
    region: values.REGION,
    secretArn: values.SECRET_ARN,
    password: values.PASSWORD === undefined ? undefined : new Password(values.PASSWORD),
    caFile: values.CA_FILE,
  };
  checkConnection(connection, nameOf);
  return connection;
}

function onlyStack(document: OutputsDocument, hostOutput: string): string {
  const stacks = Object.keys(document).filter((name) => document[name]?.[hostOutput] !== undefined);
  if (stacks.length === 0) {
    throw new ConfigurationError(`no stack in the document has the output ${hostOutput}: it has ${list(Object.keys(document))}`);
  }
  if (stacks.length > 1) {
    throw new ConfigurationError(`several stacks in the document have the output ${hostOutput}: say which of ${list(stacks)}`);
  }
  return stacks[0];
}

function checkPrefix(prefix: string): void {
  if (!PREFIX_PATTERN.test(prefix)) {
    throw new ConfigurationError(`the prefix ${JSON.stringify(prefix)} must start with a letter and contain only letters, digits and underscores`);
  }
}

export function missing(name: string, expected: string): ConfigurationError {
  return new ConfigurationError(`${name} is not set: ${expected}`);
}

function malformed(name: string, value: unknown, expected: string): ConfigurationError {
  return new ConfigurationError(`${name} is ${JSON.stringify(value)}: ${expected}`);
}

function list(names: string[]): string {
  return names.length ? names.map((name) => JSON.stringify(name)).join(', ') : 'no stacks';
}
