import { UnansweredError } from './ask-password';
import { runningTime } from './clock';
import { CredentialsError } from './errors';
import { isPermanent, trueCause } from './failure';

/** A permanent failure has to end this many attempts in a row, so that a password that is being rotated gets its chance. */
const HOPELESS_ATTEMPTS = 3;

/** After this time, in milliseconds, the same error is no longer one that was kept for a time (`Brake`), but what its source says again. */
const SAID_AGAIN_MS = 1_500;

/** A client that is connected says what it waits for when that takes this long, in milliseconds, or half of the time of a command that takes less. */
const LONG_WAIT_MS = 1_000;

interface Failure {
  readonly cause: Error;
  readonly at: number;
}

/**
 * Why a client could not connect.
 *
 * A failure that trying again will not cure (certificate, password, permission) is *hopeless* once it has ended several attempts of a
 * client that never was ready. A client that was ready before keeps its commands until their deadline: the configuration worked
 * once, so it may be in the middle of a change.
 */
export class ConnectionFailures {
  #latest?: Failure;
  #refusal?: Failure;
  /** Why there was no password, from who was asked for it. */
  #noPassword?: Failure;
  #ofAttempt?: Error;
  #permanent?: Error;
  #permanentAttempts = 0;
  /** When the last of them was counted. */
  #countedAt = 0;
  #everReady = false;
  /** What attempts to connect wait for. */
  readonly #waits = new Set<Failure>();
  readonly #onCause: (cause: Error) => void;

  /** @param onCause - told every cause that is noted */
  constructor(onCause: (cause: Error) => void) {
    this.#onCause = onCause;
  }

  /** An error of any connection, however wrapped. */
  note(error: unknown): void {
    const cause = trueCause(error);
    if (cause) {
      this.#latest = { cause, at: runningTime() };
      if (cause instanceof CredentialsError && !(cause instanceof UnansweredError)) {
        this.#noPassword = this.#latest;
      }
      this.#ofAttempt = cause;
      this.#onCause(cause);
    }
  }

  /** A server refuses a command for now, which is no failure of its connection. */
  refused({ message }: Error): void {
    this.#refusal = { cause: new Error(message), at: runningTime() };
  }

  /** A connection was no longer wanted before it was opened, which often is so because of an error that another one had. */
  gaveUp(error: unknown, connected: boolean): void {
    if (connected || !this.#ofAttempt) {
      this.note(error);
    }
  }

  /**
   * An attempt waits for something that has no time limit of its own.
   *
   * @param cause - what it waits for
   * @returns ends it
   */
  waitsFor(cause: Error): () => void {
    const wait: Failure = { cause, at: runningTime() };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** The client starts to look for a node that answers. */
  attemptStarted(): void {
    this.#ofAttempt = undefined;
  }

  /** No node answered. */
  attemptFailed(): void {
    const before = this.#permanent;
    this.#permanent = this.#ofAttempt && isPermanent(this.#ofAttempt) ? this.#ofAttempt : undefined;
    if (!this.#permanent) {
      this.#permanentAttempts = 0;
    } else if (this.#permanent !== before || runningTime() - this.#countedAt >= SAID_AGAIN_MS) {
      this.#permanentAttempts += 1;
      this.#countedAt = runningTime();
    }
  }

  /** The client can send commands. */
  ready(): void {
    this.#everReady = true;
    this.#permanentAttempts = 0;
  }

  /** The client is told to connect once more, so there is hope again. */
  beginAnew(): void {
    this.#permanentAttempts = 0;
  }

  /** The latest failure, unless it is older than `start` and may be cured since, or else what an attempt waits for. */
  since(start: number, connected: boolean): Error | undefined {
    // That nothing came says less than why nothing had come before.
    const better = this.#latest?.cause instanceof UnansweredError ? this.#noPassword : undefined;
    const latest = [better, this.#latest, this.#refusal].find((each) => each && each.at >= start);
    if (latest) {
      return latest.cause;
    }
    // Most of what a connected client waits for comes soon, and holds up no command but those of one node.
    const now = runningTime();
    const least = connected ? Math.min(LONG_WAIT_MS, Math.max(0, (now - start) / 2) || LONG_WAIT_MS) : 0;
    const wait = [...this.#waits].find(({ at }) => now - at >= least)?.cause;
    return wait ?? (connected ? undefined : this.#latest?.cause);
  }

  /** The failure that makes waiting pointless. */
  get hopeless(): Error | undefined {
    return !this.#everReady && this.#permanentAttempts >= HOPELESS_ATTEMPTS ? this.#permanent : undefined;
  }
}
