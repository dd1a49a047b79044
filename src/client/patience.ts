import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { isRedirection } from './cluster-slots';
import { isPermanent, trueCause } from './failure';

/** How long to wait before a primary that was lost is looked for again. */
const RETRY_MS = 250;

/** How long a shard may be without a primary that answers. */
const PATIENCE_MS = 20_000;

/** Bridges the time in which a shard has no primary. */
export class Patience {
  readonly #db: Cluster;
  #since = performance.now();

  constructor(db: Cluster) {
    this.#db = db;
  }

  /** The cluster answers. */
  renew(): void {
    this.#since = performance.now();
  }

  /**
   * Waits before another attempt.
   *
   * @throws the error when another attempt would be pointless, or when there were enough
   */
  async wait(error: Error): Promise<void> {
    const cause = trueCause(error);
    const isPassing = cause !== error || isRedirection(error);
    const isOver = this.#db.status === 'end' || performance.now() - this.#since > PATIENCE_MS;
    if (!isPassing || isOver || (cause && isPermanent(cause))) {
      throw error;
    }
    await sleep(RETRY_MS);
  }
}
