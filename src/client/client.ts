import type { ConnectionOptions } from 'node:tls';
import { Cluster, Pipeline } from 'ioredis';
import type { ChainableCommander, ClusterNode, ClusterOptions, Command, DNSLookupFunction, Redis } from 'ioredis';
import { addToPipelines, alignCallers } from './automatic-pipelines';
import { BorrowedConnections } from './borrowed-connection';
import { checkOverrides, clientOptions } from './client-options';
import { runningTime, useClock } from './clock';
import { CommandGuard } from './command-guard';
import { ConnectionFailures } from './connection-failures';
import type { ConnectorContext } from './connector';
import type { CredentialsProvider } from './credentials';
import { ConfigurationError, InDoubtError } from './errors';
import type { DeadlineError } from './errors';
import { ClientEventSource } from './event-source';
import { closed, describe, isLookalike, isRefusal, isRetriable, isSplit, redirectionOf } from './failure';
import { gatherWaiting } from './gather-writes';
import { clusterInternals, pipelineInternals } from './internals';
import { goesAtOnce } from './kept-order';
import { guardReplies } from './lost-replies';
import type { LostRepliesContext, RetryWrites } from './lost-replies';
import { isRejected } from './malformed';
import { guardNode } from './node-guard';
import { leaveSuccessor } from './node-pool';
import { checkList, guardPipeline } from './pipeline-guard';
import type { PipelineGuardContext } from './pipeline-guard';
import { profileOptions } from './profiles';
import { checkReads, isForReplica, scaleReads } from './read-from';
import type { ReadFrom } from './read-from';
import { guardReadyCheck } from './ready-check';
import { keepSignedIn } from './reauthentication';
import { endWhileReconnecting, reconnectOnce } from './reconnection';
import { livePassword } from './redacted';
import { Retries } from './retries';
import { Routing } from './routing';
import { guardShardedSubscribers } from './sharded-subscriber-guard';
import { SilenceWatch } from './silence';
import { SlotsWatch } from './slots-watch';
import { guardStatus } from './status-guard';
import { guardSubscriber } from './subscriber-guard';
import { tellOnce } from './tell-once';
import { Thaw } from './thaw';
import { keepPipelinesWhole } from './whole-pipelines';

/** Options of `connect` beside those of ioredis, which a duplicate has in common with its client. */
export const OWN_OPTIONS: readonly string[] = ['prefix', 'connection', 'credentials', 'profile', 'deadline', 'readFrom', 'retryWrites'];

/** How much later than its own deadline a pipeline is given up that still waits for the slots, in milliseconds. */
const LATER_MS = 20;

/** What ioredis says when no node answers. */
const UNAVAILABLE = 'None of startup nodes is available';

/** What a client and its duplicates have in common. */
export interface ClientSettings {
  /** The cluster endpoint as `host:port`. */
  readonly endpoint: string;
  readonly tls: boolean;
  readonly caFile?: string;
  /** What the caller has chosen for TLS. */
  readonly tlsOverrides?: ConnectionOptions;
  readonly credentials?: CredentialsProvider;
  /** How long a command may take, in milliseconds. */
  readonly deadline: number;
  readonly readFrom: ReadFrom;
  readonly retryWrites: RetryWrites;
  /** Options of ioredis for the kind of program. */
  readonly profile: ClusterOptions;
  readonly lookup?: DNSLookupFunction;
}

/** What the typings of ioredis 6 derive the types of replies from. */
type LegacyReplies = ClusterOptions & { redisOptions?: { replyMapping?: 'legacy' } };
type SendCommandParameters = Parameters<Cluster['sendCommand']>;
type HandleErrorParameters = Parameters<Cluster['handleError']>;

/**
 * The `Cluster` of ioredis with credentials that are looked up, and with a deadline for every command.
 *
 * A command's deadline starts when it is given to the client, so it covers the time in the queues of ioredis, which its own
 * `commandTimeout` does not.
 */
export class Client extends Cluster {
  static {
    // Libraries that look at the name of the class expect the one of ioredis.
    Object.defineProperty(this, 'name', { value: Cluster.name });
  }

  /** Why a client is not connected, as far as it knows; undefined for one of bare ioredis. */
  static failureOf(db: Cluster): Error | undefined {
    return #failures in db ? db.#failures.since(Infinity, db.status === 'ready') : undefined;
  }

  /** How long a command of a client may take, in milliseconds: for one of bare ioredis, which has no such limit, as long as for a service. */
  static deadlineOf(db: Cluster): number {
    return #settings in db ? db.#settings.deadline : profileOptions('service').deadline;
  }

  /** That a command of a client was not answered since a time; undefined for one of bare ioredis. */
  static deadlineError(db: Cluster, command: string, start: number): DeadlineError | undefined {
    return #settings in db ? db.#commands.deadlineError(command, start) : undefined;
  }

  /** A transaction that ends at a time of `runningTime` if the client is one of this library, however long it takes until it is sent. */
  static multiUntil(db: Cluster, end: number): ChainableCommander {
    if (!(#pipelines in db)) {
      return db.multi();
    }
    const context = { ...db.#pipelines, start: end - db.#pipelines.deadline };
    return guardPipeline(Cluster.prototype.multi.call(db) as ChainableCommander, 'multi', context);
  }

  /** Has a connection to a primary that is not one of the client noticed when it goes silent, as its own are; one of bare ioredis has its own timer. */
  static watchSilence(db: Cluster, connection: Redis, primary: Redis): void {
    if (#silence in db) {
      db.#silence.watch(connection, primary);
    }
  }

  readonly #settings: ClientSettings;
  readonly #seeds: ClusterNode[];
  readonly #events: ClientEventSource;
  readonly #failures: ConnectionFailures;
  readonly #opening: Set<AbortController>;
  readonly #commands: CommandGuard;
  readonly #silence: SilenceWatch;
  readonly #retries = new Retries((done) => (this.status === 'ready' ? this.refreshSlotsCache(done) : done()));
  readonly #thaw = new Thaw(this);
  readonly #borrowed: BorrowedConnections;
  readonly #routing = new Routing(this, (command) => void super.sendCommand(command));
  readonly #slotsWatch = new SlotsWatch(() => this, () => this.#events.slotsSeen(this), () => this.#borrowed.openNext());
  readonly #keepUp: () => () => void;
  /** Ends what keeps the connections up, undefined once the client has ended. */
  #stopKeepingUp?: () => void;
  /** Settles when the client is ready or has ended, if somebody waits for that. */
  #ready?: Promise<void>;
  #closing = false;
  /** Whether ioredis has a time limit of its own for commands, and would send those again that it has failed. */
  readonly #timesOut = this.options.redisOptions?.commandTimeout !== undefined;
  readonly #pipelines: PipelineGuardContext;

  constructor(settings: ClientSettings, nodes: ClusterNode[], overrides: ClusterOptions) {
    const events = new ClientEventSource(settings.endpoint);
    const failures = new ConnectionFailures((cause) => events.error(cause, this.status));
    const silence = new SilenceWatch(() => this);
    const context: ConnectorContext = {
      credentials: settings.credentials,
      password: livePassword(),
      lookup: settings.lookup,
      opening: new Set(),
      events,
      isSilent: (host, port) => silence.isSilent(host, port),
      onFailure: (error) => failures.note(error),
      onGivenUp: (error) => failures.gaveUp(error, this.status === 'ready'),
      onWait: (cause) => failures.waitsFor(cause),
    };
    super(nodes, clientOptions({ ...settings, context }, overrides) as LegacyReplies);
    this.#settings = settings;
    this.#seeds = nodes;
    this.#events = events;
    this.#failures = failures;
    this.#opening = context.opening;
    this.#silence = silence;
    this.#borrowed = new BorrowedConnections(() => this, context.isSilent);
    const { endpoint, deadline } = settings;
    const commands = new CommandGuard(this, {
      endpoint,
      deadline,
      failures,
      aimCheck: guardReadyCheck(this, (state) => failures.refused(new Error(`the state of the cluster is ${state}`))),
      onGivenUp: (reason) => events.givenUp(reason),
    });
    this.#commands = commands;
    const send = (command: Command) => this.#routing.keeping(command, () => super.sendCommand(command));
    this.#pipelines = {
      cluster: this,
      deadline,
      thaw: this.#thaw,
      commands,
      endpoint,
      mixed: new WeakSet(),
      repeated: new WeakSet(),
      unanswered: new WeakSet(),
      // Not if ioredis may have failed one that is held back for that, nor if the caller says where reads go, which would part them from the writes before them.
      follows: !this.#timesOut && this.options.scaleReads === scaleReads(settings.readFrom),
      timesOut: this.#timesOut,
      send: (command) => this.#routing.keeping(command, () => this.sendCommand(command)),
    };
    const { mixed, repeated, unanswered } = this.#pipelines;
    const replies: LostRepliesContext = {
      retryWrites: settings.retryWrites,
      isClosing: () => this.#closing,
      mixed,
      repeated,
      unanswered,
      routed: () => commands.routed(),
      later: (retry) => this.#retries.add(retry),
      send,
    };
    const onFailure = (error: Error) => events.error(error, this.status);
    const onUnreadable = tellOnce(onFailure);
    const settles = new Map<Redis, () => void>();
    const guard = (node: Redis) => {
      guardNode(node, {
        abandoned: commands.abandoned,
        isForReplica: (command) => isForReplica(command, this.options.scaleReads),
        toAskForSlots: (open) => this.#borrowed.toAsk(open),
        onUnreadable: (error) => this.options.scaleReads === 'master' || onUnreadable(error),
      });
      keepPipelinesWhole(node);
      gatherWaiting(node);
      settles.set(node, guardReplies(node, replies));
      node.once('end', () => settles.delete(node));
    };
    this.on('+node', (node) => {
      silence.guard(node);
      guard(node);
      endWhileReconnecting(node);
      leaveSuccessor(this, node);
      reconnectOnce(node, replies.isClosing);
    });
    gatherWaiting(this);
    guardStatus(this, () => this.#borrowed.stop(), (error) => this.#unavailable(error));
    this.#slotsWatch.replaceTimer();
    this.on('refresh', () => this.#slotsWatch.refreshed());
    guardSubscriber(this, { guard, onFailure });
    guardShardedSubscribers(this, onFailure);
    // A client that has lost all of its connections finds back by any node, also while the one that the endpoint leads to is down.
    this.on('refresh', () => {
      clusterInternals(this).startupNodes = [...nodes, ...this.nodes().map(({ options: { host, port, readOnly } }) => ({ host, port, readOnly }))];
    });
    this.on('connecting', () => failures.attemptStarted());
    this.on('node error', (error) => failures.note(error));
    // Without a listener, ioredis prints the error.
    this.on('error', (error) => failures.note(error));
    this.on('ready', () => failures.ready());
    this.on('close', () => {
      failures.attemptFailed();
      if (failures.hopeless) {
        commands.giveUp();
      }
    });
    this.#keepUp = () => {
      const stopClock = useClock(() => this.#thaw.begin());
      const { credentials, password } = context;
      const stopSigningIn = credentials && keepSignedIn(this, credentials, password, (event) => events.reauth(event), onFailure);
      silence.start();
      this.#slotsWatch.start();
      return () => {
        silence.stop();
        this.#slotsWatch.stop();
        stopClock();
        stopSigningIn?.();
      };
    };
    this.#stopKeepingUp = this.#keepUp();
    this.on('end', () => {
      // Meanwhile it may connect again.
      if (this.status !== 'end') {
        return;
      }
      this.#stopKeepingUp?.();
      this.#stopKeepingUp = undefined;
      settles.forEach((settle) => settle());
      this.#retries.clear();
      commands.end();
    });
  }

  /** A client that was closed, or is being closed, and connects again is as good as new. */
  override connect(): Promise<void> {
    // The constructor of ioredis comes here, too.
    if (!(#closing in this)) {
      return super.connect();
    }
    const internals = clusterInternals(this);
    // It has not begun to quit.
    const isConnected = this.#closing && this.status === 'ready';
    if (this.#closing || this.status === 'end') {
      this.#closing = false;
      this.#failures.beginAnew();
      internals.manuallyClosing = false;
      this.#stopKeepingUp ??= this.#keepUp();
    }
    if (isConnected) {
      return Promise.resolve();
    }
    // It would connect once more, also a client that has been closed by then.
    clearTimeout(internals.reconnectTimeout ?? undefined);
    internals.reconnectTimeout = null;
    // ioredis takes the end of the former connections for that of the attempt.
    const isClosing = this.status === 'disconnecting';
    const connected = super.connect();
    const ready = this.#untilReady();
    if (isClosing) {
      connected.catch(() => undefined);
      return ready;
    }
    return Promise.race([connected, ready]).catch((error: Error) => {
      throw this.#unavailable(error);
    });
  }

  /** What ioredis says when it could not connect, with the reason. */
  #unavailable(error: Error): Error {
    if (this.#closing) {
      return closed();
    }
    const cause = error.message === UNAVAILABLE ? this.#failures.since(Infinity, false) : undefined;
    return cause ? new Error(`${error.message}: ${describe(cause)}`, { cause }) : error;
  }

  /** ioredis forgets what it has promised when the cluster is not ready at first. */
  #untilReady(): Promise<void> {
    // One for all attempts, of which ioredis may make many.
    this.#ready ??= new Promise<void>((resolve, reject) => {
      const settle = () => {
        if (this.status === 'ready' || this.status === 'end') {
          this.off('ready', settle).off('end', settle);
          this.#ready = undefined;
          if (this.status === 'ready') {
            resolve();
          } else {
            reject(closed());
          }
        }
      };
      this.on('ready', settle).on('end', settle);
    });
    return this.#ready;
  }

  override sendCommand(command: Command, stream?: SendCommandParameters[1], node?: SendCommandParameters[2]): unknown {
    const { abandoned } = this.#commands;
    if (abandoned.has(command) || isRejected(command)) {
      return command.promise;
    }
    // The commands of a pipeline share the deadline of the pipeline.
    if (!stream) {
      this.#commands.add(command);
      if (abandoned.has(command)) {
        return command.promise;
      }
      if (this.#timesOut) {
        command.promise.catch(() => abandoned.add(command));
      }
      if (this.#thaw.holds) {
        return this.#hold(command, node);
      }
    }
    return stream ? super.sendCommand(command, stream, node) : this.#give(command, node);
  }

  /** By itself, since a function that makes a closure of its arguments costs memory with every call. */
  #hold(command: Command, node: SendCommandParameters[2]): unknown {
    this.#thaw.hold(() => void this.#give(command, node));
    return command.promise;
  }

  /** ioredis throws when it looks for keys that are missing, also where nobody could catch that: when the command has waited. */
  #give(command: Command, node: SendCommandParameters[2]): unknown {
    try {
      return super.sendCommand(command, undefined, node);
    } catch (error) {
      command.reject(error as Error);
      return command.promise;
    }
  }

  override pipeline(commands?: unknown[][]): ChainableCommander {
    checkList('pipeline', commands);
    const pipeline = guardPipeline(super.pipeline(), 'pipeline', this.#pipelines);
    if (this.options.enableAutoPipelining) {
      alignCallers(pipeline);
    }
    if (Array.isArray(commands)) {
      // An EXEC among them is one of the guarded pipeline, too.
      pipelineInternals(pipeline).addBatch(commands);
    }
    return pipeline;
  }

  override defineCommand(...args: Parameters<Cluster['defineCommand']>): void {
    super.defineCommand(...args);
    addToPipelines(this, args[0]);
  }

  override addBuiltinCommand(name: string): void {
    super.addBuiltinCommand(name);
    addToPipelines(this, name);
  }

  // The overloads of ioredis are those of its callers.
  override multi(...args: any[]): any {
    checkList('multi', args[0]);
    const multi = (super.multi as (...args: any[]) => unknown)(...args);
    return multi instanceof Pipeline ? guardPipeline(multi as unknown as ChainableCommander, 'multi', this.#pipelines) : multi;
  }

  /**
   * Waits for the next attempt where ioredis fails the pipeline with the first one, for as long as a command may take: commands that
   * ioredis puts into pipelines by itself (`enableAutoPipelining`) have no other deadline until then.
   */
  override delayUntilReady(callback: Parameters<Cluster['delayUntilReady']>[0]): void {
    const tell = (error?: Error) => {
      try {
        callback(error);
      } catch (reason) {
        // What ioredis throws when it looks for the slot of a key that is no text, and nobody else could catch.
        callback(reason as Error);
      }
    };
    if (this.status === 'end' || this.status === 'ready' || this.status === 'connect') {
      // With the slots, for which ioredis has called back already, a command can wait in the queue of a node.
      process.nextTick(tell, ...this.status === 'end' ? [closed()] : []);
      return;
    }
    const start = runningTime();
    let waiting = true;
    const done = (error?: Error) => {
      if (waiting) {
        waiting = false;
        stop();
        tell(error);
      }
    };
    const wait = () => super.delayUntilReady((error) => (error && waiting ? wait() : done()));
    // One that has a time limit of its own has told by then what it is.
    const stop = this.#commands.limit(this.#settings.deadline + LATER_MS, (reason = this.#commands.deadlineError('pipeline', start)) => process.nextTick(done, reason));
    wait();
  }

  /**
   * Takes the retries of ioredis that have to wait for another primary: it would give up those that find the client between two
   * connections, and those that took many attempts, however much time they have.
   */
  override handleError(error: HandleErrorParameters[0], ttl: HandleErrorParameters[1], handlers: HandleErrorParameters[2]): void {
    // A pipeline gives no more of an error than its name and message.
    if (this.#commands.isAbandoning || error.name === InDoubtError.name || isLookalike(error)) {
      handlers.defaults();
      return;
    }
    const routed = this.#routing.of(handlers);
    // The first redirection is followed at once. Only a slot that is still on its way redirects again.
    const { maxRedirections = 0 } = this.options;
    const target = ttl.value === undefined && maxRedirections > 0 ? redirectionOf(error) : undefined;
    if (target) {
      ttl.value = maxRedirections;
      routed.moved(target.slot, target.node);
      return;
    }
    const isRefused = isRefusal(error);
    if (isRefused) {
      this.#failures.refused(error);
    }
    const goesOn = goesAtOnce(error);
    const waits = isRefused || isRetriable(error) || goesOn && isSplit(error);
    // In the state `connect`, ioredis checks whether the cluster is ready, and begins anew if it is not.
    if (!waits || this.#closing || this.status === 'connect' || this.status === 'end') {
      super.handleError(error, ttl, routed);
    } else if (goesOn) {
      routed.connectionClosed();
    } else {
      this.#retries.add(routed.connectionClosed);
    }
  }

  override refreshSlotsCache(callback?: Parameters<Cluster['refreshSlotsCache']>[0]): void {
    this.#slotsWatch.refreshing();
    super.refreshSlotsCache(this.#events.slotsRefresh(this, callback));
  }

  override duplicate(nodes: ClusterNode[] = [], overrides: ClusterOptions = {}): any {
    checkReads(this.#settings.readFrom, overrides);
    const own = OWN_OPTIONS.find((name) => (overrides as Record<string, unknown>)[name] !== undefined);
    if (own) {
      throw new ConfigurationError(`${own} cannot be changed by duplicate(), which takes the options of ioredis: make another client with connect()`);
    }
    const { redisOptions: before } = this.options;
    checkOverrides(this.#settings.tls, overrides, before);
    const redisOptions = { ...before, ...overrides.redisOptions };
    const tls = redisOptions.tls === before?.tls ? undefined : { ...this.#settings.tlsOverrides, ...redisOptions.tls };
    const options = { ...this.options, ...overrides, redisOptions: tls ? { ...redisOptions, tls } : redisOptions };
    const settings = { ...this.#settings, ...tls && { tlsOverrides: tls }, ...overrides.dnsLookup && { lookup: overrides.dnsLookup } };
    return new Client(settings, nodes.length ? nodes : this.#seeds, options);
  }

  override quit(callback?: Parameters<Cluster['quit']>[0]): Promise<'OK'> {
    this.#closing = true;
    if (this.#thaw.holds) {
      // After what was given before, unless it is to connect again by then.
      return new Promise((resolve) => this.#thaw.hold(() => resolve(this.#closing ? this.quit(callback) : hasQuit(callback))));
    }
    if (this.status === 'wait' || this.nodes().length > 0) {
      return super.quit(callback);
    }
    this.disconnect();
    return hasQuit(callback);
  }

  override disconnect(reconnect = false): void {
    if (this.status === 'end') {
      return;
    }
    if (this.status === 'wait' && !reconnect) {
      // The end that ioredis comes to at once would be that of the next attempt to connect.
      void this.quit();
      return;
    }
    this.#closing ||= !reconnect;
    const nodes = this.nodes().length;
    super.disconnect(reconnect);
    if (!reconnect) {
      this.#opening.forEach((opening) => opening.abort());
    }
    if (nodes === 0 && !clusterInternals(this).reconnectTimeout) {
      setImmediate(() => this.#end());
    }
  }

  /** Ends, or connects again, a client that has no node whose end would lead to that: ioredis would keep its queue for ever. */
  #end(): void {
    if (this.status === 'disconnecting') {
      const internals = clusterInternals(this);
      internals.setStatus('close');
      internals.handleCloseEvent();
    }
  }
}

/** What a client tells that has nothing to quit. */
function hasQuit(callback?: Parameters<Cluster['quit']>[0]): Promise<'OK'> {
  callback?.(null, 'OK');
  return Promise.resolve('OK');
}
