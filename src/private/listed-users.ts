import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { known } from './rules/rule';

/** The resource that defines a user; undefined for one that is defined elsewhere. */
export function definitionOf(user: memorydb.IUserRef): CfnUser | undefined {
  const resource = CfnUser.isCfnUser(user) ? user : user.node.defaultChild;
  return CfnUser.isCfnUser(resource) ? resource : undefined;
}

/** The name of a user, if it is known at synthesis: the name of a defined user is read as a reference, but known all the same. */
export function knownNameOf(user: memorydb.IUserRef): string | undefined {
  const name = definitionOf(user)?.userName ?? user.userRef.userName;
  return known(name) ? name : undefined;
}

/** Whether two users are one and the same; undefined when that is not known at synthesis. */
export function isSameUser(one: memorydb.IUserRef, other: memorydb.IUserRef): boolean | undefined {
  if (one === other || one.userRef.userName === other.userRef.userName) {
    return true;
  }
  const [name, otherName] = [knownNameOf(one), knownNameOf(other)];
  return name === undefined || otherName === undefined ? undefined : name === otherName;
}
