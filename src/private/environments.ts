import { Token } from 'aws-cdk-lib';
import type { ResourceEnvironment } from 'aws-cdk-lib';

/** What belongs to an account and a Region. */
interface Located {
  readonly env: ResourceEnvironment;
}

/**
 * Where something is, when that is another account or Region than something else's; undefined when it is the same or not known at synthesis.
 */
export function elsewhere(one: Located, other: Located): string | undefined {
  const { account, region } = one.env;
  return isAnother(account, other.env.account) || isAnother(region, other.env.region) ? shownPlace(one.env) : undefined;
}

/** An account and a Region in words. */
export function shownPlace({ account, region }: ResourceEnvironment): string {
  return `${shownPart(account)} in ${shownPart(region)}`;
}

/** Whether two accounts, or two Regions, are known to differ. */
export function isAnother(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}

function shownPart(part: string): string {
  return Token.isUnresolved(part) ? 'an unknown place' : part;
}
