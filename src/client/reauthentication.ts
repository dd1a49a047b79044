import type { Cluster, Redis } from 'ioredis';
import { askPassword } from './ask-password';
import type { CredentialsProvider } from './credentials';
import { MAX_TIMER_MS } from './deadline';
import { SignInError } from './errors';
import type { ReauthEvent } from './events';
import { REPLY } from './failure';
import { subscribers } from './internals';
import { isInTransaction } from './open-transactions';
import { livePassword } from './redacted';
import type { LivePassword } from './redacted';
import { redacted } from './sign-in';
import { tellOnce } from './tell-once';

/** When to sign in again, as shares of the time that a sign-in holds: clients that came up together do not do it together. */
const SHARE = { from: 0.8, to: 0.9 };

/** How long the credentials provider may take, in milliseconds. */
const ASK_TIMEOUT_MS = 10_000;

/** After a failure, the next attempt comes this much sooner. */
const SOONER_AFTER_FAILURE = 20;

/**
 * Signs in again on every connection before the server ends it, subscriptions included.
 *
 * AUTH goes to a connection like any command, so it waits for a blocking one. It never comes in between the commands of a transaction: most
 * are written in one piece, and one that is not is waited for.
 *
 * With RESP2, which ioredis 5 speaks, a connection with subscriptions takes no AUTH: the server ends it, and it comes back.
 *
 * @param password - gets every password that a connection has taken
 * @param onSignedIn - told of every connection that has signed in again
 * @param onFailure - told why one has not, though not the same of each that tries it together with others
 * @returns stops it
 */
export function keepSignedIn(
  cluster: Cluster,
  credentials: CredentialsProvider,
  password: LivePassword,
  onSignedIn: (event: Omit<ReauthEvent, 'endpoint'>) => void,
  onFailure: (error: Error) => void,
): () => void {
  const { sessionLifetime } = credentials;
  if (sessionLifetime === undefined || sessionLifetime > MAX_TIMER_MS) {
    return () => undefined;
  }
  const period = () => sessionLifetime * (SHARE.from + Math.random() * (SHARE.to - SHARE.from));
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  // Those that wait, for a blocking command or for the provider, do not keep the others from it.
  const waiting = new WeakSet<Redis>();
  const next = (ms: number) => {
    clearTimeout(timer);
    timer = stopped ? undefined : setTimeout(round, ms).unref();
  };
  const signIn = async (connection: Redis, tell: (error: Error) => void) => {
    const { options: { host = '', port = 0 }, stream } = connection;
    const start = performance.now();
    const failed: unknown[] = [];
    waiting.add(connection);
    try {
      await signInAgain(connection, credentials, password, failed);
      onSignedIn({ host, port, duration: performance.now() - start });
    } catch (error) {
      // One that was closed meanwhile signs in anew.
      if (connection.status === 'ready' && connection.stream === stream) {
        next(period() / SOONER_AFTER_FAILURE);
        if (!isInTransaction(connection)) {
          [...failed, error].forEach((each) => tell(each as Error));
        }
      }
    } finally {
      waiting.delete(connection);
    }
  };
  const round = () => {
    next(period());
    const connections = [...cluster.nodes(), ...subscribers(cluster)].filter(({ status, mode }) => status === 'ready' && mode === 'normal');
    if (connections.some(isInTransaction)) {
      next(period() / SOONER_AFTER_FAILURE);
    }
    const free = connections.filter((connection) => !waiting.has(connection) && !isInTransaction(connection));
    const tell = tellOnce(onFailure);
    free.forEach((connection) => void signIn(connection, tell));
  };
  next(period());
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** @param failed - gets why another password is asked for */
async function signInAgain(
  connection: Redis,
  credentials: CredentialsProvider,
  live: LivePassword,
  failed: unknown[],
): Promise<void> {
  const ask = (refused?: string) => askPassword(credentials, AbortSignal.timeout(Math.min(ASK_TIMEOUT_MS, credentials.sessionLifetime!)), refused);
  let password = await ask();
  checkFree(connection);
  try {
    await authenticate(connection, credentials, password);
  } catch (refusal) {
    failed.push(refusal);
    password = await ask(password);
    checkFree(connection);
    await authenticate(connection, credentials, password);
  }
  live.set(password);
}

function checkFree(connection: Redis): void {
  if (isInTransaction(connection)) {
    throw new Error('a caller has begun a transaction meanwhile');
  }
}

async function authenticate(connection: Redis, credentials: CredentialsProvider, password: string): Promise<void> {
  // Redacted wherever ioredis shows it.
  const argument = livePassword();
  argument.set(password);
  try {
    await connection.auth(credentials.username ?? 'default', argument.bytes);
  } catch (error) {
    const { name, message } = error as Error;
    throw name === REPLY ? new SignInError(redacted(message, password), credentials.refusalHint) : error;
  }
}
