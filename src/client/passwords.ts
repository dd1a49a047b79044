import { answerOf, UnansweredError } from './ask-password';
import { checkUsername } from './credentials';
import type { CredentialsProvider } from './credentials';

/** After this time, in milliseconds, an answer is too old, and one that has not come is not waited for any more. */
const KEEP_MS = 10_000;

/** After this time without an answer, in milliseconds, whoever waits asks once more: what was asked may be lost. */
const ASK_AGAIN_MS = 2_000;

interface Answer {
  readonly askedAt: number;
  /** What it is asked for instead of. */
  readonly refused?: string;
  /** Settles when it has come. */
  readonly come: Promise<void>;
  password?: string;
  failure?: Error;
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
  /** That are on their way, or have come and were not used; the latest comes last. */
  #answers: readonly Answer[] = [];
  /** Tell those who wait that something more was asked. */
  readonly #onAsked = new Set<() => void>();

  /** @param onWait - told that the provider is waited for, returns what ends that */
  constructor(credentials: CredentialsProvider, onWait: (cause: Error) => () => void) {
    this.#credentials = credentials;
    this.#onWait = onWait;
  }

  /** @throws ConfigurationError when the provider gives something else */
  get username(): string {
    const { username } = this.#credentials;
    checkUsername(username);
    return username ?? 'default';
  }

  get hint(): string | undefined {
    return this.#credentials.refusalHint;
  }

  /** The password to begin with: of an answer that is on its way, or has come and was not used, or of a new one. */
  first(signal: AbortSignal): Promise<string> {
    const now = performance.now();
    this.#answers = this.#answers.filter(({ askedAt }) => now - askedAt < KEEP_MS);
    return this.#take(signal);
  }

  /**
   * The password instead of one that a server has refused. What was asked for before that may be outdated, so nobody takes it up any more, but for
   * what is on its way instead of the same one: all connections of a client are refused at once.
   */
  insteadOf(refused: string, signal: AbortSignal): Promise<string> {
    this.#answers = this.#answers.filter((answer) => answer.refused === refused && answer.password === undefined && !answer.failure);
    return this.#take(signal, refused);
  }

  #ask(refused?: string): void {
    const come = answerOf(this.#credentials, refused).then(
      (password) => void (answer.password = password),
      (error: Error) => void (answer.failure = error),
    );
    const answer: Answer = { askedAt: performance.now(), refused, come };
    this.#answers = [...this.#answers, answer];
    this.#onAsked.forEach((tell) => tell());
  }

  /**
   * The first password that comes, of what is asked by then and meanwhile.
   *
   * A failure counts when nothing else is on its way, or when it is time to ask again: what is on its way since before that may be lost.
   */
  async #take(signal: AbortSignal, refused?: string): Promise<string> {
    const stopWaiting = this.#onWait(new UnansweredError('still waiting', this.#credentials));
    const taken = new Set<Answer>();
    try {
      for (;;) {
        // What comes instead of another one may be the very one that was refused.
        this.#answers.filter((answer) => refused === undefined || answer.refused === refused).forEach((answer) => taken.add(answer));
        const answers = [...taken];
        const good = answers.find(({ password }) => password !== undefined);
        if (good) {
          return good.password!;
        }
        const latest = answers.at(-1);
        const missing = answers.filter(({ failure }) => !failure);
        const rest = latest ? latest.askedAt + ASK_AGAIN_MS - performance.now() : 0;
        if (latest?.failure && (missing.length === 0 || rest <= 0)) {
          // What is on its way may still come, and a source that answers one question at a time takes no other one before that.
          missing.forEach((answer) => taken.delete(answer));
          throw latest.failure;
        }
        if (signal.aborted) {
          throw answers.filter(({ failure }) => failure).at(-1)?.failure ?? new UnansweredError('gave up waiting', this.#credentials);
        }
        if (rest <= 0) {
          // A provider may answer from what it keeps unless it is told that this was refused.
          this.#ask(refused ?? latest?.refused);
        } else {
          await this.#news(missing, rest, signal);
        }
      }
    } finally {
      stopWaiting();
      if (!signal.aborted) {
        this.#answers = this.#answers.filter((answer) => !taken.has(answer));
      }
    }
  }

  /** Waits until something has come, or was asked, but not for longer than a time, nor after the signal is aborted. */
  #news(missing: readonly Answer[], ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#onAsked.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#onAsked.add(end);
      missing.forEach(({ come }) => void come.then(end));
    });
  }
}
