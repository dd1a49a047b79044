import type { ResourceEnvironment } from 'aws-cdk-lib';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule } from './rule';
import { elsewhere, shownPlace } from '../environments';

/** Something that is used by a cluster or a snapshot. */
export interface UsedPart {
  readonly property: string;
  readonly part: { readonly env: ResourceEnvironment; readonly node: { readonly path: string } } | undefined;
  /** Whether it may be of another account. */
  readonly isShared?: boolean;
}

/** What is used, and by whom. */
export interface EnvironmentInput {
  /** What uses it, in words. */
  readonly what: string;
  readonly env: ResourceEnvironment;
  readonly parts: readonly UsedPart[];
}

/** A name says nothing of the place, so that the service would look for it in its own. */
const SAME_PLACE = errorRule<EnvironmentInput>(lit`PartOfAnotherEnvironment`, 'API reference, "CreateCluster"', ({ what, env, parts }) => {
  const placeOf = ({ part, isShared }: UsedPart) => part && elsewhere({ env: isShared ? { ...part.env, account: env.account } : part.env }, { env });
  const stray = parts.find((one) => placeOf(one) !== undefined);
  return stray === undefined
    ? undefined
    : `'${stray.property}' must be of the ${stray.isShared ? 'Region' : 'account and Region'} of the ${what}, ${shownPlace(env)}, but ` +
      `${stray.part!.node.path} is of ${shownPlace(stray.part!.env)}; use one of that place`;
});

/** Rules for the places of things that are used by their names. */
export const ENVIRONMENT_RULES = [SAME_PLACE];
