import { ConfigurationError } from './errors';
import { Password } from './redacted';

/**
 * Who signs in, and with what.
 *
 * The client asks before every connection it opens, and once more with the refused password when the server did not take it. Connections
 * that are opened while an answer is on its way share it. While none comes, it asks once more every two seconds, and once a password was
 * accepted, a new connection waits for one second and signs in with that one.
 */
export interface CredentialsProvider {
  /** The user name. Read after `getPassword`, so a provider may learn it there; `undefined` until then. */
  readonly username: string | undefined;

  /**
   * How long the server keeps a connection after a sign-in, in milliseconds. The client signs in again on every connection before that.
   *
   * @default - for ever
   */
  readonly sessionLifetime?: number;

  /**
   * What `getPassword` asks, for the errors of commands that wait for it, such as `Secrets Manager, secret orders`.
   *
   * @default 'the credentials provider'
   */
  readonly sourceName?: string;

  /**
   * What to look at when the server refuses the password, for the error that says so, such as `check the clock`.
   *
   * @default - nothing
   */
  readonly refusalHint?: string;

  /**
   * The password to sign in with.
   *
   * @param refused - a password that the server has just refused: return another one if there is one, otherwise the same again
   */
  getPassword(refused?: string): Promise<string>;
}

/**
 * Refuses a user name that cannot be sent. It may be in a secret that has not been read, and is undefined then.
 *
 * @throws ConfigurationError that does not show it: it may be an object with a password
 */
export function checkUsername(username: unknown, name = 'username of the credentials'): void {
  if (typeof (username ?? '') !== 'string') {
    throw new ConfigurationError(`${name} is of type ${typeof username}: expected text`);
  }
}

/** A fixed user name and password. */
export interface StaticCredentials {
  /** The user name. */
  readonly username: string;
  /** The password. */
  readonly password: string | Password;
}

/**
 * Credentials that never change: for a local server and for tests.
 *
 * @throws ConfigurationError when the user name or the password is empty, or the user name is no text
 */
export function staticCredentials(credentials: StaticCredentials): CredentialsProvider {
  const { username, password: given } = credentials ?? {} as StaticCredentials;
  checkUsername(username);
  if (!username) {
    throw new ConfigurationError('the user name of the credentials is empty');
  }
  const password = new Password(String(given ?? ''));
  if (!String(password)) {
    throw new ConfigurationError(`the password of the user ${JSON.stringify(username)} is empty`);
  }
  return {
    username,
    async getPassword() {
      return String(password);
    },
  };
}
