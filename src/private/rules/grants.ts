import type * as iam from 'aws-cdk-lib/aws-iam';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { Construct } from 'constructs';
import { THIS_LIBRARY, errorRule, warningRule } from './rule';
import type { IUser } from '../../user';
import { elsewhere, isAnother } from '../environments';

const IAM_SOURCE = 'MemoryDB Developer Guide, "Authenticating with IAM"';

/** A user who signs in with IAM, and the cluster. */
export interface IamGrantInput {
  readonly cluster: memorydb.IClusterRef;
  readonly user: memorydb.IUserRef;
}

const ENVIRONMENT = errorRule<IamGrantInput>(lit`ClusterOfAnotherEnvironment`, IAM_SOURCE, ({ cluster, user }) => {
  const place = elsewhere(user, cluster);
  return place === undefined
    ? undefined
    : `'user' must be of the account and Region of ${cluster.node.path} to sign in to it, but ${user.node.path} is of ${place}; ` +
      'give it a user of the account and Region of the cluster';
});

export const IAM_GRANT_RULES = [ENVIRONMENT];

/** A permission, and whether it was added to the principal's policy. */
export interface GrantedInput {
  readonly cluster: memorydb.IClusterRef;
  readonly grantee: iam.IGrantable;
  readonly added: boolean;
}

const EFFECT = warningRule<GrantedInput>('grantWithoutEffect', 'MemoryDB Developer Guide, "How MemoryDB works with IAM"', ({ cluster, grantee, added }) => {
  const { principalAccount } = grantee.grantPrincipal;
  const { account } = cluster.env;
  const start = `${nameOf(grantee)} cannot be given permission to sign in`;
  if (isAnother(principalAccount, account)) {
    return `${start}, since it is of account ${principalAccount} and MemoryDB has no resource policies to let another account than ${account} in: ` +
      'let it assume a role of that account';
  }
  return added ? undefined : `${start}, since it has no policy that could be changed here: grant it to a role`;
});

export const GRANTED_RULES = [EFFECT];

/** A user with a password, and the account that its secret is to be used in. */
export interface SecretUseInput {
  readonly user: IUser;
  readonly account?: string;
}

const NAMED_SECRET = errorRule<SecretUseInput>(lit`SecretOfAnotherAccount`, THIS_LIBRARY, ({ user, account }) =>
  (user.secret !== undefined && isGenerated(user) && isAnother(user.secret.env.account, account)
    ? `'secret' must have a name and a key of its own to be used in account ${account}, but the generated one of ${user.node.path} has no name; ` +
      "define a Secret with 'secretName' and 'encryptionKey', let the account use both, and give it to the user as 'secret'"
    : undefined));

export const SECRET_USE_RULES = [NAMED_SECRET];

function nameOf(grantee: iam.IGrantable): string {
  return Construct.isConstruct(grantee) ? grantee.node.path : String(grantee.grantPrincipal);
}

/** Whether the user made the secret itself. */
function isGenerated(user: IUser): boolean {
  return user.secret?.node.scope === user;
}
