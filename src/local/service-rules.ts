import { Evaluator } from './intrinsics';
import { describe, LocatedResource } from './template';

const NAME = /^[a-z](?!.*--)[a-z0-9-]{0,39}$/;

/**
 * Check a name; one that only AWS knows passes.
 *
 * @throws when it is one that the service refuses
 */
export function checkName(property: string, name: string, located: LocatedResource, evaluator: Evaluator): void {
  if (evaluator.isPlaceholder(name)) {
    return;
  }
  if (!NAME.test(name) || name.endsWith('-')) {
    throw new Error(
      `${property} of ${describe(located)} must be 1 to 40 lower-case letters, digits and single hyphens that start with a letter ` +
      `and do not end with a hyphen, got ${JSON.stringify(name)}`,
    );
  }
  if (property === 'UserName' && name === 'default') {
    throw new Error(`UserName of ${describe(located)} is "default", the built-in user of the ACL "open-access": choose another name`);
  }
}

/**
 * Check that clusters can be there at once. Those of several stages may have the same name: a stage is deployed on its own.
 *
 * @throws when two of one assembly have the same name in one Region
 */
export function checkClusterNames(plans: readonly { readonly name: string; readonly located: LocatedResource }[], evaluator: Evaluator): void {
  const first = new Map<string, LocatedResource>();
  for (const { name, located } of plans.filter((plan) => !evaluator.isPlaceholder(plan.name))) {
    const { assembly, account, region } = located.stack;
    const place = [assembly, account, region, name].join('\n');
    const other = first.get(place);
    if (other !== undefined) {
      throw new Error(
        `ClusterName of ${describe(located)} is ${JSON.stringify(name)}, as that of ${describe(other)} in the same Region, ` +
        'the service refuses that: give one of them another name, or choose one of their stacks',
      );
    }
    first.set(place, located);
  }
}

/**
 * Check the users of an ACL.
 *
 * @throws when one of them is there twice
 */
export function checkUserNames(names: readonly string[], acl: LocatedResource): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`UserNames of ACL ${describe(acl)} has ${JSON.stringify(twice)} more than once, the service refuses that: name every user once`);
  }
}

/**
 * Check how a user signs in.
 *
 * @returns the entries for its passwords, none for an IAM user
 * @throws when the type and the passwords do not go together
 */
export function checkAuthentication(mode: unknown, user: LocatedResource): readonly unknown[] {
  const { Type, Passwords = [] } = (mode ?? {}) as { readonly Type?: unknown; readonly Passwords?: unknown };
  const entries = Array.isArray(Passwords) ? Passwords : [Passwords];
  const fits = Type === 'iam' ? entries.length === 0 : Type === 'password' && entries.length >= 1 && entries.length <= 2;
  if (!fits) {
    throw new Error(
      `AuthenticationMode of user ${describe(user)} must have the Type "password" with one or two Passwords, or the Type "iam" without any, ` +
      `got the Type ${JSON.stringify(Type) ?? 'undefined'} with ${entries.length} Passwords`,
    );
  }
  return entries;
}

/**
 * Check a password, without ever showing it.
 *
 * @throws when it is one that the service refuses
 */
export function checkPassword(password: string, user: LocatedResource): string {
  if (!/^[!-~]{16,128}$/.test(password) || /[,"/@]/.test(password)) {
    throw new Error(
      `a password of user ${describe(user)} is one that the service refuses: use 16 to 128 printable characters without comma, quote, slash and at sign`,
    );
  }
  return password;
}
