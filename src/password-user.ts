import { Stack } from 'aws-cdk-lib';
import type { SecretValue } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { Construct } from 'constructs';
import { arnOf, nameOf } from './private/arns';
import { invalid } from './private/errors';
import { physicalName } from './private/names';
import { passwordReference } from './private/password-references';
import { applyRemoval } from './private/removal';
import { PASSWORD_RULES } from './private/rules/passwords';
import { demand } from './private/rules/rule';
import { demandMade } from './private/rules/value-classes';
import { UserBase } from './private/user-base';
import { validateUserName } from './private/user-names';
import { AuthenticationType } from './user';
import type { IUser, UserOptions } from './user';

/** MemoryDB Developer Guide, "Authenticating users with ACLs": 16 to 128 characters, none of these. */
const REFUSED_CHARACTERS = ',"/@';

/** JSON has to escape a backslash, which eager readers of the secret get wrong. */
const AWKWARD_CHARACTERS = '\\';

const PASSWORD_LENGTH = 32;

/**
 * A user who signs in with a password.
 */
export interface IPasswordUser extends IUser {}

/**
 * Properties of a `PasswordUser`.
 */
export interface PasswordUserProps extends UserOptions {
  /**
   * An existing secret with the password: JSON with the fields `username` and `password`.
   *
   * [disable-awslint:prefer-ref-interface] its readers are given permissions, which needs an `ISecret`
   *
   * @default - a secret with a generated password of 32 characters, unless `passwords` are given
   */
  readonly secret?: secretsmanager.ISecret;

  /**
   * One or two passwords that are kept elsewhere, as references that CloudFormation resolves while it deploys.
   *
   * Each must be one whole reference to a secret, or a parameter with `noEcho`, an import or an attribute; plain text is refused, even as a part.
   * CloudFormation does not resolve secure strings of Systems Manager here.
   * The password must have 16 to 128 printable characters and no comma, double quote, slash or at sign.
   *
   * @default - the password of the secret
   */
  readonly passwords?: SecretValue[];

  /**
   * Key that encrypts the generated secret.
   *
   * [disable-awslint:prefer-ref-interface] a secret takes an `IKey`
   *
   * @default - the account's key for Secrets Manager
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What is known of an existing user with a password.
 */
export interface PasswordUserAttributes {
  /** Name of the user. */
  readonly userName: string;

  /**
   * The secret with the password: JSON with the fields `username` and `password`.
   *
   * [disable-awslint:prefer-ref-interface] its readers are given permissions, which needs an `ISecret`
   *
   * @default - unknown: the user cannot be granted to anybody
   */
  readonly secret?: secretsmanager.ISecret;
}

abstract class PasswordUserBase extends UserBase implements IPasswordUser {
  public readonly authenticationType = AuthenticationType.PASSWORD;
}

/**
 * Defines a user who signs in with a password from a secret.
 *
 * The password reaches the template only as a reference. Prefer `IamUser` where the client can use it.
 *
 * @resource AWS::MemoryDB::User
 * @stateless
 */
export class PasswordUser extends PasswordUserBase {
  /**
   * An existing user with a password, by its name. Its secret is not known: see `fromPasswordUserAttributes`.
   */
  public static fromPasswordUserName(scope: Construct, id: string, passwordUserName: string): IPasswordUser {
    return PasswordUser.fromPasswordUserAttributes(scope, id, { userName: passwordUserName });
  }

  /**
   * An existing user with a password, by its ARN. Its secret is not known: see `fromPasswordUserAttributes`.
   */
  public static fromPasswordUserArn(scope: Construct, id: string, passwordUserArn: string): IPasswordUser {
    class Import extends PasswordUserBase {
      public readonly userName = nameOf(passwordUserArn);
      public readonly userArn = passwordUserArn;
      public readonly secret = undefined;
    }
    return new Import(scope, id, { environmentFromArn: passwordUserArn });
  }

  /**
   * An existing user with a password, with all that is known of it.
   */
  public static fromPasswordUserAttributes(scope: Construct, id: string, attrs: PasswordUserAttributes): IPasswordUser {
    class Import extends PasswordUserBase {
      public readonly userName = attrs.userName;
      public readonly userArn = arnOf(this, 'user', attrs.userName);
      public readonly secret = attrs.secret;
    }
    return new Import(scope, id);
  }

  public readonly userName: string;
  public readonly userArn: string;
  public readonly secret?: secretsmanager.ISecret;

  /**
   * @throws when the name is not allowed, when `passwords` are none, more than two, twice the same, given beside a `secret`, plain text or a
   * secure string of Systems Manager, when an `encryptionKey` is given where no secret is generated, or when the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: PasswordUserProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.userName) });
    validateUserName(this, props.userName);
    demandMade({ accessString: props.accessString }, this);
    this.validatePasswords(props);

    this.secret = props.passwords ? undefined : props.secret ?? this.createSecret(props);
    const passwords = props.passwords ?? [this.secret!.secretValueFromJson('password')];

    const resource = new CfnUser(this, 'Resource', {
      userName: this.physicalName,
      accessString: props.accessString.toString(),
      // An untyped property, so its keys go to the template as they are.
      authenticationMode: { Type: this.authenticationType, Passwords: passwords.map((password) => password.unsafeUnwrap()) },
    });
    applyRemoval(this, resource, 'a user', props.removalPolicy);
    this.userName = this.getResourceNameAttribute(resource.ref);
    this.userArn = this.getResourceArnAttribute(resource.attrArn, { service: 'memorydb', resource: 'user', resourceName: this.physicalName });
  }

  private createSecret({ encryptionKey, removalPolicy }: PasswordUserProps): secretsmanager.Secret {
    return new secretsmanager.Secret(this, 'Secret', {
      description: `Password of the MemoryDB user ${this.physicalName}`,
      encryptionKey,
      removalPolicy,
      generateSecretString: {
        secretStringTemplate: Stack.of(this).toJsonString({ username: this.physicalName }),
        generateStringKey: 'password',
        passwordLength: PASSWORD_LENGTH,
        excludeCharacters: REFUSED_CHARACTERS + AWKWARD_CHARACTERS,
      },
    });
  }

  private validatePasswords(props: PasswordUserProps): void {
    const { passwords } = props;
    if (props.secret !== undefined && props.encryptionKey !== undefined) {
      throw invalid(
        lit`SecretAndEncryptionKey`,
        "'encryptionKey' must not be given together with 'secret', which has a key of its own; remove one of them",
        this,
      );
    }
    if (passwords === undefined) {
      return;
    }
    if (props.secret !== undefined || props.encryptionKey !== undefined) {
      throw invalid(
        lit`PasswordsAndSecret`,
        "'passwords' must not be given together with 'secret' or 'encryptionKey', since it takes the secret's place; remove one of them",
        this,
      );
    }
    demand(PASSWORD_RULES, passwords.map((password) => passwordReference(this, password)), this);
  }
}
