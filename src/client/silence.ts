import type { Cluster, Redis } from 'ioredis';
import { blockingTime } from './deadline';
import { timedOut } from './dial';
import { nodeInternals, subscribers } from './internals';
import { anyToAsk } from './nodes-to-ask';
import { giveUp } from './reconnection';

/** How often the connections are looked at, in milliseconds. */
const LOOK_MS = 200;

/** For how many looks a connection has to be silent to count as that: one with a command, and one that is being opened. */
const SILENT_LOOKS = { open: 2, opening: 1 };

/** How often the slots are refreshed while a connection is silent, in looks, whatever the other nodes say. */
const REFRESH_EVERY = 5;

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
 * - After about half a second, another node is asked with every look, and once in between. A silent node may just be slow, but once it does not serve any more
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
  #again?: NodeJS.Timeout;
  #silences = new Map<Redis, Silence>();
  /** Who serves what, as the last node said that was asked since one is silent. */
  #primaries?: string;
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
    clearTimeout(this.#again);
    this.#silences.clear();
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
    if (silent.length === 0) {
      this.#primaries = undefined;
      return;
    }
    this.#giveUp(silent);
    void this.#ask(silent, this.#round % REFRESH_EVERY === 0);
    // Once more before the next look: the question costs little, and as long as nobody takes over, commands wait.
    this.#again = setTimeout(() => void this.#ask(this.#silent(), false), LOOK_MS / 2).unref();
  }

  #silent(): Redis[] {
    return [...this.#silences]
      .filter(([node, { looks }]) => looks >= (isConnecting(node) ? SILENT_LOOKS.opening : SILENT_LOOKS.open))
      .map(([node]) => node);
  }

  /** Gives up what was silent for too long. */
  #giveUp(silent: readonly Redis[]): void {
    for (const node of silent) {
      const timeout = this.#timeouts.get(node) ?? Infinity;
      // One that connects has a time limit of its own.
      if (!isConnecting(node) && this.#silences.get(node)!.looks * LOOK_MS >= timeout) {
        giveUp(node, timedOut(`no reply from ${node.options.host}:${node.options.port} within ${timeout} ms`));
      }
    }
  }

  /** Finds out whether other nodes have taken over: a refresh costs milliseconds of the processor, the question costs little. */
  async #ask(silent: readonly Redis[], refreshes: boolean): Promise<void> {
    if (silent.length === 0) {
      return;
    }
    const asked = anyToAsk(this.#cluster(), (node) => !silent.includes(node));
    if (refreshes) {
      // While all of them connect slowly, asking them would make it worse.
      if (asked || !silent.every(isConnecting)) {
        this.#refresh(silent);
      }
    } else if (asked) {
      const primaries = await asked.cluster('SLOTS').then(primariesOf, () => this.#primaries);
      if (primaries !== this.#primaries) {
        this.#primaries = primaries;
        this.#refresh(silent);
      }
    }
  }

  #refresh(silent: readonly Redis[]): void {
    const before = silent.map((node) => ({ node, readOnly: node.options.readOnly }));
    this.#cluster().refreshSlotsCache(() => {
      const nodes = this.#cluster().nodes();
      for (const { node, readOnly } of before) {
        if (!nodes.includes(node) || node.options.readOnly !== readOnly) {
          drop(node);
        }
      }
    });
  }
}

/** Who serves what according to a reply to CLUSTER SLOTS, in a form that can be compared. */
function primariesOf(reply: readonly (readonly unknown[])[]): string {
  return reply.map(([start, end, primary]) => `${start}-${end} ${(primary as unknown[]).slice(0, 2).join(':')}`).sort().join();
}

function drop(node: Redis): void {
  if (isConnecting(node)) {
    node.disconnect();
  } else {
    const { host, port } = node.options;
    giveUp(node, timedOut(`${host}:${port} went silent, and another node has taken over`));
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
