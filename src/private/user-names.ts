import type { Construct } from 'constructs';
import { NOT_DEFAULT_USER, VALID_NAME } from './rules/names';
import { demand } from './rules/rule';

/**
 * Checks the name of a user that is to be defined.
 *
 * @throws when the service would refuse the name
 */
export function validateUserName(scope: Construct, userName: string | undefined): void {
  if (userName !== undefined) {
    demand([VALID_NAME, NOT_DEFAULT_USER], { property: 'userName', name: userName }, scope);
  }
}
