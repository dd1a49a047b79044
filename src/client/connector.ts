import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { DNSLookupFunction, RedisOptions } from 'ioredis';
import type { CredentialsProvider } from './credentials';
import { after } from './deadline';
import { dial, resolveAddresses, timedOut } from './dial';
import type { SignInError } from './errors';
import type { ClientEventSource } from './event-source';
import type { ConnectEvent } from './events';
import { closed, isPermanent, retriable } from './failure';
import { gatherWrites } from './gather-writes';
import { REFRESHER } from './internals';
import { Passwords } from './passwords';
import type { LivePassword } from './redacted';
import { authenticate } from './sign-in';
import type { SignIn } from './sign-in';

/** What the connections of one client share. */
export interface ConnectorContext {
  readonly credentials?: CredentialsProvider;
  /** Receives every password that a server has taken. */
  readonly password: LivePassword;
  readonly lookup?: DNSLookupFunction;
  /** Connections that are being opened; aborting them ends the attempt. */
  readonly opening: Set<AbortController>;
  readonly events: ClientEventSource;
  /** Whether a node does not answer, or cannot be reached. */
  isSilent(host: string, port: number): boolean;
  /** Told why a connection could not be opened. */
  onFailure(error: unknown): void;
  /** Told what a connection was waiting for that was no longer wanted. */
  onGivenUp(error: unknown): void;
  /**
   * Told that a connection cannot be opened before something has come.
   *
   * @returns tells that it has come, or will not
   */
  onWait(cause: Error): () => void;
}

/** What one attempt needs of it. */
type AttemptContext = Omit<ConnectorContext, 'onWait'> & {
  /** Told that the attempt waits for a password; returns what ends that. */
  onWait(): () => void;
};

/** The options of one node as ioredis hands them to its connector. */
interface NodeOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ConnectionOptions;
  readonly connectTimeout: number;
  readonly disconnectTimeout: number;
  connectionName?: string;
}

/** How long one attempt may take in all, with a slow credentials provider. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/** How long the provider is waited for while there is a password that was accepted, in milliseconds. */
const PATIENCE_MS = 1_000;

/** How often a refused password is asked for again on the same connection. */
const MAX_REFUSALS = 2;

/** No address gets less time than this, however many there are. */
const MIN_ADDRESS_TIMEOUT_MS = 400;

/**
 * The `Connector` class for the nodes of one client.
 *
 * It hands over connections that have signed in. ioredis signs in again with the same password, which costs no round trip, but its own
 * attempt alone would end a client for good when the password has changed.
 */
export function connectorFor(context: ConnectorContext): NonNullable<RedisOptions['Connector']> {
  const passwords = context.credentials && new Passwords(context.credentials, context.onWait);
  /** Those that are silent because they wait for a password. */
  const waiting = new Set<NodeOptions>();
  return class MemoryDbConnector extends AbstractConnector {
    readonly #options: NodeOptions;
    readonly #purpose: ConnectEvent['purpose'];
    #opening?: AbortController;
    #disconnected?: object;
    #wanted = false;

    constructor(given: unknown) {
      const options = given as NodeOptions;
      super(options.disconnectTimeout);
      this.#options = options;
      this.#purpose = options.connectionName?.startsWith(REFRESHER) ? 'slots' : 'commands';
      if (options.connectionName === REFRESHER) {
        // Nobody chose this name, and giving it is one more permission, whose lack would count as a refused command with every refresh.
        options.connectionName = undefined;
      }
    }

    async connect(): Promise<Socket> {
      const { host, port } = this.#options;
      if (this.#purpose === 'slots' && context.isSilent(host, port)) {
        // Another one is asked at once, instead of when this one has taken too long.
        const isWaiting = [...waiting].some((each) => each.host === host && each.port === port);
        throw isWaiting ? closed() : retriable(timedOut(`${host}:${port} is silent`));
      }
      const opening = new AbortController();
      this.#opening = opening;
      context.opening.add(opening);
      this.connecting = true;
      this.#wanted = true;
      const stop = after(ATTEMPT_TIMEOUT_MS, () => opening.abort());
      const start = performance.now();
      // Of the provider, which matters only if the attempt fails as well.
      const failures: unknown[] = [];
      const onWait = () => {
        waiting.add(this.#options);
        return () => waiting.delete(this.#options);
      };
      try {
        this.stream = await open(this.#options, { ...context, onFailure: (error) => failures.push(error), onWait }, opening.signal, passwords);
        context.events.connect({ host, port, address: this.stream.remoteAddress, purpose: this.#purpose, duration: performance.now() - start });
        if (!this.#options.tls) {
          this.#watchForTls(this.stream);
        }
        return this.stream;
      } catch (error) {
        // Whatever else the attempt waits for is not wanted any more.
        opening.abort();
        failures.forEach((failure) => context.onFailure(failure));
        if (!this.#wanted) {
          context.onGivenUp(error);
          throw closed();
        }
        context.onFailure(error);
        throw retriable(error);
      } finally {
        stop();
        context.opening.delete(opening);
      }
    }

    /** A server that wants TLS says so in no way. */
    #watchForTls(stream: Socket): void {
      stream.once('close', () => {
        if (this.#wanted && stream.bytesWritten > 0 && stream.bytesRead === 0) {
          const { host, port } = this.#options;
          context.onFailure(new Error(`${host}:${port} closed the connection before it answered: tls is false, does it want TLS?`));
        }
      });
    }

    override disconnect(): void {
      // ioredis asks again for every reply that wants it, and each would be one more listener; for one that is closed already, one more timer.
      if (this.stream && !this.stream.destroyed && this.stream !== this.#disconnected) {
        this.#disconnected = this.stream;
        super.disconnect();
      }
      this.#wanted = false;
      this.#opening?.abort();
    }
  };
}

async function open(options: NodeOptions, context: AttemptContext, signal: AbortSignal, passwords?: Passwords): Promise<Socket> {
  const [password, addresses] = await Promise.all([
    passwords && firstPassword(passwords, context, signal),
    resolveAddresses(options.host, signal, context.lookup),
  ]);
  const timeout = Math.max(MIN_ADDRESS_TIMEOUT_MS, options.connectTimeout / addresses.length);
  let failure: unknown;
  for (const address of addresses) {
    let socket: Socket | undefined;
    try {
      socket = await dial(address, { ...options, timeout, signal });
      if (passwords && password !== undefined) {
        await signIn(socket, passwords, { password, timeout: options.connectTimeout, signal }, context);
      }
      if (signal.aborted) {
        throw timedOut(`gave up connecting to ${options.host}:${options.port}`);
      }
      gatherWrites(socket);
      return socket;
    } catch (error) {
      socket?.destroy();
      if (signal.aborted || isPermanent(error as Error)) {
        throw error;
      }
      failure = error;
    }
  }
  throw failure;
}

/** While the provider fails or does not answer, the password that was accepted last may still be; what comes later is for the next attempt. */
async function firstPassword(passwords: Passwords, { password: live, onFailure, onWait }: AttemptContext, signal: AbortSignal): Promise<string> {
  const stopWaiting = onWait();
  const limit = new AbortController();
  const end = () => limit.abort();
  const stop = after(signal.aborted ? 0 : live.bytes.length ? PATIENCE_MS : Infinity, end);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await passwords.first(limit.signal);
  } catch (error) {
    const last = live.bytes.toString();
    if (!last || signal.aborted) {
      throw error;
    }
    onFailure(error as Error);
    return last;
  } finally {
    stop();
    stopWaiting();
  }
}

async function signIn(socket: Socket, passwords: Passwords, first: Omit<SignIn, 'username' | 'hint'>, { password: live, onWait }: AttemptContext): Promise<void> {
  let { password } = first;
  const tried = new Set<string>();
  let refusal: SignInError | undefined;
  for (let refusals = 0; refusals <= MAX_REFUSALS; refusals++) {
    refusal = await authenticate(socket, { ...first, password, username: passwords.username, hint: passwords.hint });
    if (!refusal) {
      live.set(password);
      return;
    }
    tried.add(password);
    const stopWaiting = onWait();
    password = await passwords.insteadOf(password, first.signal).finally(stopWaiting);
    if (tried.has(password)) {
      break;
    }
  }
  throw refusal;
}
