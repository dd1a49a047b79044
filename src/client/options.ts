import { inspect } from 'node:util';
import { kindOf } from './text-or-bytes';

/**
 * Refuses options that there are not. TypeScript finds them, JavaScript leaves them out without a word.
 *
 * @param what - the function that takes them
 * @throws TypeError
 */
export function checkNames(what: string, options: object, names: readonly string[]): void {
  if (kindOf(options) !== 'object') {
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

/**
 * The option `timeout` of a function, by default `usual`.
 *
 * @throws TypeError for something else, and for options that there are not
 */
export function timeoutOf(what: string, options: { readonly timeout?: number }, usual: number, others: readonly string[] = []): number {
  checkNames(what, options, ['timeout', ...others]);
  const { timeout = usual } = options;
  checkNumber(`timeout of ${what}`, timeout, 0, 'milliseconds');
  return timeout;
}
