import { Brake } from './brake';
import { checkUsername } from './credentials';
import type { CredentialsProvider } from './credentials';
import { unlessAborted } from './dial';
import { ConfigurationError, CredentialsError } from './errors';
import { publish } from './events';
import { checkNames } from './options';
import { Password } from './redacted';

/** The part of a Secrets Manager client that is used; `SecretsManagerClient` of `@aws-sdk/client-secrets-manager` fits. */
export interface SecretsManagerLike {
  send(command: unknown, options?: unknown): Promise<unknown>;
}

/** Where to read a user name and a password from. */
export interface SecretCredentialsOptions {
  /** ARN or name of the secret, whose text is JSON with the fields `password` and, unless `username` is given, `username`. */
  readonly secretArn: string;

  /**
   * The client to ask.
   *
   * @default - a client of `@aws-sdk/client-secrets-manager`, imported when the secret is read for the first time
   */
  readonly client?: SecretsManagerLike;

  /**
   * The user name.
   *
   * @default - the field `username` of the secret
   */
  readonly username?: string;

  /**
   * The Region of the secret, for a secret that is given by its name.
   *
   * @default - the Region in the ARN, or the one that the SDK finds
   */
  readonly region?: string;
}

/** How long one answer of Secrets Manager is waited for, with the retries of its SDK. */
const FETCH_TIMEOUT_MS = 5_000;

/** For a password that stays refused, the secret is read again no more often than this. */
const REREAD_INTERVAL_MS = 1_000;

/** For how long, in milliseconds, a rotation may leave some nodes with the former password: as long as a function that does it may run. */
const ROTATION_MS = 15 * 60_000;

/** Errors of Secrets Manager that stay until somebody changes a permission or the secret. */
const PERMANENT_ERRORS = new Set([
  'AccessDeniedException',
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ResourceNotFoundException',
]);

interface SecretValue {
  readonly username?: string;
  readonly password: Password;
}

/**
 * The credentials in a Secrets Manager secret, such as the one a `PasswordUser` makes.
 *
 * The secret is read once and kept; concurrent callers share one request. It is read again when the server refuses its password,
 * which is how a rotation is noticed: its current version, and the pending one if that is the refused one.
 *
 * @throws ConfigurationError when the secret is not named, or the user name is no text
 * @throws TypeError for an option that there is not
 */
export function secretCredentials(options: SecretCredentialsOptions): CredentialsProvider {
  return new SecretCredentials(options);
}

class SecretCredentials implements CredentialsProvider {
  readonly #options: SecretCredentialsOptions;
  #client?: SecretsManagerLike;
  #value?: SecretValue;
  #reading?: Promise<SecretValue>;
  /** What the secret says, and a version that was refused just now: while a rotation goes on, one node may take one of them, another the other. */
  #versions: readonly SecretValue[] = [];
  /** When the secret was read. */
  #readAt = -Infinity;
  /** The latest reads that were due to a refused password. */
  #rereads: readonly { readonly at: number; readonly refused: Password }[] = [];
  readonly #brake = new Brake<SecretValue>();

  constructor(options: SecretCredentialsOptions) {
    checkNames('secretCredentials', options, ['secretArn', 'client', 'username', 'region']);
    if (!options.secretArn) {
      throw new ConfigurationError('secretArn of secretCredentials is not set: expected the ARN or name of the secret');
    }
    checkUsername(options.username);
    this.#options = options;
    this.#client = options.client;
  }

  get sourceName(): string {
    return `Secrets Manager, secret ${this.#options.secretArn}`;
  }

  get username(): string | undefined {
    return this.#options.username ?? this.#value?.username;
  }

  async getPassword(refused?: string): Promise<string> {
    const known = this.#value;
    if (known && String(known.password) !== refused) {
      return String(known.password);
    }
    const reread = this.#recentRereads().find((each) => String(each.refused) === refused);
    if (known && reread && !this.#reading) {
      this.#value = this.#versionOtherThan(refused) ?? known;
      return String(this.#value.password);
    }
    this.#reading ??= this.#find(refused).finally(() => (this.#reading = undefined));
    this.#value = await this.#reading;
    return String(this.#value.password);
  }

  /** The current version, or the one that a rotation has made if the current one is refused. */
  async #find(refused: string | undefined): Promise<SecretValue> {
    const found: SecretValue[] = [];
    let failure: unknown;
    try {
      found.push(await this.#brake.ask(() => this.#read('AWSCURRENT')));
      if (String(found[0].password) === refused) {
        // Most of the time, there is none.
        found.push(...await this.#read('AWSPENDING').then((pending) => [pending], () => []));
      }
    } catch (error) {
      failure = error;
    }
    const now = performance.now();
    if (!failure) {
      this.#readAt = now;
      this.#rereads = [...this.#recentRereads(), ...refused === undefined ? [] : [{ at: now, refused: new Password(refused) }]];
    }
    // What one node refuses, another one may take. Long after a rotation, none takes what is from before it, and the failure is what there is to say.
    const keepsAll = failure && now - this.#readAt < ROTATION_MS;
    const kept = this.#versions.filter(({ password }) => keepsAll || String(password) === refused);
    this.#versions = [...found, ...kept.filter(({ password }) => !found.some((each) => String(each.password) === String(password)))];
    const version = this.#versionOtherThan(refused) ?? found[0];
    if (!version) {
      throw failure;
    }
    return version;
  }

  #recentRereads() {
    const since = performance.now() - REREAD_INTERVAL_MS;
    return this.#rereads.filter(({ at }) => at > since);
  }

  #versionOtherThan(refused: string | undefined): SecretValue | undefined {
    return this.#versions.find(({ password }) => String(password) !== refused);
  }

  async #read(stage: string): Promise<SecretValue> {
    const start = performance.now();
    const { secretArn, username } = this.#options;
    const { GetSecretValueCommand, SecretsManagerClient } = await importSdk();
    this.#client ??= new SecretsManagerClient({ region: regionOf(secretArn) ?? this.#options.region });
    const abortSignal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    let reply: unknown;
    try {
      const sent = this.#client.send(new GetSecretValueCommand({ SecretId: secretArn, VersionStage: stage }), { abortSignal });
      // A client that is not the SDK's may not heed the signal.
      reply = await unlessAborted(sent, abortSignal, 'waiting for Secrets Manager');
    } catch (cause) {
      // Anything can be thrown.
      const { name = 'Error', message = String(cause) } = Object(cause) as Partial<Error>;
      if (name === 'SyntaxError') {
        // It quotes the text that it could not parse.
        throw new CredentialsError(`cannot read the secret ${secretArn}: the answer of Secrets Manager is malformed`, { permanent: false });
      }
      const text = abortSignal.aborted ? `Secrets Manager did not answer within ${FETCH_TIMEOUT_MS} ms` : `${name}: ${message}`;
      throw new CredentialsError(`cannot read the secret ${secretArn}: ${text}`, { permanent: PERMANENT_ERRORS.has(name), cause });
    }
    const value = parse((reply as { SecretString?: string }).SecretString, secretArn, username === undefined);
    publish('token-refresh', () => ({ auth: 'secret', username: username ?? value.username, secretArn, duration: performance.now() - start }));
    return value;
  }
}

async function importSdk() {
  try {
    return await import('@aws-sdk/client-secrets-manager');
  } catch (cause) {
    throw new CredentialsError('the package @aws-sdk/client-secrets-manager is needed to sign in with a secret: install it', { permanent: true, cause });
  }
}

// No error here may have a `cause`: the message of a JSON syntax error quotes the text.
function parse(text: string | undefined, secretArn: string, usernameNeeded: boolean): SecretValue {
  if (text === undefined) {
    throw new CredentialsError(`the secret ${secretArn} has no text: expected JSON with the field "password"`, { permanent: true });
  }
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    fields = undefined;
  }
  if (typeof fields !== 'object' || fields === null) {
    throw new CredentialsError(`the secret ${secretArn} is not a JSON object: expected one with the field "password"`, { permanent: true });
  }
  const { username, password } = fields as Record<string, unknown>;
  if (typeof password !== 'string' || !password) {
    throw new CredentialsError(`the secret ${secretArn} has no field "password"`, { permanent: true });
  }
  if (usernameNeeded && (typeof username !== 'string' || !username)) {
    throw new CredentialsError(`the secret ${secretArn} has no field "username", and no user name was given`, { permanent: true });
  }
  return { username: typeof username === 'string' ? username : undefined, password: new Password(password) };
}

/** `arn:aws:secretsmanager:eu-west-1:111122223333:secret:name`. */
function regionOf(arn: string): string | undefined {
  return arn.split(':')[3] || undefined;
}
