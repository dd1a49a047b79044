import { CONNECTION_FIELDS, ConnectionField, DEFAULT_PREFIX, PREFIX_PATTERN, variableName } from '../contract';
import { LocalCluster } from './api';

/**
 * The variables with which a program connects to a local cluster as one of its users.
 *
 * @throws when there is no such user, nobody can sign in, or there are several and none is chosen
 */
export function connectionVariables(
  cluster: LocalCluster,
  userName?: string,
  prefix: string = DEFAULT_PREFIX,
): Record<string, string> {
  if (!PREFIX_PATTERN.test(prefix)) {
    throw new Error(`prefix ${JSON.stringify(prefix)} must match ${PREFIX_PATTERN.source}`);
  }
  const user = findUser(cluster, userName);
  const values: Partial<Record<ConnectionField, string>> = {
    HOST: cluster.host,
    PORT: String(cluster.port),
    TLS: String(cluster.tls),
    AUTH: user === undefined ? 'none' : 'password',
    ...user === undefined ? {} : { USERNAME: user.name, PASSWORD: user.password },
    CLUSTER_NAME: cluster.name,
    REGION: cluster.region,
    ...cluster.caFile === undefined ? {} : { CA_FILE: cluster.caFile },
  };
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [variableName(field as ConnectionField, prefix), value]));
}

/**
 * Leave out what an environment already says about the connections of another one.
 *
 * A secret that is left over from a deployed cluster contradicts the password of the local one.
 */
export function withoutConnections(
  environment: Readonly<Record<string, string | undefined>>,
  connections: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const suffix = variableName('AUTH', '');
  const prefixes = Object.keys(connections).filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
  const names = prefixes.flatMap((prefix) => CONNECTION_FIELDS.map((field) => variableName(field, prefix)));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

function findUser(cluster: LocalCluster, userName?: string) {
  if (cluster.users.length === 0 && !cluster.openAccess) {
    throw new Error(`nobody can sign in to cluster "${cluster.name}": its ACL has no users, name one in UserNames`);
  }
  const names = cluster.users.map((user) => user.name).join(', ') || 'none';
  if (userName === undefined) {
    if (cluster.users.length > 1) {
      throw new Error(`cluster "${cluster.name}" has several users, choose one: ${names}`);
    }
    return cluster.users[0];
  }
  const user = cluster.users.find(({ name }) => name === userName);
  if (user === undefined) {
    throw new Error(`user ${JSON.stringify(userName)} is not in the ACL of cluster "${cluster.name}", its users are: ${names}`);
  }
  return user;
}
