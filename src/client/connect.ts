import { inspect } from 'node:util';
import { Command } from 'ioredis';
import type { Cluster, ClusterOptions } from 'ioredis';
import { variableName } from '../contract';
import type { ConnectionField } from '../contract';
import { Client, OWN_OPTIONS } from './client';
import { checkOverrides } from './client-options';
import { checkConnection, connectionFromEnv, missing } from './connection';
import type { ConnectionDescriptor } from './connection';
import { staticCredentials } from './credentials';
import type { CredentialsProvider } from './credentials';
import { MAX_TIMER_MS } from './deadline';
import { ConfigurationError } from './errors';
import { iamCredentials } from './iam-credentials';
import { RETRY_WRITES } from './lost-replies';
import type { RetryWrites } from './lost-replies';
import { defaultProfile, PROFILE_NAMES, profileOptions } from './profiles';
import type { Profile } from './profiles';
import { checkReads, READ_FROM } from './read-from';
import type { ReadFrom } from './read-from';
import { secretCredentials } from './secret-credentials';

/**
 * How to connect: the connection, and any option of the ioredis `Cluster`.
 *
 * Options of ioredis replace the defaults of this library one by one, `redisOptions` and `redisOptions.tls` likewise. What they cannot
 * do is to weaken the connection: `rejectUnauthorized: false` and a `minVersion` below TLSv1.2 are refused, and a `checkServerIdentity` is asked besides the standard
 * check, not instead of it. User name, password and `Connector` are not taken from `redisOptions`: give `credentials`. A `dnsLookup`
 * finds the address of a host, whose certificate is still checked against its name.
 */
export interface ConnectOptions extends ClusterOptions {
  /**
   * What the names of the environment variables start with. Not used when `connection` is given.
   *
   * @default 'MEMORYDB'
   */
  prefix?: string;

  /**
   * The cluster to connect to.
   *
   * @default - read from the environment variables
   */
  connection?: ConnectionDescriptor;

  /**
   * Who signs in.
   *
   * @default - what the connection says: tokens of its IAM user, its secret, its password, or nobody
   */
  credentials?: CredentialsProvider;

  /**
   * What kind of program the client is for, which decides over the defaults of other options.
   *
   * @default - `lambda` when AWS_LAMBDA_FUNCTION_NAME is set, else `service`
   */
  profile?: Profile;

  /**
   * How long a command, pipeline or transaction may take, in milliseconds, waiting for a connection and all retries included. A
   * blocking command gets its own time on top; one that blocks for ever has no deadline. With `enableAutoPipelining`, commands of the
   * same pipeline have the time of the first one.
   *
   * @default - 20000, with the profile `lambda` 5000
   */
  deadline?: number;

  /**
   * Where commands that only read are sent. Pipelines and transactions always go to the primary, so it cannot be combined with
   * `enableAutoPipelining`, nor with `scaleReads`.
   *
   * @default 'primary'
   */
  readFrom?: ReadFrom;

  /**
   * Which commands are sent again when their connection broke before the reply came. With `safe`, those whose repetition cannot change
   * the result (reads, SET, HSET, DEL, ZADD and the like); the others (INCR, LPUSH, SET with NX, scripts) reject with an `InDoubtError`.
   * What another client writes to the same key between the two is overwritten or deleted by the second: with `never`, only what reads is
   * sent again. With `always`, all of them, so that a command may be executed twice. What was never sent is sent in any case.
   *
   * @default 'safe'
   */
  retryWrites?: RetryWrites;
}

/**
 * Connects to a cluster.
 *
 * Returns at once with the real `Cluster` of ioredis, so it can stand at the top of a module; commands wait for the connection. They
 * are sent on connections that have signed in.
 *
 * A command that is not answered by its deadline rejects with a `DeadlineError`: code `EDEADLINE`, the endpoint and the reason in its
 * message, the reason itself in `cause`. It is not sent later; whether it was executed is unknown if it had been sent already. If the
 * client never was ready and three attempts in a row fail for a reason that trying again will not cure (certificate, password,
 * permission), commands reject with the same error without waiting for their deadline, while the client goes on trying.
 *
 * A command whose connection broke before it was sent is sent on another one. If it broke after that, `retryWrites` decides: by default
 * a command whose repetition could change the result rejects with an `InDoubtError`, code `EINDOUBT`. In a pipeline, each command is
 * decided over by itself, but one that reads what a later one writes, or that writes what a later one in doubt has written, is in doubt
 * too. A transaction is sent again as a whole or is in doubt as a whole.
 *
 * @throws ConfigurationError when the connection is not complete or contradicts itself, or when the installed ioredis is too old
 */
export function connect(options: ConnectOptions = {}): Cluster {
  checkOptions(options);
  const { prefix, connection = connectionFromEnv(prefix), credentials, ...rest } = options;
  const nameOf = (field: ConnectionField) => (options.connection ? `connection.${camelCase(field)}` : variableName(field, prefix));
  const { profile: profileName = defaultProfile(), ...chosen } = rest;
  checkChoice('profile', profileName, PROFILE_NAMES);
  const profile = profileOptions(profileName);
  const { deadline = profile.deadline, readFrom = 'primary', retryWrites = 'safe', dnsLookup: lookup, ...overrides } = chosen;
  checkIoredis();
  checkConnection(connection, nameOf);
  if (connection.auth === 'password' && !connection.password && !credentials) {
    throw missing(nameOf('PASSWORD'), `it is needed when ${nameOf('AUTH')} is password, unless \`credentials\` are given`);
  }
  checkOverrides(connection.tls, overrides);
  checkTimes(overrides);
  checkCredentials(credentials);
  if (credentials && !connection.tls) {
    throw new ConfigurationError('credentials are given although connection.tls is false: a cluster without TLS has no users to sign in as');
  }
  if (!(typeof deadline === 'number' && deadline > 0 && deadline <= MAX_TIMER_MS)) {
    throw new ConfigurationError(`deadline is ${inspect(deadline)}: expected a number of milliseconds from 1 to ${MAX_TIMER_MS}`);
  }
  checkChoice('readFrom', readFrom, READ_FROM);
  checkReads(readFrom, overrides);
  checkChoice('retryWrites', retryWrites, RETRY_WRITES);
  const { host, port, tls, caFile } = connection;
  return new Client(
    {
      endpoint: `${host}:${port}`,
      tls,
      caFile,
      tlsOverrides: overrides.redisOptions?.tls,
      deadline,
      readFrom,
      retryWrites,
      profile: profile.cluster,
      lookup,
      credentials: credentials ?? credentialsOf(connection),
    },
    [{ host, port }],
    overrides,
  );
}

/** What says where to connect to elsewhere, and would be left out here without a word. */
const MISPLACED = ['host', 'port', 'url', 'username', 'password', 'tls', 'auth'];

/** Options of ioredis that are not for a cluster but for its nodes. */
const OF_NODES = [
  'commandTimeout', 'connectTimeout', 'connectionName', 'keepAlive', 'maxRetriesPerRequest', 'noDelay', 'reconnectOnError', 'retryStrategy', 'socketTimeout', 'stringNumbers',
];

/** Times among the options of ioredis, in milliseconds. */
const TIMES = {
  cluster: ['slotsRefreshInterval', 'slotsRefreshTimeout'],
  redisOptions: ['commandTimeout', 'connectTimeout', 'disconnectTimeout', 'socketTimeout'],
} as const;

function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError('connect takes one object of options: say which cluster with `connection`, or leave it to the environment variables');
  }
  const misplaced = MISPLACED.find((name) => name in options);
  if (misplaced) {
    throw new ConfigurationError(`${misplaced} is no option of connect: give it as part of \`connection\`, or leave it to the environment variables`);
  }
  const ofNodes = OF_NODES.find((name) => name in options);
  if (ofNodes) {
    throw new ConfigurationError(`${ofNodes} is an option of each node, which ioredis would ignore here: give it as redisOptions.${ofNodes}`);
  }
  // Other names may be options of ioredis.
  const own = OWN_OPTIONS.map((name) => name.toLowerCase());
  const misspelled = Object.keys(options).find((name) => !OWN_OPTIONS.includes(name) && own.includes(name.toLowerCase()));
  if (misspelled) {
    throw new ConfigurationError(`connect has no option ${misspelled}: expected one of ${OWN_OPTIONS.join(', ')}, or one of ioredis`);
  }
}

/** What is no number is never reached, or at once. */
function checkTimes({ redisOptions = {}, ...cluster }: ClusterOptions): void {
  const times = [...TIMES.cluster.map((name) => [name, cluster[name]] as const), ...TIMES.redisOptions.map((name) => [`redisOptions.${name}`, redisOptions[name]] as const)];
  const [name, value] = times.find(([, each]) => each !== undefined && !(typeof each === 'number' && each >= 0)) ?? [];
  if (name) {
    throw new ConfigurationError(`${name} is ${inspect(value)}: expected a number of milliseconds`);
  }
}

function checkCredentials(credentials: CredentialsProvider | undefined): void {
  if (credentials && (typeof credentials.getPassword !== 'function' || !('username' in credentials))) {
    throw new ConfigurationError(
      'credentials have no getPassword() or no username: make them with staticCredentials({ username, password }), secretCredentials or iamCredentials',
    );
  }
  const { sessionLifetime = Infinity } = credentials ?? {};
  if (!(typeof sessionLifetime === 'number' && sessionLifetime > 0)) {
    throw new ConfigurationError(
      `sessionLifetime of the credentials is ${inspect(sessionLifetime)}: expected milliseconds, more than 0, or nothing for sign-ins that hold for ever`,
    );
  }
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new ConfigurationError(`${name} is ${JSON.stringify(value)}: expected one of ${choices.join(', ')}`);
  }
}

/** Blocking commands need what the first version with it can tell of them. */
function checkIoredis(): void {
  if (!('extractBlockingTimeout' in Command.prototype)) {
    throw new ConfigurationError('the installed ioredis is too old: expected version 5.9 or later, or 6');
  }
}

function credentialsOf(connection: ConnectionDescriptor): CredentialsProvider | undefined {
  const { auth, clusterName, username, password, secretArn, region } = connection;
  switch (auth) {
    case 'password':
      return staticCredentials({ username: username!, password: password! });
    case 'secret':
      return secretCredentials({ secretArn: secretArn!, username, region });
    case 'iam':
      return iamCredentials({ clusterName: clusterName!, username: username!, region });
    case 'none':
      return undefined;
  }
}

function camelCase(field: string): string {
  return field.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
