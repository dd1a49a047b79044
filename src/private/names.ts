import { createHash } from 'node:crypto';
import { PhysicalName, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MAX_NAME_LENGTH, shortened } from './name-form';
import { VALID_NAME } from './rules/names';
import { demand } from './rules/rule';
import { outermostStack } from './stacks';

const HASH_LENGTH = 8;

/**
 * The physical name of a construct: the one it was given, else a generated one.
 *
 * `PhysicalName.GENERATE_IF_NEEDED` counts as none, since MemoryDB always needs a name.
 *
 * @param variant what the construct can only change together with its name
 */
export function physicalName(scope: Construct, id: string, given: string | undefined, variant?: string): string {
  return given === undefined || given === PhysicalName.GENERATE_IF_NEEDED ? generatedName(scope, id, variant) : given;
}

/**
 * A physical name for a construct that was given none.
 *
 * CloudFormation generates no names for MemoryDB. The name depends on the name of the (outermost) stack and on the
 * construct's path in it, just as the logical id does: it never changes while the logical id stays, unless a variant does.
 * The hash keeps paths apart that look the same once they are in lower case or cut to length.
 *
 * @param variant what the construct can only change together with its name; a token is left out, since its text says nothing
 */
export function generatedName(scope: Construct, id: string, variant?: string): string {
  const ids = [...scope.node.scopes.map((parent) => parent.node.id), id];
  // A nested stack has no name before it is deployed, so it counts as a part of the path.
  const top = outermostStack(scope);
  const path = ids.slice(top.node.scopes.length);
  const identity = [top.stackName, ...path];
  const words = identity.join('-').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const hashed = variant === undefined || Token.isUnresolved(variant) ? identity : [identity, variant];
  const hash = createHash('sha256').update(JSON.stringify(hashed)).digest('hex').slice(0, HASH_LENGTH);
  return `${shortened(words, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${hash}`;
}

/**
 * Checks a name against the rules of the service.
 *
 * @param property the property that holds the name, as the user wrote it
 * @throws when the name is not a token and the service would refuse it
 */
export function validateName(scope: Construct, property: string, name: string | undefined): void {
  if (name !== undefined) {
    demand([VALID_NAME], { property, name }, scope);
  }
}
