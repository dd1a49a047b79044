import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { AdminAccount } from './access-control';
import { ClusterPlan } from './plan';
import { releasePorts, takePorts } from './ports';
import { waitUntilReady } from './readiness';
import { Rehearsed } from './rehearsal';
import { nodeConfig, TopologyEntry, topologyFile } from './server-config';
import { ServerNode } from './server-node';
import { ServerProcess } from './server-process';
import { Watchdog } from './watchdog';

/** What all clusters of one MemoryDB Local share. */
export interface LaunchContext {
  readonly binary: string;
  readonly directory: string;
  readonly host: string;
  readonly nodeTimeout: number;
  readonly startTimeout: number;
  readonly admin: AdminAccount;
  readonly ca: string;
  readonly tlsFiles: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  readonly watchdog: Watchdog;
}

/** The servers of one cluster. */
export interface LaunchedCluster {
  readonly plan: ClusterPlan;
  readonly nodes: readonly ServerNode[];
  stop(): Promise<void>;
}

const MOST_ATTEMPTS = 3;

/**
 * Start the servers of a cluster and wait until they serve all slots.
 *
 * @throws when they do not, with the end of a log
 */
export async function launchCluster(plan: ClusterPlan, rehearsed: Rehearsed, context: LaunchContext): Promise<LaunchedCluster> {
  for (let attempt = 1; ; attempt++) {
    const ports = await takePorts(2 * plan.shards * (1 + plan.replicas));
    const nodes: ServerNode[] = [];
    const stop = async () => {
      await Promise.all(nodes.map(async (node) => node.stop()));
      releasePorts(ports);
    };
    try {
      startNodes(plan, rehearsed, context, ports, nodes);
      await waitUntilReady(plan, nodes, context.startTimeout);
      return { plan, nodes, stop };
    } catch (error) {
      // Between finding a free port and listening on it, somebody else may have taken it.
      const lostPort = nodes.some((node) => !node.running && /address already in use/i.test(node.logTail()));
      await stop();
      if (!lostPort || attempt === MOST_ATTEMPTS) {
        throw error;
      }
    }
  }
}

function startNodes(plan: ClusterPlan, rehearsed: Rehearsed, context: LaunchContext, ports: readonly number[], nodes: ServerNode[]): void {
  const topology = layOut(plan, ports);
  topology.forEach((entry, index) => {
    const shard = serviceNumber(entry.shard, 4);
    const name = `${plan.name}-${shard}-${serviceNumber(index % (1 + plan.replicas), 3)}`;
    const directory = join(context.directory, ...[plan.located.stack.id, plan.located.logicalId, name].map(fileName));
    const server = new ServerProcess(context.binary, directory, context.watchdog);
    const aclFile = join(directory, 'users.acl');
    writeFileSync(aclFile, rehearsed.aclFile, { mode: 0o600 });
    writeFileSync(join(directory, 'nodes.conf'), topologyFile(topology, entry, context.host), { mode: 0o600 });
    const place = {
      name,
      clusterName: plan.name,
      shard,
      role: entry.primaryId === undefined ? 'primary' as const : 'replica' as const,
      host: context.host,
      port: entry.port,
    };
    nodes.push(new ServerNode(place, server, connectionOptions(plan, context, entry.port)));
    server.start(nodeConfig({
      directory,
      host: context.host,
      port: entry.port,
      busPort: entry.busPort,
      tls: plan.tls ? context.tlsFiles : undefined,
      admin: context.admin,
      aclFile,
      nodeTimeout: context.nodeTimeout,
      parameters: rehearsed.configLines,
    }));
  });
}

/** A name of a template as that of a directory: it stays below the data directory, whatever it is. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** Shard by shard, each primary before its replicas. */
function layOut(plan: ClusterPlan, ports: readonly number[]): TopologyEntry[] {
  return Array.from({ length: plan.shards }).flatMap((_, shard) => {
    const primaryId = randomBytes(20).toString('hex');
    return Array.from({ length: 1 + plan.replicas }).map((__, member) => {
      const index = shard * (1 + plan.replicas) + member;
      const place = { shard, port: ports[2 * index], busPort: ports[2 * index + 1] };
      return member === 0 ? { ...place, id: primaryId } : { ...place, id: randomBytes(20).toString('hex'), primaryId };
    });
  });
}

/** The address is fixed, whatever the host name leads to; only the certificate is checked against the name. */
function connectionOptions(plan: ClusterPlan, context: LaunchContext, port: number) {
  const servername = isIP(context.host) === 0 ? { servername: context.host } : {};
  return {
    host: '127.0.0.1',
    port,
    username: context.admin.username,
    password: context.admin.password,
    ...plan.tls ? { tls: { ca: context.ca, ...servername } } : {},
  };
}

/** The service counts shards and nodes from 1, with leading zeros. */
function serviceNumber(index: number, digits: number): string {
  return String(index + 1).padStart(digits, '0');
}
