import { Lazy, Resource, Stack } from 'aws-cdk-lib';
import type { IResource, RemovalPolicy, ResourceProps } from 'aws-cdk-lib';
import { CfnACL } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { arnOf, nameOf } from './private/arns';
import { definitionOf, isSameUser } from './private/listed-users';
import { physicalName } from './private/names';
import { OPEN_ACCESS } from './private/open-access';
import { applyRemoval } from './private/removal';
import { LISTED_USER_RULES } from './private/rules/listed-users';
import { NOT_OPEN_ACCESS, VALID_NAME } from './private/rules/names';
import { check, demand } from './private/rules/rule';
import { ACL_SYMBOL, isMarked, mark } from './private/symbols';

/**
 * A list of users who can sign in to the clusters that use it.
 */
export interface IAcl extends IResource, memorydb.IACLRef {
  /**
   * Name of the access control list.
   *
   * @attribute
   */
  readonly aclName: string;

  /**
   * ARN of the access control list.
   *
   * @attribute
   */
  readonly aclArn: string;
}

/**
 * Properties of an `Acl`.
 */
export interface AclProps {
  /**
   * Users who can sign in, up to 100; more can be added with `addUser`.
   *
   * The last user of a deployed list cannot be removed: an empty list has no property in the template, and CloudFormation is not known to survive an
   * update that takes the property away. Keep a user who may not sign in, `AccessString.of({ enabled: false })`.
   *
   * @default - none: nobody can sign in
   */
  readonly users?: memorydb.IUserRef[];

  /**
   * Name of the access control list: 1 to 40 lower-case letters, digits and hyphens. Changing it replaces the list.
   *
   * @default - generated from the stack's name and the construct's path
   */
  readonly aclName?: string;

  /**
   * What happens to the access control list when it leaves the stack.
   *
   * A list that a cluster still uses cannot be deleted, so retain it with a retained cluster.
   *
   * @default - the list is deleted
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class AclBase extends Resource implements IAcl {
  public abstract readonly aclName: string;
  public abstract readonly aclArn: string;

  public get aclRef(): memorydb.ACLReference {
    return { aclName: this.aclName, aclArn: this.aclArn };
  }
}

class ImportedAcl extends AclBase {
  public readonly aclName: string;
  public readonly aclArn: string;

  constructor(scope: Construct, id: string, known: { aclName?: string; aclArn?: string }, props?: ResourceProps) {
    super(scope, id, props);
    this.aclName = known.aclName ?? nameOf(known.aclArn!);
    this.aclArn = known.aclArn ?? arnOf(this, 'acl', this.aclName);
  }
}

/**
 * Defines an access control list.
 *
 * @resource AWS::MemoryDB::ACL
 * @stateless
 */
export class Acl extends AclBase {
  /**
   * Whether a value is an `Acl` of this library that users can be added to.
   */
  public static isAcl(x: any): x is Acl {
    return isMarked(x, ACL_SYMBOL);
  }

  /**
   * An existing access control list, by its name.
   */
  public static fromAclName(scope: Construct, id: string, aclName: string): IAcl {
    return new ImportedAcl(scope, id, { aclName });
  }

  /**
   * An existing access control list, by its ARN.
   */
  public static fromAclArn(scope: Construct, id: string, aclArn: string): IAcl {
    return new ImportedAcl(scope, id, { aclArn }, { environmentFromArn: aclArn });
  }

  /**
   * The list `open-access` that exists in every account: everybody who can reach the cluster may do everything, without a password.
   *
   * A cluster that uses it carries the warning `cdk-memorydb:openAccess`.
   *
   * @param scope any construct of the stack that uses the list
   */
  public static openAccess(scope: Construct): IAcl {
    const stack = Stack.of(scope);
    const id = 'cdk-memorydb:OpenAccess';
    return (stack.node.tryFindChild(id) as ImportedAcl | undefined) ?? new ImportedAcl(stack, id, { aclName: OPEN_ACCESS });
  }

  public readonly aclName: string;
  public readonly aclArn: string;

  private readonly userRefs: memorydb.IUserRef[] = [];

  /**
   * @throws when the name is not allowed, a user cannot be on the list (see `addUser`), or the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: AclProps = {}) {
    super(scope, id, { physicalName: physicalName(scope, id, props.aclName) });
    mark(this, ACL_SYMBOL);
    if (props.aclName !== undefined) {
      demand([VALID_NAME, NOT_OPEN_ACCESS], { property: 'aclName', name: props.aclName }, this);
    }
    props.users?.forEach((user) => this.addUser(user));

    const resource = new CfnACL(this, 'Resource', {
      aclName: this.physicalName,
      userNames: Lazy.uncachedList({ produce: () => this.sortedUserNames() }, { omitEmpty: true }),
    });
    applyRemoval(this, resource, 'an access control list', props.removalPolicy);
    this.aclName = this.getResourceNameAttribute(resource.ref);
    this.aclArn = this.getResourceArnAttribute(resource.attrArn, { service: 'memorydb', resource: 'acl', resourceName: this.physicalName });
  }

  /**
   * The users of the list, in the order they were added.
   */
  public get users(): memorydb.IUserRef[] {
    return [...this.userRefs];
  }

  /**
   * Lets a user sign in; a user who is on the list already is not added twice.
   *
   * @throws when the user is of another account or Region, or another user of the same name is on the list
   */
  public addUser(user: memorydb.IUserRef): void {
    const index = this.userRefs.findIndex((other) => isSameUser(other, user));
    const count = this.userRefs.length + (index < 0 ? 1 : 0);
    check(LISTED_USER_RULES, { acl: this, user, namesake: this.userRefs[index], count }, this);
    if (index < 0) {
      this.userRefs.push(user);
    } else if (definitionOf(user)) {
      // A defined user is there before the list is, which a mere name cannot see to.
      this.userRefs[index] = user;
    }
  }

  /** Sorted by what the template will say, so that the order in which users are added changes nothing. */
  private sortedUserNames(): string[] {
    const stack = Stack.of(this);
    const sortKey = (name: string) => JSON.stringify(stack.resolve(name));
    return this.userRefs.map((user) => user.userRef.userName).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }
}
