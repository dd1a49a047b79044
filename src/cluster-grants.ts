import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { invalid } from './private/errors';
import { GRANTED_RULES, IAM_GRANT_RULES, SECRET_USE_RULES } from './private/rules/grants';
import { check, demand } from './private/rules/rule';
import { USER_SYMBOL, isMarked } from './private/symbols';
import { AuthenticationType } from './user';
import type { IUser } from './user';

/**
 * Permissions on a cluster.
 */
export class ClusterGrants {
  /**
   * Permissions on a cluster, be it a `Cluster`, a `CfnCluster` or an imported one.
   */
  public static fromCluster(cluster: memorydb.IClusterRef): ClusterGrants {
    return new ClusterGrants(cluster);
  }

  private constructor(private readonly cluster: memorydb.IClusterRef) {}

  /**
   * Lets a principal sign in to the cluster as a user.
   *
   * For an IAM user that is the action `memorydb:Connect` on the cluster and the user; for a user with a password it is reading the user's
   * secret (and decrypting with the secret's key). A user that is not of this library is taken for an IAM user.
   *
   * MemoryDB has no resource policies: a permission can only be added to the principal, and has no effect in another account than the cluster's.
   * Where nothing comes of it, the cluster gets the warning `cdk-memorydb:grantWithoutEffect`.
   *
   * Reaching the cluster over the network is another matter: see `cluster.connections`.
   *
   * @param grantee who signs in
   * @param user as whom
   * @throws when an IAM user is of another account or Region than the cluster, or when a user has a password but its secret is not known, or cannot
   * be used in the account of the principal
   */
  public connect(grantee: iam.IGrantable, user: memorydb.IUserRef): iam.Grant {
    if (!isPasswordUser(user)) {
      demand(IAM_GRANT_RULES, { cluster: this.cluster, user }, this.cluster);
      const grant = iam.Grant.addToPrincipal({
        grantee,
        actions: ['memorydb:Connect'],
        resourceArns: [this.cluster.clusterRef.clusterArn, user.userRef.userArn],
      });
      check(GRANTED_RULES, { cluster: this.cluster, grantee, added: grant.success }, this.cluster);
      return grant;
    }
    if (user.secret === undefined) {
      throw invalid(
        lit`UnknownSecret`,
        `'user' must have a secret to be granted, but the secret of ${user.node.path} is not known; define or import the user with 'secret', ` +
          'or give the principal access to its password yourself',
        user,
      );
    }
    demand(SECRET_USE_RULES, { user, account: grantee.grantPrincipal.principalAccount }, user);
    return user.secret.encryptionKey === undefined ? user.secret.grantRead(grantee) : readEncrypted(grantee, user.secret, user.secret.encryptionKey);
  }
}

/**
 * Lets a principal read a secret and decrypt it, all by its own policy.
 *
 * `secret.grantRead` would name the principal in the policy of the key, so that the key's stack came to depend on the principal's stack and
 * an imported key gave no access at all.
 */
function readEncrypted(grantee: iam.IGrantable, secret: secretsmanager.ISecret, key: kms.IKey): iam.Grant {
  const read = iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    // Secrets Manager adds a hyphen and six characters to the name.
    resourceArns: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
    resource: secret,
  });
  const decrypt = iam.Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${secret.env.region}.amazonaws.com` } },
  });
  return read.combine(decrypt);
}

function isPasswordUser(user: memorydb.IUserRef): user is IUser {
  return isMarked(user, USER_SYMBOL) && (user as IUser).authenticationType === AuthenticationType.PASSWORD;
}
