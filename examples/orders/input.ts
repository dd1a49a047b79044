/** What comes with a request is not to be trusted: it is checked before it becomes part of a key or a value. */

const MAX_LENGTH = 256;

/** Braces would move a key to another slot, and half a surrogate pair would become the same byte sequence as any other. */
const TEXT = new RegExp(`^[^{}\\p{Cc}\\p{Cs}]{1,${MAX_LENGTH}}$`, 'u');

/** @throws RangeError for what is no text, empty, too long, or has braces or control characters */
export function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || !TEXT.test(value)) {
    throw new RangeError(`${name} must be a text of 1 to ${MAX_LENGTH} characters without braces and control characters, got ${JSON.stringify(value)}`);
  }
  return value;
}

/** @throws RangeError for what is no whole number in the range */
export function wholeNumber(name: string, value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be a whole number from ${least} to ${most}, got ${typeof value === 'number' ? value : JSON.stringify(value)}`);
  }
  return value;
}

/** @throws RangeError for what is no text of a whole number */
export function digits(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw new RangeError(`${name} must be the digits of a whole number up to ${Number.MAX_SAFE_INTEGER}, got ${JSON.stringify(value)}`);
  }
  return value;
}
