import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { THIS_LIBRARY, errorRule } from './rule';
import type { Acl } from '../../acl';
import type { Cluster } from '../../cluster';
import type { ICluster } from '../../cluster-ref';
import type { IUser } from '../../user';
import { isSameUser, knownNameOf } from '../listed-users';
import { isOpenAccess } from '../open-access';
import { ACL_SYMBOL, CLUSTER_SYMBOL, isMarked } from '../symbols';

const SOURCE = 'MemoryDB Developer Guide, "Authenticating users with ACLs"';

/** A cluster and who signs in to it. */
export interface ConnectionInput {
  readonly cluster: ICluster;
  readonly user?: IUser;
}

const NOBODY_WITHOUT_TLS = errorRule<ConnectionInput>(lit`SignInWithoutTls`, SOURCE, ({ cluster, user }) =>
  (user !== undefined && cluster.tlsEnabled === false
    ? `'user' must be left out of a connection to ${cluster.node.path}, got ${user.node.path}; without TLS the cluster lets everybody in and nobody signs in`
    : undefined));

/** What contradicts itself from the start. */
export const CONNECTION_RULES = [NOBODY_WITHOUT_TLS];

const LISTED = errorRule<ConnectionInput>(lit`UserNotListed`, SOURCE, ({ cluster, user }) => {
  const acl = definedAclOf(cluster);
  return user === undefined || acl === undefined || acl.users.some((other) => isSameUser(other, user) !== false)
    ? undefined
    : `'user' must be on ${acl.node.path}, the access control list of the cluster, to sign in, but ${user.node.path} is not; ` +
      "put it into 'users' or call addUser(user) of the cluster or of the list";
});

const REQUIRED = errorRule<ConnectionInput>(lit`UserRequired`, SOURCE, ({ cluster, user }) => {
  const acl = definedAclOf(cluster);
  return user !== undefined || acl === undefined
    ? undefined
    : `'user' must be given to a connection, since ${acl.node.path}, the access control list of the cluster, lets nobody in who does not sign in; ` +
      'give connectionFor() a user of that list';
});

const OPEN = errorRule<ConnectionInput>(lit`UserOfOpenAccess`, THIS_LIBRARY, ({ cluster, user }) => {
  const acl = aclOf(cluster);
  return user === undefined || acl === undefined || !isOpenAccess(acl) || [undefined, 'default'].includes(knownNameOf(user))
    ? undefined
    : `'user' must be left out of a connection to a cluster with open-access, whose only user is 'default', got ${user.node.path}; ` +
      'leave it out, or give the cluster an Acl with the user';
});

/** What can only be known when all users are there. */
export const CONNECTION_USER_RULES = [LISTED, REQUIRED, OPEN];

/** The list of a cluster that is defined here. */
function aclOf(cluster: ICluster): memorydb.IACLRef | undefined {
  return isMarked(cluster, CLUSTER_SYMBOL) ? (cluster as Cluster).acl : undefined;
}

/** The list of a cluster, when both are defined here, so that its users are known. */
function definedAclOf(cluster: ICluster): Acl | undefined {
  const acl = aclOf(cluster);
  return isMarked(acl, ACL_SYMBOL) ? (acl as Acl) : undefined;
}
