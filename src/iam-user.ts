import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { arnOf, nameOf } from './private/arns';
import { physicalName } from './private/names';
import { applyRemoval } from './private/removal';
import { demandMade } from './private/rules/value-classes';
import { UserBase } from './private/user-base';
import { validateUserName } from './private/user-names';
import { AuthenticationType } from './user';
import type { IUser, UserOptions } from './user';

/**
 * A user who signs in with IAM.
 */
export interface IIamUser extends IUser {}

/**
 * Properties of an `IamUser`.
 */
export interface IamUserProps extends UserOptions {}

abstract class IamUserBase extends UserBase implements IIamUser {
  public readonly authenticationType = AuthenticationType.IAM;
  public readonly secret?: secretsmanager.ISecret = undefined;
}

/**
 * Defines a user who signs in with IAM: no password anywhere.
 *
 * Needs an engine of version 7.0 or later. Give a role the right to sign in with `cluster.grants.connect(role, user)`.
 *
 * @resource AWS::MemoryDB::User
 * @stateless
 */
export class IamUser extends IamUserBase {
  /**
   * An existing IAM user, by its name.
   */
  public static fromIamUserName(scope: Construct, id: string, iamUserName: string): IIamUser {
    class Import extends IamUserBase {
      public readonly userName = iamUserName;
      public readonly userArn = arnOf(this, 'user', iamUserName);
    }
    return new Import(scope, id);
  }

  /**
   * An existing IAM user, by its ARN.
   */
  public static fromIamUserArn(scope: Construct, id: string, iamUserArn: string): IIamUser {
    class Import extends IamUserBase {
      public readonly userName = nameOf(iamUserArn);
      public readonly userArn = iamUserArn;
    }
    return new Import(scope, id, { environmentFromArn: iamUserArn });
  }

  public readonly userName: string;
  public readonly userArn: string;

  /**
   * @throws when the name is not allowed, or the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: IamUserProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.userName) });
    validateUserName(this, props.userName);
    demandMade({ accessString: props.accessString }, this);

    const resource = new CfnUser(this, 'Resource', {
      userName: this.physicalName,
      accessString: props.accessString.toString(),
      // An untyped property, so its keys go to the template as they are.
      authenticationMode: { Type: this.authenticationType },
    });
    applyRemoval(this, resource, 'a user', props.removalPolicy);
    this.userName = this.getResourceNameAttribute(resource.ref);
    this.userArn = this.getResourceArnAttribute(resource.attrArn, { service: 'memorydb', resource: 'user', resourceName: this.physicalName });
  }
}
