import type { Duration } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { MAX_RETENTION_DAYS } from './limits';
import { THIS_LIBRARY, errorRule } from './rule';

const KNOWN = errorRule<Duration>(lit`UnresolvedRetention`, THIS_LIBRARY, (minimum) =>
  (minimum.isUnresolved() ? "'minimum' must be known at synthesis to compare it with what a cluster has, got a token" : undefined));

const RANGE = errorRule<Duration>(lit`InvalidRetention`, 'MemoryDB Developer Guide, "Automatic snapshots"', (minimum) => {
  const days = minimum.toDays({ integral: false });
  return Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS
    ? undefined
    : `'minimum' must be whole days from 1 to ${MAX_RETENTION_DAYS}, got ${minimum.toHumanString()}`;
});

/** Rules for the least time that snapshots are kept. */
export const RETENTION_RULES = [KNOWN, RANGE];
