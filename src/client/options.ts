import { inspect } from 'node:util';
import { kindOf } from './text-or-bytes';

/** Whether something has names and values: neither a list or a Map, nor what is known to have none. */
export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !/^(promise|date)$/.test(kindOf(value));
}

/**
 * Refuses options that there are not. TypeScript finds them, JavaScript leaves them out without a word.
 *
 * @param what - the function that takes them
 * @throws TypeError
 */
export function checkNames(what: string, options: object, names: readonly string[]): void {
  if (!isRecord(options)) {
    throw new TypeError(`the options of ${what} are of type ${kindOf(options)}: expected an object with ${names.join(', ')}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}: expected one of ${names.join(', ')}`);
  }
}

/**
 * Refuses an option that is no number, or too small a one: it would be over at once, or never.
 *
 * @throws TypeError
 */
export function checkNumber(name: string, value: unknown, least: number, unit: string): void {
  if (!(typeof value === 'number' && value >= least)) {
    throw new TypeError(`${name} is ${inspect(value)}: expected a number of ${unit}`);
  }
}
