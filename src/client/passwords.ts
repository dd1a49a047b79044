import { answerOf, UnansweredError, waitForPassword } from './ask-password';
import type { CredentialsProvider } from './credentials';

/** After this time, in milliseconds, an answer is too old, and one that has not come is not waited for any more. */
const KEEP_MS = 10_000;

interface Answer {
  readonly password: Promise<unknown>;
  readonly askedAt: number;
}

/**
 * The passwords that the connections of one client sign in with.
 *
 * An attempt to connect may end before a slow provider has answered. The answer is kept for the next one: asked afresh every time, the
 * provider would never be in time.
 */
export class Passwords {
  readonly #credentials: CredentialsProvider;
  readonly #onWait: (cause: Error) => () => void;
  #latest?: Answer;

  /** @param onWait - told that the provider is waited for, returns what ends that */
  constructor(credentials: CredentialsProvider, onWait: (cause: Error) => () => void) {
    this.#credentials = credentials;
    this.#onWait = onWait;
  }

  get username(): string {
    return this.#credentials.username ?? 'default';
  }

  /** The password to begin with: of the answer that is on its way, or has come and was not used, or of a new one. */
  async first(signal: AbortSignal): Promise<string> {
    const known = this.#latest && performance.now() - this.#latest.askedAt < KEEP_MS ? this.#latest : undefined;
    const stopWaiting = this.#onWait(new UnansweredError('still waiting', this.#credentials));
    try {
      return await this.#take(known ?? this.#ask(), signal);
    } finally {
      stopWaiting();
    }
  }

  /** The password instead of one that a server has refused. What was asked for before that may be outdated, so nobody takes it up any more. */
  insteadOf(refused: string, signal: AbortSignal): Promise<string> {
    return this.#take(this.#ask(refused), signal);
  }

  #ask(refused?: string): Answer {
    const password = answerOf(this.#credentials, refused);
    // When it fails, there may be nobody who waits for it.
    password.catch(() => undefined);
    return (this.#latest = { password, askedAt: performance.now() });
  }

  async #take(answer: Answer, signal: AbortSignal): Promise<string> {
    try {
      return await waitForPassword(this.#credentials, answer.password, signal);
    } finally {
      if (!signal.aborted && this.#latest === answer) {
        this.#latest = undefined;
      }
    }
  }
}
