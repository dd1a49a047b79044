import type { Cluster, Redis } from 'ioredis';
import { nodeOf } from './cluster-slots';
import { blockingTime } from './deadline';
import { timedOut } from './dial';
import { nodeInternals, subscribers } from './internals';
import { avoid } from './node-guard';
import { anyToAsk } from './nodes-to-ask';
import { giveUp } from './reconnection';
import { isKnown } from './slots-watch';
import type { SlotsReply } from './slots-watch';

/** How often the connections are looked at, in milliseconds. */
const LOOK_MS = 200;

/** For how many looks a connection has to be silent to count as that: one with a command, and one that is being opened. */
const SILENT_LOOKS = { open: 2, opening: 1 };

/** How often the slots are refreshed while a connection is silent, in looks, whatever the other nodes say. */
const REFRESH_EVERY = 5;

/** How often connections for subscriptions are asked for a sign of life, in looks. */
const ASK_SUBSCRIBERS_EVERY = 25;

/** How often other nodes are asked while a connection blocks, in looks. */
const ASK_BLOCKING_EVERY = 5;

interface Silence {
  readonly bytesRead: number;
  /** For how many looks nothing came. */
  readonly looks: number;
  /** For how many looks a command may block, since when nothing came. */
  readonly blocks: number;
}

/**
 * Notices connections that went silent with a command, in place of the timers with which ioredis does that.
 *
 * - After about half a second, another node is asked with every look, and once in between. A silent node may just be slow, but once it does not serve any more
 *   what it served, its connection is given up.
 * - A replica that is silent gets no more reads as long as it is.
 * - After `socketTimeout`, it is given up in any case. A frozen process looks once when it goes on, however long it was frozen.
 * - A connection that is being opened, and has commands that wait for it, is silent as well.
 * - A blocking command may keep its connection silent for as long as it blocks. Meanwhile another node is asked once a second, over a connection that is opened
 *   for that if there is none, whether it still serves what it served: nothing else tells that a node is gone.
 * - Connections for subscriptions have no commands that wait, so they get a PING from time to time.
 */
export class SilenceWatch {
  readonly #cluster: () => Cluster;
  readonly #timeouts = new WeakMap<Redis, number>();
  /** Connections to primaries beside those of the cluster. */
  readonly #beside = new Set<Redis>();
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

  /** Looks after a connection to a primary that is not one of the cluster, until it ends. */
  watch(connection: Redis, primary: Redis): void {
    this.#timeouts.set(connection, this.#timeouts.get(primary) ?? Infinity);
    this.#beside.add(connection);
    connection.once('end', () => this.#beside.delete(connection));
  }

  /** Whether a node went silent while others talk, so that it is no use asking it. */
  isSilent(host: string, port: number): boolean {
    const silent = this.#silent();
    const ofCluster = silent.filter((node) => !this.#beside.has(node));
    return silent.some(({ options }) => options.host === host && options.port === port) && ofCluster.length < this.#cluster().nodes().length;
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
    this.#silences = new Map([...this.#cluster().nodes(), ...this.#beside].filter(waits).map((node) => {
      const before = this.#silences.get(node);
      const bytesRead = isConnecting(node) ? 0 : node.stream.bytesRead;
      const looks = before?.bytesRead === bytesRead ? before.looks + 1 : 0;
      return [node, { bytesRead, looks, blocks: Math.ceil(blockingTimeOf(node) / LOOK_MS) }];
    }));
    if (this.#round % ASK_BLOCKING_EVERY === 0) {
      void this.#askForBlocking();
    }
    const silent = this.#silent();
    if (silent.length === 0) {
      this.#primaries = undefined;
      return;
    }
    silent.filter(({ options }) => options.readOnly).forEach(avoid);
    this.#giveUp(silent);
    void this.#ask(silent, this.#round % REFRESH_EVERY === 0);
    // Once more before the next look: the question costs little, and as long as nobody takes over, commands wait.
    this.#again = setTimeout(() => void this.#ask(this.#silent(), false), LOOK_MS / 2).unref();
  }

  #silent(): Redis[] {
    return [...this.#silences]
      .filter(([node, { looks, blocks }]) => looks - blocks >= (isConnecting(node) ? SILENT_LOOKS.opening : SILENT_LOOKS.open))
      .map(([node]) => node);
  }

  /** Gives up what was silent for too long. */
  #giveUp(silent: readonly Redis[]): void {
    for (const node of silent) {
      const timeout = this.#timeouts.get(node) ?? Infinity;
      // One that connects has a time limit of its own.
      const { looks, blocks } = this.#silences.get(node)!;
      if (!isConnecting(node) && (looks - blocks) * LOOK_MS >= timeout) {
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

  async #askForBlocking(): Promise<void> {
    const blocking = [...this.#silences].filter(([, { looks, blocks }]) => blocks > 0 && looks >= ASK_BLOCKING_EVERY).map(([node]) => node);
    if (blocking.length === 0) {
      return;
    }
    const cluster = this.#cluster();
    const asked = anyToAsk(cluster);
    if (!asked) {
      // Of the nodes, only those are connected that had to do something.
      cluster.nodes().find(({ status }) => status === 'wait')?.connect().catch(() => undefined);
    } else if (!await asked.cluster('SLOTS').then((reply) => isKnown(cluster, reply as unknown as SlotsReply), () => true)) {
      this.#refresh(blocking);
    }
  }

  #refresh(silent: readonly Redis[]): void {
    const before = silent.map((node) => ({ node, readOnly: node.options.readOnly }));
    this.#cluster().refreshSlotsCache(() => {
      const nodes = this.#cluster().nodes();
      for (const { node, readOnly } of before) {
        const { host, port } = node.options;
        const now = this.#beside.has(node) ? nodeOf(this.#cluster(), `${host}:${port}`) : node;
        if (!now || !nodes.includes(now) || now.options.readOnly !== readOnly) {
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

/** Whether a node owes a reply, or a connection to commands that wait for it. */
function waits(node: Redis): boolean {
  const { offlineQueue, commandQueue } = nodeInternals(node);
  return isConnecting(node) ? !offlineQueue.isEmpty() : (node.status === 'ready' || node.status === 'connect') && !commandQueue.isEmpty();
}

/** How long the command that comes first may keep a node from answering, in milliseconds. */
function blockingTimeOf(node: Redis): number {
  const first = isConnecting(node) ? undefined : nodeInternals(node).commandQueue.peekFront();
  return first ? blockingTime(first.command) : 0;
}
