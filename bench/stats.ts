/** Middle and extent of some measurements. */
export interface Spread {
  /** The middle value. */
  readonly median: number;
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
}

/** Summarizes measurements, of which there must be at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return {
    median: sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
    min: sorted[0],
    max: sorted[sorted.length - 1],
  };
}
