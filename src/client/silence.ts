import type { Cluster, Redis } from 'ioredis';
import { blockingTime } from './deadline';
import { timedOut } from './dial';
import { nodeInternals, subscribers } from './internals';

/** How often the connections are looked at, in milliseconds. */
const LOOK_MS = 200;

/** For how many looks a connection has to be silent to count as that: one with a command, and one that is being opened. */
const SILENT_LOOKS = { open: 2, opening: 1 };

/** How often connections for subscriptions are asked for a sign of life, in looks. */
const ASK_SUBSCRIBERS_EVERY = 25;

interface Silence {
  readonly bytesRead: number;
  /** For how many looks nothing came. */
  readonly looks: number;
}

/**
 * Notices connections that went silent with a command, in place of the timers with which ioredis does that.
 *
 * - After about half a second, the other nodes are asked with every look. A silent node may just be slow, but once it does not serve any more
 *   what it served, its connection is given up.
 * - After `socketTimeout`, it is given up in any case. A frozen process looks once when it goes on, however long it was frozen.
 * - A connection that is being opened, and has commands that wait for it, is silent as well.
 * - A blocking command may keep its connection silent.
 * - Connections for subscriptions have no commands that wait, so they get a PING from time to time.
 */
export class SilenceWatch {
  readonly #cluster: () => Cluster;
  readonly #timeouts = new WeakMap<Redis, number>();
  #timer?: NodeJS.Timeout;
  #silences = new Map<Redis, Silence>();
  #round = 0;

  /** @param cluster - may not be there yet */
  constructor(cluster: () => Cluster) {
    this.#cluster = cluster;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Takes the `socketTimeout` of a node that is not connected yet. */
  guard(node: Redis): void {
    this.#timeouts.set(node, node.options.socketTimeout ?? Infinity);
    node.options.socketTimeout = undefined;
  }

  /** Whether a node went silent while others talk, so that it is no use asking it. */
  isSilent(host: string, port: number): boolean {
    const silent = this.#silent();
    return silent.some(({ options }) => options.host === host && options.port === port) && silent.length < this.#cluster().nodes().length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#round += 1;
    if (this.#round % ASK_SUBSCRIBERS_EVERY === 0) {
      subscribers(this.#cluster()).filter(({ status }) => status === 'ready').forEach((connection) => connection.ping().catch(() => undefined));
    }
    this.#silences = new Map(this.#cluster().nodes().filter(waits).map((node) => {
      const before = this.#silences.get(node);
      const bytesRead = isConnecting(node) ? 0 : node.stream.bytesRead;
      return [node, { bytesRead, looks: before?.bytesRead === bytesRead ? before.looks + 1 : 0 }];
    }));
    const silent = this.#silent();
    // While all of them are slow, asking them would make it worse.
    if (silent.length > 0 && (!silent.every(isConnecting) || this.#cluster().nodes().some(({ status }) => status === 'ready'))) {
      this.#giveUp(silent);
    }
  }

  #silent(): Redis[] {
    return [...this.#silences]
      .filter(([node, { looks }]) => looks >= (isConnecting(node) ? SILENT_LOOKS.opening : SILENT_LOOKS.open))
      .map(([node]) => node);
  }

  #giveUp(silent: readonly Redis[]): void {
    const slow: { node: Redis; readOnly?: boolean }[] = [];
    for (const node of silent) {
      const { host, port, readOnly } = node.options;
      const timeout = this.#timeouts.get(node) ?? Infinity;
      // One that connects has a time limit of its own.
      if (!isConnecting(node) && this.#silences.get(node)!.looks * LOOK_MS >= timeout) {
        node.stream.destroy(timedOut(`no reply from ${host}:${port} within ${timeout} ms`));
      } else {
        slow.push({ node, readOnly });
      }
    }
    this.#cluster().refreshSlotsCache(() => {
      const nodes = this.#cluster().nodes();
      for (const { node, readOnly } of slow) {
        if (!nodes.includes(node) || node.options.readOnly !== readOnly) {
          drop(node);
        }
      }
    });
  }
}

function drop(node: Redis): void {
  if (isConnecting(node)) {
    node.disconnect();
  } else {
    const { host, port } = node.options;
    node.stream?.destroy(timedOut(`${host}:${port} went silent, and another node has taken over`));
  }
}

function isConnecting({ status }: Redis): boolean {
  return status === 'connecting';
}

/** Whether a node owes a reply that it could give at once, or a connection to commands that wait for it. */
function waits(node: Redis): boolean {
  if (isConnecting(node)) {
    return !nodeInternals(node).offlineQueue.isEmpty();
  }
  const first = node.status === 'ready' || node.status === 'connect' ? nodeInternals(node).commandQueue.peekFront() : undefined;
  return first !== undefined && blockingTime(first.command) === 0;
}
