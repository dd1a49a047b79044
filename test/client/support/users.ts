import { connectionFromEnv } from '../../../src/client';
import type { ConnectionDescriptor } from '../../../src/client';
import { startLocal } from '../../../src/local';
import type { Local, LocalCluster } from '../../../src/local';

/** What an ioredis cluster client needs besides its data commands. */
export const MINIMUM = ['+cluster|slots', '+cluster|info', '+readonly', '+info'];

/** Unlike anything else that a dump of a client contains. */
export const passwordOf = (user: string) => `Pr1vate-${user}-0123456789abcdef`;

/** A real cluster whose shards have one replica each, and its users. */
export interface Users {
  readonly local: Local;
  readonly cluster: LocalCluster;
  /** How a user, by default `app`, gets to the cluster. */
  connection(user?: string): ConnectionDescriptor;
  /** Sends a command to every node as administrator. */
  onAllNodes(...args: string[]): Promise<void>;
  /** Ends every connection of the client users. */
  disconnectAll(): Promise<void>;
}

/** @param accessStrings - access string by user name */
export async function startUsers(accessStrings: Record<string, string>, { shards = 3 } = {}): Promise<Users> {
  const users = Object.entries(accessStrings).map(([name, accessString]) => [`User${name}`, {
    Type: 'AWS::MemoryDB::User',
    Properties: { UserName: name, AccessString: accessString, AuthenticationMode: { Type: 'password', Passwords: [passwordOf(name)] } },
  }] as const);
  const local = await startLocal({
    template: {
      Resources: {
        ...Object.fromEntries(users),
        Acl: { Type: 'AWS::MemoryDB::ACL', Properties: { ACLName: 'orders', UserNames: users.map(([id]) => ({ Ref: id })) } },
        Cluster: {
          Type: 'AWS::MemoryDB::Cluster',
          Properties: {
            ClusterName: 'orders',
            NodeType: 'db.t4g.small',
            ACLName: { Ref: 'Acl' },
            NumShards: shards,
            NumReplicasPerShard: 1,
            TLSEnabled: true,
          },
        },
      },
    },
  });
  const [cluster] = local.clusters;
  const onAllNodes = async (...args: string[]) => {
    await Promise.all(cluster.nodes.map(async (node) => node.call(...args)));
  };
  return {
    local,
    cluster,
    connection: (user = 'app') => connectionFromEnv(undefined, cluster.environment(user)),
    onAllNodes,
    async disconnectAll() {
      for (const name of Object.keys(accessStrings)) {
        await onAllNodes('CLIENT', 'KILL', 'USER', name);
      }
    },
  };
}
