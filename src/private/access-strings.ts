import { Token } from 'aws-cdk-lib';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { definitionOf } from './listed-users';

/** What a user may do, as the template says it; undefined for an imported user and for a token. */
export function accessStringOf(user: memorydb.IUserRef): string | undefined {
  const text = definitionOf(user)?.accessString;
  return Token.isUnresolved(text) ? undefined : text;
}
