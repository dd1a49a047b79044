import type { RedisKey } from 'ioredis';

/** A command over several keys of which some failed: the rest is done, and what failed can be tried again by itself. */
export class BatchError extends Error {
  /** Always `EBATCH`. */
  readonly code = 'EBATCH';

  /** Why it failed, by key. */
  readonly errors: ReadonlyMap<RedisKey, Error>;

  /** What was done, by key: the value that `mget` read, `OK` where `mset` wrote or `del` deleted. */
  readonly results: ReadonlyMap<RedisKey, unknown>;

  constructor(command: string, errors: ReadonlyMap<RedisKey, Error>, results: ReadonlyMap<RedisKey, unknown>) {
    const [[key, cause]] = errors;
    super(`${command} failed for ${errors.size} of ${errors.size + results.size} keys, first for ${JSON.stringify(String(key))}: ${cause.message}`, { cause });
    this.name = 'BatchError';
    this.errors = errors;
    this.results = results;
  }
}
