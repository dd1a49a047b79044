import type { EventEmitter } from 'node:events';
import type { ChainableCommander, Cluster, ClusterNode, Command, Redis } from 'ioredis';

/*
 * Everything of ioredis that is relied on although its typings hide it, or that is not for its callers. Besides these members:
 *
 * - errors with the message "Connection is closed." are the ones that the cluster answers with a retry (failure.ts)
 * - `reconnectOnError` is called on the options of the node (client-options.ts)
 * - `sendCommand`, `handleError`, `delayUntilReady` and `refreshSlotsCache` of the cluster, and `sendCommand`, `commandQueue` and `stream` of
 *   a node, which are typed, do what they do today
 */

/** What ioredis calls the connections that it opens to look up the slots, before the name that the caller has chosen. */
export const REFRESHER = 'ioredis-cluster(refresher)';

/** One command in a queue of a node. */
export interface QueueItem {
  readonly command: Command;
  /** What the commands of one pipeline share; that of a cluster names in `destination` the slot that it is for. */
  readonly stream?: { readonly destination: object };
  /** The number of the database, of which a cluster has one. */
  readonly select?: 0;
}

export interface CommandInternals {
  /** Where the cluster sends it, or null for anywhere; undefined until somebody says so or the cluster asks, which a node does not. */
  slot?: number | null;
  /** Finds that out. */
  getSlot(): number | null;
}

export interface Queue<T> {
  readonly length: number;
  isEmpty(): boolean;
  toArray(): T[];
  clear(): void;
  push(item: T): void;
  unshift(item: T): void;
  peekFront(): T | undefined;
  shift(): T | undefined;
}

/** The channels that a connection has. */
export interface SubscriptionSet {
  /** Takes note of the reply to a command that gives up a channel, by the name of the command. */
  del(kind: string, channel: string): void;
}

export interface NodeInternals {
  /** Opens and ends the socket; may be replaced before it does. */
  connector: { disconnect(): void };
  /** Of the connection that is open or being opened. */
  readonly condition: { readonly subscriber: SubscriptionSet | false };
  /** Commands that were sent. */
  readonly commandQueue: Queue<QueueItem>;
  /** Commands that wait for the connection. */
  readonly offlineQueue: Queue<QueueItem>;
  setStatus(status: string, ...rest: unknown[]): void;
  /** Gets every reply that is an error. */
  handleReconnection(error: Error, item: QueueItem): void;
  /** Fails what is in the queues. */
  flushQueue(error: Error, options?: { readonly offlineQueue?: boolean }): void;
}

/** Keeps one connection for subscriptions. */
export interface SubscriberInternals {
  /** The last one that had all subscriptions, which are those of the next one, and which is disconnected for that; set when replies come. */
  lastActiveSubscriber?: object;
  getInstance(): Redis | null;
  isStarted(): boolean;
  selectSubscriber(): void;
}

export interface ClusterInternals {
  /** Where the next connection begins. Replicas that are not said to be some get a connection as soon as that shows. */
  startupNodes: (ClusterNode | { readonly host?: string; readonly port?: number; readonly readOnly?: boolean })[];
  /** Whether a client that has lost its connections ends. */
  manuallyClosing: boolean;
  /** Commands that wait for the cluster. */
  readonly offlineQueue: Queue<QueueItem>;
  /** What ioredis puts together by itself, by the nodes that it is for. */
  readonly _autoPipelines: ReadonlyMap<string, object>;
  /** What was defined with `defineCommand`. */
  readonly scriptsSet: Readonly<Record<string, Parameters<Cluster['defineCommand']>[1]>>;
  /** By `host:port`. */
  readonly connectionPool: {
    readonly nodes: Readonly<Record<'all' | 'master' | 'slave', Readonly<Record<string, Redis>>>>;
    /** Forgets a node. */
    removeNode(key: string): void;
    /** A random one. */
    getSampleInstance(role: 'all' | 'master' | 'slave'): Redis | undefined;
  };
  readonly subscriber: SubscriberInternals;
  /** Connections for sharded subscriptions, with the option `shardedSubscribers`, whose method `ssubscribe` gets back what a lost one had. */
  readonly shardedSubscribers?: {
    readonly shardedSubscribers: ReadonlyMap<string, { getInstance(): Redis | null }>;
    /** Whether some are missing, which a refresh of the slots makes, or have ended. */
    hasUnhealthySubscribers(): boolean;
  };
  /** Passes on what those connections receive; a client that has ended removes its listeners, and never adds them again. */
  readonly subscriberGroupEmitter?: EventEmitter;
  /** Leads to the next attempt to connect. */
  reconnectTimeout?: NodeJS.Timeout | null;
  /** How many attempts to connect there have been since the client was ready, but for the first. */
  readonly retryAttempts: number;
  /** Finds out whether the cluster is ready, and calls back with what it says if not. */
  readyCheck(callback: (error?: Error | null, fail?: string) => void): void;
  setStatus(status: string): void;
  handleCloseEvent(reason?: Error): void;
  /** Fails the commands that wait. */
  flushQueue(error: Error): void;
  /** Starts what refreshes the slots from time to time, once the client is connected. */
  resetNodesRefreshInterval(): void;
  /** Where a node is reached, by the option `natMap`. */
  natMapper(node: string | { readonly host: string; readonly port: number }): { readonly host?: string; readonly port?: number };
}

export interface PipelineInternals {
  readonly _queue: Command[];
  /** Whether errors that all of its commands have in common may have it sent again as a whole, for which it is prepared before `handleError` is asked. */
  isCluster: boolean;
  /** How many MULTI wait for their EXEC. */
  _transactions: number;
  /** The node that another one has sent it to, as `host:port`. */
  preferKey?: string;
  /** Adds commands by their names. */
  addBatch(commands: unknown[][]): unknown;
  /** Adds a command. */
  sendCommand(command: Command): unknown;
}

/** Whether a command came in a pipeline that the cluster has sent to a node; others were given to the node itself. */
export function isOfCluster(stream: QueueItem['stream']): stream is QueueItem['stream'] & { readonly destination: { readonly slot: number } } {
  return stream !== undefined && 'slot' in stream.destination;
}

export const clusterInternals = (cluster: Cluster) => cluster as unknown as ClusterInternals;

export const commandInternals = (command: Command) => command as unknown as CommandInternals;

export const nodeInternals = (node: Redis) => node as unknown as NodeInternals;

/** Whether ioredis has made a pipeline by itself (`enableAutoPipelining`). */
export function isAutomatic(pipeline: ChainableCommander): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'exec');
}

/** Who waits for the replies of a pipeline that ioredis makes by itself, until it is executed. */
export function callersOf(pipeline: ChainableCommander): unknown[] | undefined {
  const symbol = Object.getOwnPropertySymbols(pipeline).find(({ description }) => description === 'callbacks');
  return symbol && (pipeline as unknown as Record<symbol, unknown[]>)[symbol];
}

export const pipelineInternals = (pipeline: ChainableCommander) => pipeline as unknown as PipelineInternals;

/** The connections for subscriptions. */
export function subscribers(cluster: Cluster): Redis[] {
  const { subscriber, shardedSubscribers } = clusterInternals(cluster);
  const sharded = [...shardedSubscribers?.shardedSubscribers.values() ?? []].map((each) => each.getInstance());
  return [subscriber.getInstance(), ...sharded].filter((connection) => connection !== null);
}
