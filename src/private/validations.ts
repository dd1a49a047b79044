import { Token } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { Construct } from 'constructs';
import { invalid } from './errors';

/**
 * Checks a count.
 *
 * @throws when the number is not a token and not a whole number in the range
 */
export function validateInteger(scope: Construct, property: string, value: number | undefined, minimum: number, maximum: number): void {
  if (value === undefined || Token.isUnresolved(value)) {
    return;
  }
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw invalid(lit`OutOfRange`, `'${property}' must be a whole number from ${minimum} to ${maximum}, got ${value}`, scope);
  }
}
