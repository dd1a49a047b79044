import type { CredentialsProvider } from './credentials';
import { unlessAborted } from './dial';
import { CredentialsError } from './errors';

/** Who is asked, for messages. */
function nameOf({ sourceName = 'the credentials provider' }: CredentialsProvider): string {
  return sourceName;
}

/** Nothing has come from a provider, so far or as long as it was waited for: where, but not why. */
export class UnansweredError extends CredentialsError {
  /** @param what - what goes on, such as `still waiting` */
  constructor(what: string, credentials: CredentialsProvider) {
    super(`${what} for ${nameOf(credentials)}`, { permanent: false });
  }
}

/**
 * The password of a provider, which belongs to whoever wrote it and may do anything.
 *
 * @param refused - the password that the server has refused
 * @throws CredentialsError when it gives none, or when the signal is aborted first
 */
export async function askPassword(credentials: CredentialsProvider, signal: AbortSignal, refused?: string): Promise<string> {
  return unlessAborted(answerOf(credentials, refused), signal, () => new UnansweredError('gave up waiting', credentials));
}

/** The password that a provider answers with, however long that takes; a failure is an error, whatever it threw. */
export async function answerOf(credentials: CredentialsProvider, refused?: string): Promise<string> {
  const password: unknown = await ask(credentials, refused);
  if (typeof password !== 'string' || !password) {
    throw new CredentialsError(`${nameOf(credentials)} gave no password`, { permanent: true });
  }
  return password;
}

async function ask(credentials: CredentialsProvider, refused?: string): Promise<unknown> {
  try {
    return await credentials.getPassword(refused);
  } catch (reason) {
    throw reason instanceof Error ? reason : new CredentialsError(`${nameOf(credentials)} failed and gave no reason`, { permanent: false });
  }
}
