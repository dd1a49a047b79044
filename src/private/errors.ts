import { UnscopedValidationError, ValidationError } from 'aws-cdk-lib';
import type { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { IConstruct } from 'constructs';

/** A stable error code: CDK takes literal strings only, so that no input can end up in one. */
export type ErrorCode = ReturnType<typeof lit>;

/**
 * An error of the user's input, to be thrown.
 *
 * With a scope CDK shows the construct's path beside the message; value classes have none.
 *
 * @param code stable code, for machines
 * @param message names the property, shows the value, says what is allowed and what to do instead
 * @param scope the construct whose input is wrong
 */
export function invalid(code: ErrorCode, message: string, scope?: IConstruct): Error {
  return scope ? new ValidationError(code, message, scope) : new UnscopedValidationError(code, message);
}

/** A value as it is shown in an error: text in quotes, so that blanks and empty strings can be seen. */
export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
