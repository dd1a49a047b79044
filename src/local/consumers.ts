import { variableName } from '../contract';
import { EnvironmentOptions, LocalCluster } from './api';
import { connectionVariables } from './environment';
import { ClusterAddress, Evaluator } from './intrinsics';
import { describe, LocatedResource, nearest, resourcesOfType, Stack } from './template';

/** A cluster that is up, and where it comes from. */
export interface StartedCluster {
  readonly stack: Stack;
  readonly located: LocatedResource;
  readonly cluster: LocalCluster;
}

/** A function or container of the app. */
interface Consumer {
  readonly kind: 'function' | 'container';
  readonly stack: Stack;
  /** Unambiguous, for messages and as a choice. */
  readonly title: string;
  /** What else it may be called. */
  readonly names: readonly string[];
  readonly logicalId: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A group of variables that describe one connection. */
interface Connection {
  readonly prefix: string;
  readonly cluster: LocalCluster;
}

const HOST_SUFFIX = '_HOST';

/**
 * The environment of a function or container, with the connection values of the local clusters.
 *
 * @throws when there are several to choose from, or none that fits
 */
export function consumerEnvironment(
  stacks: readonly Stack[],
  started: readonly StartedCluster[],
  options: EnvironmentOptions,
): Record<string, string> {
  const finder = new ConnectionFinder(stacks, started);
  const consumers = findConsumers(stacks, new Evaluator(stacks));
  if (options.function !== undefined && options.container !== undefined) {
    throw new Error('function and container are both given, choose one');
  }
  const wanted = options.function ?? options.container;
  if (wanted !== undefined) {
    const kind = options.function === undefined ? 'container' : 'function';
    return environmentOf(choose(consumers, kind, wanted), stacks, started, finder);
  }
  const connecting = consumers.filter((consumer) => finder.find(consumer).length > 0);
  if (connecting.length > 1) {
    throw new Error(`several functions or containers connect to a cluster, choose one: ${titles(connecting)}`);
  }
  if (connecting.length === 1) {
    return environmentOf(connecting[0], stacks, started, finder);
  }
  if (started.length > 1) {
    const names = started.map(({ cluster }) => `"${cluster.name}"`).join(', ');
    throw new Error(`no function or container connects to a cluster, and there are several clusters: ${names}; ask one of them for its environment`);
  }
  return started[0].cluster.environment();
}

function environmentOf(consumer: Consumer, stacks: readonly Stack[], started: readonly StartedCluster[], finder: ConnectionFinder) {
  const evaluator = new Evaluator(stacks, (located) => findStarted(started, located)?.cluster);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(consumer.variables)) {
    // Without a value in one of the branches of a condition there is no variable at all.
    if (evaluator.evaluate(value, consumer.stack) !== undefined) {
      environment[name] = evaluator.text(value, consumer.stack);
    }
  }
  for (const { prefix, cluster } of finder.find(consumer)) {
    const userName = cluster.openAccess ? undefined : environment[variableName('USERNAME', prefix)];
    delete environment[variableName('SECRET_ARN', prefix)];
    delete environment[variableName('USERNAME', prefix)];
    Object.assign(environment, connectionVariables(cluster, userName, prefix));
  }
  return environment;
}

/**
 * Finds the connections in an environment.
 *
 * All local clusters have the same host name, so each one gets an address of its own for looking.
 */
class ConnectionFinder {
  private readonly evaluator: Evaluator;

  constructor(stacks: readonly Stack[], private readonly started: readonly StartedCluster[]) {
    this.evaluator = new Evaluator(stacks, (located) => this.markerOf(findStarted(started, located)));
  }

  find({ variables, stack }: Consumer): Connection[] {
    return Object.keys(variables).filter((name) => name.endsWith(HOST_SUFFIX)).flatMap((name) => {
      const prefix = name.slice(0, -HOST_SUFFIX.length);
      const host = this.evaluator.text(variables[name], stack);
      const clusterName = this.evaluator.text(variables[variableName('CLUSTER_NAME', prefix)], stack);
      const found = this.started.find((candidate) => host === this.markerOf(candidate)?.host)
        ?? nearest(stack, this.started.filter(({ cluster }) => cluster.name === clusterName));
      return found === undefined ? [] : [{ prefix, cluster: found.cluster }];
    });
  }

  private markerOf(candidate: StartedCluster | undefined): ClusterAddress | undefined {
    return candidate && { host: `cluster-${this.started.indexOf(candidate)}.local.invalid`, port: candidate.cluster.port };
  }
}

function findStarted(started: readonly StartedCluster[], { stack, logicalId }: LocatedResource): StartedCluster | undefined {
  return started.find(({ located }) => located.stack === stack && located.logicalId === logicalId);
}

function findConsumers(stacks: readonly Stack[], evaluator: Evaluator): Consumer[] {
  const functions = resourcesOfType(stacks, 'AWS::Lambda::Function').filter((located) => evaluator.exists(located)).map((located): Consumer => {
    const { Environment, FunctionName } = located.resource.Properties ?? {};
    return {
      kind: 'function',
      stack: located.stack,
      title: describe(located),
      names: [located.logicalId, ...constructPaths(located), ...FunctionName === undefined ? [] : [evaluator.text(FunctionName, located.stack)]],
      logicalId: located.logicalId,
      variables: (Environment as { readonly Variables?: Readonly<Record<string, unknown>> } | undefined)?.Variables ?? {},
    };
  });
  const tasks = resourcesOfType(stacks, 'AWS::ECS::TaskDefinition').filter((located) => evaluator.exists(located));
  return [...functions, ...tasks.flatMap((task) => findContainers(task, evaluator))];
}

function findContainers(task: LocatedResource, evaluator: Evaluator): Consumer[] {
  const definitions = listOf(task.resource.Properties?.ContainerDefinitions) as readonly Readonly<Record<string, unknown>>[];
  return definitions.map((definition) => {
    const name = evaluator.text(definition.Name, task.stack);
    const variables = listOf(definition.Environment) as readonly { readonly Name: unknown; readonly Value: unknown }[];
    return {
      kind: 'container',
      stack: task.stack,
      title: `${describe(task)}/${name}`,
      names: [name, `${task.logicalId}/${name}`, ...constructPaths(task).map((path) => `${path}/${name}`)],
      logicalId: `${task.logicalId}/${name}`,
      variables: Object.fromEntries(variables.map((variable) => [evaluator.text(variable.Name, task.stack), variable.Value])),
    };
  });
}

/** A list that a condition chooses is not looked into. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function choose(consumers: readonly Consumer[], kind: Consumer['kind'], wanted: string): Consumer {
  const candidates = consumers.filter((consumer) => consumer.kind === kind);
  const exact = candidates.filter(({ title, names }) => title === wanted || names.includes(wanted));
  const found = exact.length > 0 ? exact : candidates.filter(({ logicalId }) => logicalId.startsWith(wanted));
  if (found.length === 0) {
    throw new Error(`found no ${kind} ${JSON.stringify(wanted)}, choose one: ${titles(candidates)}`);
  }
  if (found.length > 1) {
    throw new Error(`${kind} ${JSON.stringify(wanted)} may be any of several, choose one: ${titles(found)}`);
  }
  return found[0];
}

/** The path of the construct, from the template or the assembly around it; it ends with the name of the inner resource. */
function constructPaths({ stack, logicalId, resource }: LocatedResource): string[] {
  const path = resource.Metadata?.['aws:cdk:path'] ?? stack.constructs?.get(logicalId);
  return typeof path === 'string' ? [path, path.replace(/\/Resource$/, '')] : [];
}

function titles(consumers: readonly Consumer[]): string {
  return consumers.map(({ title }) => title).join(', ') || 'there is none';
}
