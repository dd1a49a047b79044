import { randomBytes } from 'node:crypto';
import { Evaluator } from './intrinsics';
import { Stack } from './template';

/** A `{{resolve:service:...}}` reference, the whole text. */
const DYNAMIC_REFERENCE = /^\{\{resolve:([a-z-]+):(.+?)\}\}$/;

/** Make a password that the service would accept too: 32 characters, none of those it refuses. */
export function makePassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Gives out the passwords of a template's users.
 *
 * What stands in the template is used; what stands in a secret or comes as a parameter is not known here, so a
 * password is made up for it, once for each origin: users that share a secret share the password.
 */
export class Passwords {
  private readonly madeUp = new Map<string, string>();

  constructor(private readonly evaluator: Evaluator) {}

  /** The password behind one entry of `AuthenticationMode.Passwords`. */
  of(entry: unknown, stack: Stack): string {
    const text = this.evaluator.text(entry, stack);
    const reference = DYNAMIC_REFERENCE.exec(text);
    if (reference !== null) {
      // Empty parts at the end mean the same as none.
      return this.forOrigin(`${reference[1]}:${reference[2].replace(/:+$/, '')}`);
    }
    return this.evaluator.isPlaceholder(text) ? this.forOrigin(text) : text;
  }

  private forOrigin(origin: string): string {
    const password = this.madeUp.get(origin) ?? makePassword();
    this.madeUp.set(origin, password);
    return password;
  }
}
