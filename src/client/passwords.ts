import { answerOf, UnansweredError, waitForPassword } from './ask-password';
import type { CredentialsProvider } from './credentials';

/** After this time, in milliseconds, an answer is too old, and one that has not come is not waited for any more. */
const KEEP_MS = 10_000;

/** After this time without an answer, in milliseconds, the next attempt asks once more: what was asked may be lost. */
const ASK_AGAIN_MS = 2_000;

interface Answer {
  readonly password: Promise<unknown>;
  readonly askedAt: number;
  hasCome: boolean;
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
  /** That are on their way, or have come and were not used. */
  #answers: readonly Answer[] = [];

  /** @param onWait - told that the provider is waited for, returns what ends that */
  constructor(credentials: CredentialsProvider, onWait: (cause: Error) => () => void) {
    this.#credentials = credentials;
    this.#onWait = onWait;
  }

  get username(): string {
    return this.#credentials.username ?? 'default';
  }

  /** The password to begin with: of an answer that is on its way, or has come and was not used, or of a new one. */
  async first(signal: AbortSignal): Promise<string> {
    const now = performance.now();
    this.#answers = this.#answers.filter(({ askedAt }) => now - askedAt < KEEP_MS);
    const latest = this.#answers.at(-1);
    if (!this.#answers.some(({ hasCome }) => hasCome) && !(latest && now - latest.askedAt < ASK_AGAIN_MS)) {
      this.#answers = [...this.#answers, this.#ask()];
    }
    const stopWaiting = this.#onWait(new UnansweredError('still waiting', this.#credentials));
    try {
      return await this.#take(this.#answers, signal);
    } finally {
      stopWaiting();
    }
  }

  /** The password instead of one that a server has refused. What was asked for before that may be outdated, so nobody takes it up any more. */
  insteadOf(refused: string, signal: AbortSignal): Promise<string> {
    this.#answers = [this.#ask(refused)];
    return this.#take(this.#answers, signal);
  }

  #ask(refused?: string): Answer {
    const answer: Answer = { password: answerOf(this.#credentials, refused), askedAt: performance.now(), hasCome: false };
    const come = () => void (answer.hasCome = true);
    // When it fails, there may be nobody who waits for it.
    answer.password.then(come, come);
    return answer;
  }

  /** The first of some answers. */
  async #take(answers: readonly Answer[], signal: AbortSignal): Promise<string> {
    try {
      return await waitForPassword(this.#credentials, Promise.race(answers.map(({ password }) => password)), signal);
    } finally {
      if (!signal.aborted) {
        this.#answers = this.#answers.filter((answer) => !answers.includes(answer));
      }
    }
  }
}
