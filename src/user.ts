import type { IResource, RemovalPolicy } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { AccessString } from './access-string';

/**
 * How a user signs in, in the service's spelling.
 */
export enum AuthenticationType {
  /** With a token that is signed by AWS credentials and lasts 15 minutes. */
  IAM = 'iam',
  /** With one of up to two passwords. */
  PASSWORD = 'password',
}

/**
 * Somebody who can sign in to clusters.
 */
export interface IUser extends IResource, memorydb.IUserRef {
  /**
   * Name of the user, which is also the name to sign in with.
   *
   * @attribute
   */
  readonly userName: string;

  /**
   * ARN of the user.
   *
   * @attribute
   */
  readonly userArn: string;

  /** How the user signs in. */
  readonly authenticationType: AuthenticationType;

  /**
   * The secret with the user's password, JSON with the fields `username` and `password`.
   *
   * Undefined for an IAM user and for a password user whose passwords are kept elsewhere.
   */
  readonly secret?: secretsmanager.ISecret;
}

/**
 * What all kinds of users have in common.
 */
export interface UserOptions {
  /** What the user may do. */
  readonly accessString: AccessString;

  /**
   * Name of the user: 1 to 40 lower-case letters, digits and hyphens, not `default`. Changing it replaces the user.
   *
   * @default - generated from the stack's name and the construct's path
   */
  readonly userName?: string;

  /**
   * What happens to the user, and to a secret that is generated for it, when it leaves the stack.
   *
   * A cluster that is retained keeps its access control list, but a user who is deleted leaves every list: retain those who are to sign in to it.
   *
   * @default - the user and the secret are deleted
   */
  readonly removalPolicy?: RemovalPolicy;
}
