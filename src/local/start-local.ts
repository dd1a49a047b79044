import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Local, LocalCluster, LocalNode, LocalOptions } from './api';
import { readAssembly, selectStacks, standaloneStack } from './assembly';
import { createCertificates } from './certificates';
import { consumerEnvironment, StartedCluster } from './consumers';
import { openDataDirectory } from './data-directory';
import { connectionVariables } from './environment';
import { checkHost } from './host';
import { Evaluator } from './intrinsics';
import { launchCluster, LaunchContext, LaunchedCluster } from './launch';
import { ClusterPlan, planClusters } from './plan';
import { Rehearsal } from './rehearsal';
import { makePassword } from './secrets';
import { findServer } from './server-binary';
import { Stack, Template } from './template';
import { Watchdog } from './watchdog';

const DEFAULT_HOST = 'localhost';

/**
 * Start the MemoryDB clusters of an app on this machine: real servers with TLS, the users, access strings, parameters,
 * shards and replicas of its templates.
 *
 * The servers end with `stop`, and at the latest with this process, however it ends.
 *
 * @throws when the app, a server program or something that a cluster needs is missing, or a server does not start
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  await checkOptions(options);
  const stacks = options.template === undefined ? readAssembly(options.app ?? 'cdk.out') : [standaloneStack(options.template as Template)];
  const plans = planClusters(selectStacks(stacks, options.stack), stacks, new Evaluator(stacks));
  if (plans.length === 0) {
    throw new Error(`found no AWS::MemoryDB::Cluster in ${stacks.map((stack) => stack.name).join(', ') || 'an assembly without stacks'}`);
  }
  if (options.consumer !== undefined) {
    // The clusters as they will be, but for the nodes.
    const planned = plans.map((plan) => startedCluster(plan, createCluster(plan, [], options.host ?? DEFAULT_HOST, '')));
    consumerEnvironment(stacks, planned, options.consumer);
  }
  const binary = findServer(options.server);
  const watchdog = new Watchdog();
  try {
    const context = await prepare(options, binary, watchdog);
    const { launched, notices } = await launchAll(plans, context);
    return createLocal(stacks, launched, notices, context);
  } catch (error) {
    await watchdog.close();
    throw error;
  }
}

async function checkOptions(options: LocalOptions): Promise<void> {
  const { app = 'cdk.out', dataDir, host = DEFAULT_HOST, nodeTimeout = 1000, startTimeout = 30_000 } = options;
  if (app === '' || dataDir === '') {
    throw new Error(`${app === '' ? 'app' : 'dataDir'} must name a directory, got "": leave it out for the default, or write "." for the current directory`);
  }
  if (!Number.isInteger(nodeTimeout) || nodeTimeout < 100) {
    throw new Error(`nodeTimeout must be a whole number of milliseconds, at least 100, got ${nodeTimeout}`);
  }
  if (!(startTimeout > 0)) {
    throw new Error(`startTimeout must be a positive number of milliseconds, got ${startTimeout}`);
  }
  await checkHost(host);
}

async function prepare(options: LocalOptions, binary: string, watchdog: Watchdog): Promise<LaunchContext> {
  const host = options.host ?? DEFAULT_HOST;
  const directory = openDataDirectory(options.dataDir, watchdog);
  const certificates = await createCertificates(host);
  const tlsFiles = {
    caFile: join(directory, 'ca.pem'),
    certificateFile: join(directory, 'server.pem'),
    keyFile: join(directory, 'server-key.pem'),
  };
  writeFileSync(tlsFiles.caFile, certificates.ca, { mode: 0o600 });
  writeFileSync(tlsFiles.certificateFile, certificates.certificate, { mode: 0o600 });
  writeFileSync(tlsFiles.keyFile, certificates.key, { mode: 0o600 });
  return {
    binary,
    directory,
    host,
    nodeTimeout: options.nodeTimeout ?? 1000,
    startTimeout: options.startTimeout ?? 30_000,
    admin: { username: `local-${randomBytes(8).toString('hex')}`, password: makePassword() },
    ca: certificates.ca,
    tlsFiles,
    watchdog,
  };
}

async function launchAll(
  plans: readonly ClusterPlan[],
  context: LaunchContext,
): Promise<{ readonly launched: readonly LaunchedCluster[]; readonly notices: readonly string[] }> {
  const notices = plans.flatMap((plan) => plan.notices);
  const rehearsal = await Rehearsal.open(context.binary, context.admin, context.watchdog);
  const starts: (() => Promise<LaunchedCluster>)[] = [];
  try {
    for (const plan of plans) {
      const rehearsed = await rehearsal.rehearse(plan);
      notices.push(...rehearsed.notices);
      starts.push(async () => launchCluster(plan, rehearsed, context));
    }
  } finally {
    await rehearsal.close();
  }
  const results = await Promise.allSettled(starts.map(async (start) => start()));
  const launched = results.flatMap((result) => result.status === 'fulfilled' ? [result.value] : []);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(launched.map(async (cluster) => cluster.stop()));
    throw failed.reason;
  }
  return { launched, notices };
}

function createLocal(stacks: readonly Stack[], launched: readonly LaunchedCluster[], notices: readonly string[], context: LaunchContext): Local {
  const started = launched.map(({ plan, nodes }) => startedCluster(plan, createCluster(plan, nodes, context.host, context.tlsFiles.caFile)));
  const clusters = started.map(({ cluster }) => cluster);
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await Promise.all(launched.map(async (cluster) => cluster.stop()));
    await context.watchdog.close();
  };
  return {
    clusters,
    nodes: clusters.flatMap((cluster) => cluster.nodes),
    caFile: context.tlsFiles.caFile,
    notices,
    environment: (choice = {}) => consumerEnvironment(stacks, started, choice),
    stop: async () => stopping ??= stop(),
    [Symbol.asyncDispose]: async () => stopping ??= stop(),
  };
}

function startedCluster({ located }: ClusterPlan, cluster: LocalCluster): StartedCluster {
  return { stack: located.stack, located, cluster };
}

function createCluster(plan: ClusterPlan, nodes: readonly LocalNode[], host: string, caFile: string): LocalCluster {
  const cluster: LocalCluster = {
    stackName: plan.located.stack.name,
    logicalId: plan.located.logicalId,
    name: plan.name,
    region: plan.region,
    host,
    port: nodes[0]?.port ?? 0,
    tls: plan.tls,
    ...plan.tls ? { caFile } : {},
    openAccess: plan.openAccess,
    users: plan.users.map(({ name, passwords, accessString }) => ({ name, password: passwords[0], accessString })),
    nodes,
    environment: (userName, prefix) => connectionVariables(cluster, userName, prefix),
  };
  return cluster;
}
