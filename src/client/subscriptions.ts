import type { Command, Redis } from 'ioredis';
import { retriable } from './failure';
import { nodeInternals } from './internals';

/** The commands that subscribe. */
export type SubscriptionKind = 'subscribe' | 'psubscribe' | 'ssubscribe';

type Channels<T> = Readonly<Record<SubscriptionKind, T>>;

/** What changes the subscriptions of a connection. */
const SUBSCRIPTION = /^[ps]?(un)?subscribe$/i;

/** The random wait before another attempt after one that failed, in milliseconds: up to this, doubled from attempt to attempt. */
const BACK_OFF_MS = { first: 100, most: 2_000 };

/** How long a connection for subscriptions may owe a reply, in milliseconds, whatever the time for those of the nodes. */
export const REPLY_TIMEOUT_MS = 5_000;

/** Of a channel whose slot another node serves: ioredis 5 asks for the slots, and leaves the command without an answer. */
const MOVED = new Error('the slot of the channel has moved');

/** @param failures - how many attempts have failed in a row before */
export function subscriptionBackOff(failures: number): number {
  return Math.random() * Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** failures);
}

/** Whether a command changes the subscriptions of its connection. */
export function isSubscription(name: string): boolean {
  return SUBSCRIPTION.test(name);
}

/** Whether a server refuses a subscription: what another node serves is for the topology to say. */
export function isRefused(error: Error | undefined): boolean {
  return error !== undefined && error.cause !== MOVED && !error.message.startsWith('MOVED ');
}

/**
 * What the callers of a client have subscribed to and not given up, whichever connection has it at the time, if any.
 *
 * ioredis keeps that with the connections, and loses it with one that a server refuses something, or that is replaced too soon.
 */
export class Subscriptions {
  readonly #channels: Channels<Set<string>> = { subscribe: new Set(), psubscribe: new Set(), ssubscribe: new Set() };
  /** How many times a channel is being asked for, without a reply yet. */
  readonly #asked: Channels<Map<string, number>> = { subscribe: new Map(), psubscribe: new Map(), ssubscribe: new Map() };

  of(kind: SubscriptionKind): string[] {
    return [...this.#channels[kind]];
  }

  /** Whether callers want a channel, or have asked for it. */
  wants(kind: SubscriptionKind, channel: string): boolean {
    return this.#channels[kind].has(channel) || this.#asked[kind].has(channel);
  }

  /** Keeps up with what callers change over a connection. */
  follow(connection: Redis): void {
    const { disconnect, sendCommand: send } = connection;
    const internals = nodeInternals(connection);
    const { connector } = internals;
    const ofShards = new Set<Command>();
    connection.sendCommand = (command, stream) => {
      if (isSubscription(command.name)) {
        this.#note(command);
      }
      if (command.name === 'ssubscribe') {
        ofShards.add(command);
        const drop = () => ofShards.delete(command);
        command.promise.then(drop, drop);
      }
      return send.call(connection, command, stream);
    };
    connection.on('moved', () => {
      const waiting = new Set([...internals.commandQueue.toArray(), ...internals.offlineQueue.toArray()].map(({ command }) => command));
      ofShards.forEach((command) => waiting.has(command) || command.reject(retriable(MOVED)));
    });
    connection.disconnect = (reconnect) => {
      // What it has not answered is asked of the next one, and a late answer would say nothing about that.
      connection.stream?.destroy();
      disconnect.call(connection, reconnect);
    };
    const end = connector.disconnect;
    connector.disconnect = () => {
      // For one that is closed already, ioredis would leave a timer.
      if (!connection.stream?.closed) {
        end.call(connector);
      }
    };
  }

  #note({ name, args, promise }: Command): void {
    const kind = name.toLowerCase().replace('un', '') as SubscriptionKind;
    const channels = this.#channels[kind];
    const named = args.map(String);
    if (name.toLowerCase() !== kind) {
      const drop = () => (named.length > 0 ? named.forEach((channel) => channels.delete(channel)) : channels.clear());
      // At once what the server does not grant, and with the reply what was asked for and not answered yet.
      drop();
      promise.then(drop, () => undefined);
      return;
    }
    const asked = this.#asked[kind];
    const count = (channel: string, change: number) => asked.set(channel, (asked.get(channel) ?? 0) + change);
    named.forEach((channel) => count(channel, 1));
    void promise.then(() => named.forEach((channel) => channels.add(channel)), () => undefined).then(() => named.forEach((channel) => {
      if (count(channel, -1).get(channel) === 0) {
        asked.delete(channel);
      }
    }));
  }

  /**
   * Asks for channels on a connection until the server grants them, or they are given up. Each is asked for by itself: a server refuses a
   * command as a whole.
   *
   * @param onRefusal - told why, once for all that are refused at a time
   * @returns whether the connection has all that are not given up
   */
  async insist(connection: Redis, kind: SubscriptionKind, channels: readonly string[], onRefusal: (error: Error) => void): Promise<boolean> {
    let missing = channels;
    for (let refusals = 0; connection.status === 'ready'; refusals++) {
      missing = missing.filter((channel) => this.wants(kind, channel));
      const errors = await Promise.all(missing.map((channel) => connection.call(kind, channel).then(() => undefined, (error: Error) => error)));
      missing = missing.filter((_, index) => isRefused(errors[index]));
      if (missing.length === 0) {
        return errors.every((error) => error === undefined);
      }
      if (connection.status !== 'ready') {
        break;
      }
      onRefusal(errors.find(isRefused)!);
      await new Promise((resolve) => setTimeout(resolve, subscriptionBackOff(refusals)).unref());
    }
    return false;
  }
}
