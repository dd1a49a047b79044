import type { CredentialsProvider } from './credentials';
import { unlessAborted } from './dial';
import { CredentialsError } from './errors';

/**
 * The password of a provider, which belongs to whoever wrote it and may do anything.
 *
 * @param refused - the password that the server has refused
 * @throws CredentialsError when it gives none
 */
export async function askPassword(credentials: CredentialsProvider, signal: AbortSignal, refused?: string): Promise<string> {
  const password: unknown = await unlessAborted(answerOf(credentials, refused), signal, 'waiting for the credentials provider');
  if (typeof password !== 'string' || !password) {
    throw new CredentialsError('the credentials provider gave no password', { permanent: true });
  }
  return password;
}

async function answerOf(credentials: CredentialsProvider, refused?: string): Promise<string> {
  try {
    return await credentials.getPassword(refused);
  } catch (reason) {
    throw reason instanceof Error ? reason : new CredentialsError('the credentials provider failed and gave no reason', { permanent: false });
  }
}
