import { isIP } from 'node:net';
import { AdminAccount } from './access-control';

const SLOTS = 16384;

/** What the configuration of one node depends on. */
export interface NodeSettings {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly busPort: number;
  readonly tls?: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  readonly admin: AdminAccount;
  readonly aclFile: string;
  /** In milliseconds. */
  readonly nodeTimeout: number;
  /** Lines for the parameters of the group. */
  readonly parameters: readonly string[];
}

/** Write the configuration of one node. */
export function nodeConfig(settings: NodeSettings): string {
  const { tls, admin } = settings;
  return [
    // Never beyond this machine; the dash lets a machine without IPv6 pass.
    'bind 127.0.0.1 -::1',
    `port ${tls === undefined ? settings.port : 0}`,
    ...tls === undefined ? [] : [
      `tls-port ${settings.port}`,
      `tls-cert-file ${quote(tls.certificateFile)}`,
      `tls-key-file ${quote(tls.keyFile)}`,
      `tls-ca-cert-file ${quote(tls.caFile)}`,
      'tls-auth-clients no',
      'tls-cluster yes',
      'tls-replication yes',
      'tls-protocols "TLSv1.2 TLSv1.3"',
    ],
    'cluster-enabled yes',
    // For the administrator alone, who can make a node hang with it; the access rules refuse it to all users.
    'enable-debug-command yes',
    `cluster-port ${settings.busPort}`,
    'cluster-config-file nodes.conf',
    `cluster-node-timeout ${settings.nodeTimeout}`,
    ...isIP(settings.host) !== 0 ? [] : [`cluster-announce-hostname ${quote(settings.host)}`, 'cluster-preferred-endpoint-type hostname'],
    // A shard that is down leaves the others at work, as at the service.
    'cluster-require-full-coverage no',
    // The template says which shard has how many replicas; none moves to another shard.
    'cluster-allow-replica-migration no',
    'cluster-replica-validity-factor 0',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    // A replica is listed once it has an offset, and the offset grows with these pings.
    'repl-ping-replica-period 1',
    `masteruser ${admin.username}`,
    `masterauth ${admin.password}`,
    `aclfile ${quote(settings.aclFile)}`,
    // A replica would keep what it got from its primary in a file, and a later server in this directory would load it.
    'rdb-del-sync-files yes',
    'save ""',
    'appendonly no',
    `dir ${quote(settings.directory)}`,
    ...settings.parameters,
  ].join('\n');
}

/** One node in the file from which a server learns its cluster. */
export interface TopologyEntry {
  /** 40 hexadecimal digits. */
  readonly id: string;
  readonly port: number;
  readonly busPort: number;
  /** From 0. */
  readonly shard: number;
  /** The primary of the shard, on a replica. */
  readonly primaryId?: string;
}

/** Write the file from which a node learns its cluster, so that the nodes need not meet first. */
export function topologyFile(entries: readonly TopologyEntry[], self: TopologyEntry, host: string): string {
  const shards = entries.filter((entry) => entry.primaryId === undefined).length;
  const lines = entries.map((entry) => {
    const address = `127.0.0.1:${entry.port}@${entry.busPort}${isIP(host) !== 0 ? '' : `,${host}`}`;
    const flags = `${entry === self ? 'myself,' : ''}${entry.primaryId === undefined ? 'master' : 'slave'}`;
    const slots = entry.primaryId === undefined ? ` ${slotRange(entry.shard, shards)}` : '';
    return `${entry.id} ${address} ${flags} ${entry.primaryId ?? '-'} 0 0 ${entry.shard + 1} connected${slots}`;
  });
  return [...lines, `vars currentEpoch ${shards} lastVoteEpoch 0`, ''].join('\n');
}

/** The slots of a shard; the first shards take one more where they cannot be divided evenly, as at the service. */
export function slotRange(shard: number, shards: number): string {
  const share = Math.floor(SLOTS / shards);
  const larger = SLOTS % shards;
  const first = shard * share + Math.min(shard, larger);
  const last = first + share - (shard < larger ? 0 : 1);
  return first === last ? String(first) : `${first}-${last}`;
}

/** Write a value for the server's configuration file, on one line whatever it holds. */
export function quote(value: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/[^ -~\u0080-\uffff]/g, hex)}"`;
}
