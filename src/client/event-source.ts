import type { Cluster } from 'ioredis';
import { DeadlineError } from './errors';
import { isObserved, publish } from './events';
import type { ConnectEvent, ReauthEvent } from './events';
import { trueCause } from './failure';
import { compare, primariesOf, topologyOf } from './topology';
import type { Topology } from './topology';

type RefreshCallback = Parameters<Cluster['refreshSlotsCache']>[0];

/** What one client, and its connector, tells of itself. */
export class ClientEventSource {
  readonly #endpoint: string;
  #topology: Topology = [];
  #refreshing = false;
  #lastError?: Error;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  connect(event: Omit<ConnectEvent, 'endpoint'>): void {
    publish('connect', () => ({ endpoint: this.#endpoint, ...event }));
  }

  reauth(event: Omit<ReauthEvent, 'endpoint'>): void {
    publish('reauth', () => ({ endpoint: this.#endpoint, ...event }));
  }

  /** A command was rejected with an error that did not come from the server. */
  givenUp(reason: Error): void {
    if (reason instanceof DeadlineError) {
      publish('deadline', () => ({ endpoint: this.#endpoint, error: reason }));
    }
  }

  /** The same error comes here by several ways, and is told once; what a client breaks off that is being closed is no error. */
  error(error: Error, status: Cluster['status']): void {
    if (error !== this.#lastError && !isClosing(status)) {
      this.#lastError = error;
      publish('error', () => ({ endpoint: this.#endpoint, error }));
    }
  }

  /** The slots of a client are those of its cluster, which is what a change to come is compared with. */
  slotsSeen(cluster: Cluster): void {
    if (this.#topology.length === 0 && isTold()) {
      this.#topology = topologyOf(cluster.slots);
    }
  }

  /**
   * Follows a refresh of the slots, whose callers share one that is under way.
   *
   * @returns the callback to give to ioredis
   */
  slotsRefresh(cluster: Cluster, callback: RefreshCallback): RefreshCallback {
    if (this.#refreshing) {
      return callback;
    }
    this.#refreshing = true;
    this.slotsSeen(cluster);
    const start = performance.now();
    return (error) => {
      this.#refreshing = false;
      this.#slotsRefreshed(cluster, performance.now() - start, error);
      callback?.(error);
    };
  }

  #slotsRefreshed(cluster: Cluster, duration: number, failure: Error | null | undefined): void {
    if (isClosing(cluster.status)) {
      return;
    }
    if (!isTold()) {
      // Going through all slots would be felt at a cold start.
      this.#topology = [];
      return;
    }
    const after = failure ? this.#topology : topologyOf(cluster.slots);
    const { moved, failovers } = compare(this.#topology, after);
    this.#topology = after;
    const error = failure ? trueCause(failure) ?? failure : undefined;
    publish('slots-refresh', () => ({ endpoint: this.#endpoint, duration, primaries: primariesOf(after), moved, error }));
    for (const failover of failovers) {
      publish('failover', () => ({ endpoint: this.#endpoint, ...failover }));
    }
  }
}

/** Whether somebody listens to what a refresh of the slots tells. */
function isTold(): boolean {
  return isObserved('slots-refresh') || isObserved('failover');
}

function isClosing(status: Cluster['status']): boolean {
  return status === 'disconnecting' || status === 'end';
}
