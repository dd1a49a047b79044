/** How long a failure is kept, in milliseconds: at least, and the random part that is added, so that a fleet does not ask in step. */
const KEEP_MS = { least: 1_000, random: 250 };

/**
 * Asks a source that fails no more often than about once in a second: attempts to connect follow each other faster, and a source that
 * refuses because it is asked too often would have to refuse for ever.
 */
export class Brake<T> {
  #failure?: { readonly reason: unknown; readonly until: number };

  /** What the source says, or the failure that it had just now. */
  async ask(source: () => Promise<T>): Promise<T> {
    if (this.#failure && performance.now() < this.#failure.until) {
      throw this.#failure.reason;
    }
    try {
      const answer = await source();
      this.#failure = undefined;
      return answer;
    } catch (reason) {
      this.#failure = { reason, until: performance.now() + KEEP_MS.least + Math.random() * KEEP_MS.random };
      throw reason;
    }
  }
}
