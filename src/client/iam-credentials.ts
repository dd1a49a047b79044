import { Brake } from './brake';
import { TOKEN_LIFETIME_S, connectToken } from './connect-token';
import type { AwsCredentials } from './connect-token';
import { checkUsername } from './credentials';
import type { CredentialsProvider } from './credentials';
import { unlessAborted } from './dial';
import { ConfigurationError, CredentialsError } from './errors';
import { publish } from './events';
import { checkNames } from './options';
import { Password } from './redacted';

/** Who signs in with IAM, and where. */
export interface IamCredentialsOptions {
  /** Name of the cluster, not its endpoint. */
  readonly clusterName: string;

  /** Name of the MemoryDB user. */
  readonly username: string;

  /**
   * Region of the cluster.
   *
   * @default - the environment variable AWS_REGION or AWS_DEFAULT_REGION
   */
  readonly region?: string;

  /**
   * The AWS credentials that sign, or a function that gives them; it is asked for every token.
   *
   * @default - the environment variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN if they are set and AWS_PROFILE is
   * not, else the default chain of `@aws-sdk/credential-provider-node`, imported then
   */
  readonly credentials?: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
}

/** Tokens are not used for the whole of their life: clocks differ, and a sign-in takes its time. */
const REUSE_MS = (TOKEN_LIFETIME_S * 1000 * 2) / 3;

/** When the service ends a connection that has not signed in again: MemoryDB Developer Guide, "Authenticating with IAM". */
const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;

/** How long AWS credentials are waited for, before the next connection asks anew. */
const CREDENTIALS_TIMEOUT_MS = 10_000;

/** A token that stays refused is not signed anew more often than this. */
const RESIGN_INTERVAL_MS = 1_000;

/**
 * Tokens of a MemoryDB user with IAM authentication, such as an `IamUser`.
 *
 * A token is signed when a connection needs one, and used for new connections for ten minutes, but never longer than the AWS credentials
 * that signed it are valid. The service ends a connection twelve hours after its sign-in, so the client signs in again on each of them
 * before that.
 *
 * @throws ConfigurationError when the cluster, the user or the Region is not known or cannot be one
 * @throws TypeError for an option that there is not
 */
export function iamCredentials(options: IamCredentialsOptions): CredentialsProvider {
  return new IamCredentials(options);
}

interface Token {
  readonly text: Password;
  readonly signedAt: number;
  readonly usableUntil: number;
}

class IamCredentials implements CredentialsProvider {
  readonly username: string;
  readonly sessionLifetime = SESSION_LIFETIME_MS;
  readonly sourceName = 'AWS credentials to sign in with';
  readonly refusalHint: string;
  readonly #clusterName: string;
  readonly #region: string;
  readonly #awsCredentials: () => Promise<AwsCredentials>;
  #token?: Token;
  #signing?: Promise<Token>;
  readonly #brake = new Brake<Token>();

  constructor(options: IamCredentialsOptions) {
    checkNames('iamCredentials', options, ['clusterName', 'username', 'region', 'credentials']);
    const { clusterName, username, credentials, region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION } = options;
    for (const [name, value] of Object.entries({ clusterName, username })) {
      if (!value) {
        throw new ConfigurationError(`${name} of iamCredentials is not set: the token is signed for it`);
      }
    }
    checkUsername(username);
    if (!region) {
      throw new ConfigurationError('the Region of the cluster is not known: pass `region`, or set AWS_REGION');
    }
    for (const [name, value] of Object.entries({ clusterName, region })) {
      // Upper case is left to the service.
      if (!/^[a-z][a-z\d-]*$/i.test(value)) {
        // Not shown, as a URL has a password in it.
        throw new ConfigurationError(`${name} of iamCredentials is not a name of letters, digits and hyphens, which an endpoint or a URL is not`);
      }
    }
    this.username = username;
    this.#clusterName = clusterName;
    this.#region = region;
    this.refusalHint = `check memorydb:Connect for the user "${username}" and the cluster "${clusterName}", that name, the Region "${region}" and the clock`;
    this.#awsCredentials = awsCredentials(credentials);
  }

  async getPassword(refused?: string): Promise<string> {
    const known = this.#token;
    if (known && isUsable(known, refused)) {
      return String(known.text);
    }
    this.#signing ??= this.#brake.ask(() => this.#sign()).finally(() => (this.#signing = undefined));
    this.#token = await this.#signing;
    return String(this.#token.text);
  }

  async #sign(): Promise<Token> {
    const start = performance.now();
    const credentials = await unlessAborted(this.#awsCredentials(), AbortSignal.timeout(CREDENTIALS_TIMEOUT_MS), 'waiting for AWS credentials');
    if (!credentials?.accessKeyId || !credentials.secretAccessKey) {
      throw new CredentialsError('the AWS credentials to sign in with have no accessKeyId or no secretAccessKey', { permanent: false });
    }
    const at = new Date();
    const expiration = expirationOf(credentials);
    if (expiration <= at.getTime()) {
      const text = `the AWS credentials to sign in with have expired at ${new Date(expiration).toISOString()}`;
      throw new CredentialsError(`${text}: give a function that gets new ones`, { permanent: false });
    }
    const { username } = this;
    const clusterName = this.#clusterName;
    const text = connectToken({ clusterName, username, region: this.#region, credentials, at });
    publish('token-refresh', () => ({ auth: 'iam', username, clusterName, duration: performance.now() - start }));
    const signedAt = at.getTime();
    return { text: new Password(text), signedAt, usableUntil: Math.min(signedAt + REUSE_MS, expiration) };
  }
}

function isUsable(token: Token, refused: string | undefined): boolean {
  const now = Date.now();
  const isRefused = String(token.text) === refused && now - token.signedAt >= RESIGN_INTERVAL_MS;
  // A clock that was set back makes a token of the future, which the service would not take.
  return !isRefused && now >= token.signedAt && now < token.usableUntil;
}

/** When AWS credentials expire, in milliseconds since 1970; as the services write it down, it is a text. */
function expirationOf({ expiration }: AwsCredentials): number {
  const time = expiration ? new Date(expiration).getTime() : Infinity;
  if (Number.isNaN(time)) {
    throw new CredentialsError('the expiration of the AWS credentials to sign in with is no date', { permanent: false });
  }
  return time;
}

function awsCredentials(given: IamCredentialsOptions['credentials']): () => Promise<AwsCredentials> {
  if (typeof given === 'function') {
    return async () => given();
  }
  if (given !== undefined) {
    return async () => given;
  }
  let chain: Promise<() => Promise<AwsCredentials>> | undefined;
  return async () => {
    const fromEnvironment = environmentCredentials();
    if (fromEnvironment) {
      return fromEnvironment;
    }
    chain ??= importDefaultChain();
    return findWith(await chain);
  };
}

function environmentCredentials(): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken, AWS_PROFILE } = process.env;
  // With a profile, the SDK leaves them out, and there would be two identities in one process.
  return accessKeyId && secretAccessKey && !AWS_PROFILE ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
}

async function importDefaultChain(): Promise<() => Promise<AwsCredentials>> {
  try {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    return defaultProvider();
  } catch (cause) {
    throw new CredentialsError(
      'the package @aws-sdk/credential-provider-node is needed to find AWS credentials outside of the environment variables: install it',
      { permanent: true, cause },
    );
  }
}

async function findWith(chain: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await chain();
  } catch (cause) {
    throw new CredentialsError(`cannot find AWS credentials to sign in with: ${(cause as Error).message}`, { permanent: false, cause });
  }
}
