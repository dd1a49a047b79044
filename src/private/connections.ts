import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { IConstruct } from 'constructs';
import { attached } from './attached';
import { invalid } from './errors';
import type { ICluster } from '../cluster-ref';
import type { IUser } from '../user';
import { CONNECTION_USER_RULES } from './rules/connections';
import { findings } from './rules/rule';

const CONNECTIONS_SYMBOL = Symbol.for('cdk-memorydb.Connections');
const CONNECTED_SYMBOL = Symbol.for('cdk-memorydb.ConnectedUsers');

/**
 * Notes that a function, a container or a stack has been given the values of a connection.
 *
 * @returns whether it did not have them already
 * @throws when it has other values under the same prefix, which would mix with them
 */
export function noteConnection(consumer: IConstruct, prefix: string, values: Record<string, string>): boolean {
  const connections = attached(consumer, CONNECTIONS_SYMBOL, () => new Map<string, Record<string, string>>());
  const others = connections.get(prefix);
  connections.set(prefix, others ?? values);
  if (others !== undefined && JSON.stringify(others) !== JSON.stringify(values)) {
    throw invalid(
      lit`PrefixTaken`,
      `'prefix' must tell the connections of ${consumer.node.path} apart, but two of them have ${prefix}; ` +
        "give one of them another, such as connectionFor(user, { prefix: 'SESSIONS' })",
      consumer,
    );
  }
  return others === undefined;
}

/** Checks a connection when all users are there, once for each user. */
export function checkUserAtTheEnd(cluster: ICluster, user: IUser | undefined): void {
  const users = connectedTo(cluster);
  if (!users.has(user)) {
    users.add(user);
    cluster.node.addValidation({ validate: () => findings(CONNECTION_USER_RULES, { cluster, user }) });
  }
}

/** The users that a cluster has connections for; undefined is nobody. */
export function connectedTo(cluster: ICluster): Set<IUser | undefined> {
  return attached(cluster, CONNECTED_SYMBOL, () => new Set<IUser | undefined>());
}
