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
    throw new TypeError(`the options of ${what} are ${inspect(options)}: expected an object with ${names.join(', ')}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}: expected one of ${names.join(', ')}`);
  }
}
