import { channel } from 'node:diagnostics_channel';
import type { DeadlineError } from './errors';

/** Slots from the first to the last one, both included. */
export interface SlotRange {
  /** The first slot, 0 to 16383. */
  readonly start: number;
  /** The last slot, 0 to 16383. */
  readonly end: number;
}

/** What the events of one client have in common. */
export interface ClientEvent {
  /** The cluster endpoint that the client was given, as `host:port`. */
  readonly endpoint: string;
}

/** A connection was opened and has signed in. */
export interface ConnectEvent extends ClientEvent {
  /** Host name of the node, or of the cluster endpoint before the nodes are known. */
  readonly host: string;
  /** Port of the node. */
  readonly port: number;
  /** The address that answered. */
  readonly address: string | undefined;
  /** What it was opened for: commands, or one look at which node serves which slots. */
  readonly purpose: 'commands' | 'slots';
  /** How long it took, in milliseconds: credentials, name resolution, TLS and sign-in. */
  readonly duration: number;
}

/** An open connection has signed in again, with newer credentials. */
export interface ReauthEvent extends ClientEvent {
  /** Host name of the node. */
  readonly host: string;
  /** Port of the node. */
  readonly port: number;
  /** How long it took, in milliseconds. */
  readonly duration: number;
}

/** A token was signed, or a secret was read. */
export interface TokenRefreshEvent {
  /** Which one: `iam` for a token, `secret` for a secret. */
  readonly auth: 'iam' | 'secret';
  /** The user to sign in as. */
  readonly username: string | undefined;
  /** With `iam`: the cluster that the token is for. */
  readonly clusterName?: string;
  /** With `secret`: the ARN or name of the secret. */
  readonly secretArn?: string;
  /** How long it took, in milliseconds. */
  readonly duration: number;
}

/**
 * Another node has become the primary of a shard, as far as the client sees: until all nodes have heard of it, it may be told back and forth.
 */
export interface FailoverEvent extends ClientEvent {
  /** The former primary, as `host:port`. */
  readonly from: string;
  /** The new primary, as `host:port`. */
  readonly to: string;
  /** The slots of the shard. */
  readonly slots: readonly SlotRange[];
}

/** The client has asked which node serves which slots. */
export interface SlotsRefreshEvent extends ClientEvent {
  /** How long it took, in milliseconds, nodes that did not answer included. */
  readonly duration: number;
  /** The primaries that serve slots, as `host:port`. */
  readonly primaries: readonly string[];
  /** How many slots have moved from one node to another since the last time. */
  readonly moved: number;
  /** Why no node answered; undefined when one did. */
  readonly error: Error | undefined;
}

/** Something failed that the client tries again by itself. */
export interface ErrorEvent extends ClientEvent {
  /** The true cause: an error of name resolution, of a socket or certificate, of the credentials, or a reply of the server. */
  readonly error: Error;
}

/** A command was given up at its deadline, or because it is certain that no answer will come. */
export interface DeadlineEvent extends ClientEvent {
  /** What the caller got: the command, how long it was waited for, and the true cause as far as it is known. */
  readonly error: DeadlineError;
}

/**
 * The messages of this library, by event. Each is published to the channel `cdk-memorydb:<event>` of `node:diagnostics_channel`, and put
 * together only while somebody listens. None holds a password or a token.
 */
export interface ClientEvents {
  /** A connection was opened and has signed in. */
  'connect': ConnectEvent;
  /** An open connection has signed in again. */
  'reauth': ReauthEvent;
  /** A token was signed, or a secret was read. */
  'token-refresh': TokenRefreshEvent;
  /** Another node has become the primary of a shard. */
  'failover': FailoverEvent;
  /** The client has asked which node serves which slots. */
  'slots-refresh': SlotsRefreshEvent;
  /** Something failed that the client tries again by itself. */
  'error': ErrorEvent;
  /** A command was given up. */
  'deadline': DeadlineEvent;
}

// A channel that nobody holds is collected, and what was published to it with it.
const channels = {
  'connect': channel('cdk-memorydb:connect'),
  'reauth': channel('cdk-memorydb:reauth'),
  'token-refresh': channel('cdk-memorydb:token-refresh'),
  'failover': channel('cdk-memorydb:failover'),
  'slots-refresh': channel('cdk-memorydb:slots-refresh'),
  'error': channel('cdk-memorydb:error'),
  'deadline': channel('cdk-memorydb:deadline'),
} satisfies Record<keyof ClientEvents, unknown>;

/**
 * Listens to one event of all clients in this process: `diagnostics_channel.subscribe` with the type of the message.
 *
 * A listener is called synchronously, so it has to be quick; what it throws becomes an uncaught exception.
 *
 * @returns stops listening
 * @throws TypeError for an event that there is not
 */
export function observe<E extends keyof ClientEvents>(event: E, listener: (message: ClientEvents[E]) => void): () => void {
  if (!Object.hasOwn(channels, event)) {
    throw new TypeError(`there is no event ${JSON.stringify(event)}: expected one of ${Object.keys(channels).join(', ')}`);
  }
  const onMessage = (message: unknown) => listener(message as ClientEvents[E]);
  channels[event].subscribe(onMessage);
  return () => void channels[event].unsubscribe(onMessage);
}

/** Whether somebody listens to an event. */
export function isObserved(event: keyof ClientEvents): boolean {
  return channels[event].hasSubscribers;
}

/** Publishes an event; the message is asked for only when somebody listens. */
export function publish<E extends keyof ClientEvents>(event: E, message: () => ClientEvents[E]): void {
  if (isObserved(event)) {
    channels[event].publish(message());
  }
}
