import { Resource } from 'aws-cdk-lib';
import type { ResourceProps } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { USER_SYMBOL, mark } from './symbols';
import type { AuthenticationType, IUser } from '../user';

/**
 * Base of all users, defined and imported.
 *
 * @internal
 */
export abstract class UserBase extends Resource implements IUser {
  public abstract readonly userName: string;
  public abstract readonly userArn: string;
  public abstract readonly authenticationType: AuthenticationType;
  public abstract readonly secret?: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, props?: ResourceProps) {
    super(scope, id, props);
    mark(this, USER_SYMBOL);
  }

  public get userRef(): memorydb.UserReference {
    return { userName: this.userName, userArn: this.userArn };
  }
}
