import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { Construct } from 'constructs';
import { invalid } from './errors';
import { validateName } from './names';

/**
 * Checks the name of a user that is to be defined.
 *
 * @throws when the service would refuse the name
 */
export function validateUserName(scope: Construct, userName: string | undefined): void {
  validateName(scope, 'userName', userName);
  if (userName === 'default') {
    throw invalid(
      lit`DefaultUser`,
      "'userName' must not be 'default', got \"default\"; that user exists in every account and cannot be changed, choose another name or leave it out",
      scope,
    );
  }
}
