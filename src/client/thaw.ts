import type { Cluster, Redis } from 'ioredis';
import { after } from './deadline';
import { timedOut } from './dial';
import { subscribers } from './internals';
import { isInTransaction } from './open-transactions';

/** How long a connection may take to show that it survived, in milliseconds. */
const SIGN_OF_LIFE_MS = 500;

/**
 * Holds commands back after the process was frozen, until it is known which connections are still there: one that died silently would take
 * a command with it, and leave it in doubt. No command waits for connections for subscriptions, which show by then as well whether they are there.
 */
export class Thaw {
  readonly #cluster: Cluster;
  #held?: (() => void)[];
  /** Connections for subscriptions that have not answered yet. */
  readonly #asked = new WeakSet<Redis>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Whether a command has to wait. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  hold(send: () => void): void {
    this.#held?.push(send);
  }

  /** Asks every connection for subscriptions, and every other one that owes no reply, for a sign of life, and gives up those that give none. */
  begin(): void {
    const unasked = subscribers(this.#cluster).filter((connection) => connection.status === 'ready' && !this.#asked.has(connection));
    unasked.forEach((connection) => void this.#askOnce(connection));
    const idle = this.#cluster.nodes().filter((node) => node.status === 'ready' && node.commandQueue.isEmpty() && !isInTransaction(node));
    if (idle.length > 0 && !this.#held) {
      this.#held = [];
      void Promise.all(idle.map(signOfLife)).then(() => this.#end());
    }
  }

  async #askOnce(connection: Redis): Promise<void> {
    this.#asked.add(connection);
    await signOfLife(connection);
    this.#asked.delete(connection);
  }

  #end(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    held.forEach((send) => send());
  }
}

/** Ends with a reply, or with the connection: what is sent after that finds another one. */
function signOfLife(node: Redis): Promise<void> {
  return new Promise((resolve) => {
    const { options: { host, port }, stream } = node;
    let stop = () => {};
    const end = () => {
      stop();
      stream.off('close', end);
      resolve();
    };
    /** Once what was written is on its way, and what has come by then is read: a process that is busy finds a time over before that. */
    const soon = (callback: () => void) => {
      const next = setImmediate(callback);
      stop = () => clearImmediate(next);
    };
    // The reply comes after all messages that came meanwhile, and what reads them may take its time.
    const wait = () => {
      const { bytesRead } = stream;
      stop = after(SIGN_OF_LIFE_MS, () => soon(() => {
        if (stream.bytesRead > bytesRead) {
          wait();
        } else {
          stream.destroy(timedOut(`${host}:${port} did not answer after the process was frozen`));
        }
      }));
    };
    soon(wait);
    stream.once('close', end);
    // A refusal is a sign, too.
    node.ping().then(end, end);
  });
}
