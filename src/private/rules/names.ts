import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, known } from './rule';
import { shown } from '../errors';
import { MAX_NAME_LENGTH, shortened } from '../name-form';
import { OPEN_ACCESS } from '../open-access';

/** One letter, or a letter, then letters, digits and single hyphens, then a letter or digit. */
const NAME_PATTERN = /^[a-z](?:-?[a-z0-9])*$/;

/** A name and the property that holds it, as the user wrote it. */
export interface NamedProperty {
  readonly property: string;
  readonly name: string;
}

export const VALID_NAME = errorRule<NamedProperty>(lit`InvalidName`, 'MemoryDB Developer Guide, "Creating a cluster"', ({ property, name }) =>
  (!known(name) || (name.length <= MAX_NAME_LENGTH && NAME_PATTERN.test(name))
    ? undefined
    : `'${property}' must have 1-${MAX_NAME_LENGTH} lower-case letters, digits and single hyphens, start with a letter and not end with a hyphen, ` +
      `got ${shown(name)} (${name.length} characters); ${suggestion(name)}`));

export const NOT_DEFAULT_USER = errorRule<NamedProperty>(lit`DefaultUser`, 'MemoryDB Developer Guide, "Authenticating users with ACLs"', ({ name }) =>
  (name === 'default'
    ? "'userName' must not be 'default', got \"default\"; that user exists in every account and cannot be changed, choose another name or leave it out"
    : undefined));

export const NOT_OPEN_ACCESS = errorRule<NamedProperty>(lit`OpenAccessAcl`, 'MemoryDB Developer Guide, "Authenticating users with ACLs"', ({ name }) =>
  (name === OPEN_ACCESS
    ? `'aclName' must not be "${OPEN_ACCESS}", got it; that list exists in every account and cannot be changed, use Acl.openAccess() or another name`
    : undefined));

function suggestion(name: string): string {
  const mended = shortened(name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, ''), MAX_NAME_LENGTH);
  return NAME_PATTERN.test(mended) ? `for example ${shown(mended)}, or leave it out to have one generated` : 'leave it out to have one generated';
}
