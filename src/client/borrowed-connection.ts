import type { Callback, Cluster, Redis } from 'ioredis';
import { after } from './deadline';
import { closed } from './failure';
import { anyToAsk } from './nodes-to-ask';
import { inNumbers } from './slots-watch';
import type { SlotsReply } from './slots-watch';

/** How long a node may take to answer over a connection that is there, in milliseconds, before one is opened. */
const ANSWER_MS = 500;

/**
 * One refresh in so many opens a connection, to any of the nodes, while one follows the other: those that the client is connected to may know
 * less than the others.
 */
const OPEN_EVERY = 3;

/** Without a refresh for this long, in milliseconds, the next one is the first. */
const CALM_MS = 1_000;

/** The states of a client that needs no slots any more. */
const ENDED: readonly Cluster['status'][] = ['disconnecting', 'close', 'end'];

/** What ioredis uses of the connection that it opens for a refresh of the slots. */
type Refresher = Pick<Redis, 'cluster' | 'disconnect' | 'on'>;
type Ask = (what: 'SLOTS', callback: Callback<unknown>) => unknown;

/**
 * Lets refreshes of the slots ask over a connection that is there, where ioredis opens one for each: to many clients that look for the same
 * new primary, that is a handshake and a sign-in each, several times in a second, when the servers have other work.
 */
export class BorrowedConnections {
  readonly #cluster: () => Cluster;
  readonly #isSilent: (host: string, port: number) => boolean;
  /** End what has no answer yet. */
  readonly #asked = new Set<() => void>();
  #refreshes = 0;
  #last = -Infinity;

  /** @param cluster - may not be there yet */
  constructor(cluster: () => Cluster, isSilent: (host: string, port: number) => boolean) {
    this.#cluster = cluster;
    this.#isSilent = isSilent;
  }

  /** Has the next refresh open a connection. */
  openNext(): void {
    this.#refreshes = OPEN_EVERY - 1;
    this.#last = performance.now();
  }

  /**
   * What a refresh asks.
   *
   * @param open - opens a connection
   */
  toAsk(open: () => Redis): Redis {
    const node = this.#toBorrow();
    const asked: Refresher = node ? borrow(node, open, () => ENDED.includes(this.#cluster().status)) : open();
    const { cluster: ask, disconnect } = asked;
    let end = () => {};
    (asked.cluster as Ask) = (what, callback) => {
      end = () => callback(closed());
      this.#asked.add(end);
      return (ask as Ask).call(asked, what, callback);
    };
    // Which is what ioredis does with every answer, and without one in the end.
    asked.disconnect = () => {
      this.#asked.delete(end);
      disconnect.call(asked);
    };
    return asked as Redis;
  }

  /**
   * Ends all refreshes of a client that has lost its nodes. ioredis would go on with the same nodes: a client that has ended would wait for that, and one that
   * connects again would not ask its endpoint before.
   */
  stop(): void {
    this.#asked.forEach((end) => end());
  }

  #toBorrow(): Redis | undefined {
    const now = performance.now();
    this.#refreshes = now - this.#last < CALM_MS ? this.#refreshes + 1 : 1;
    this.#last = now;
    return this.#refreshes % OPEN_EVERY === 0 ? undefined : anyToAsk(this.#cluster(), ({ options: { host, port } }) => !this.#isSilent(host!, port!));
  }
}

function borrow(node: Redis, open: () => Redis, hasEnded: () => boolean): Refresher {
  let isOver = false;
  let opened: Redis | undefined;
  let stop = () => {};
  const refresher = {
    on: () => refresher,
    disconnect: () => {
      isOver = true;
      opened?.disconnect();
      stop();
    },
    cluster: (what: 'SLOTS', callback: Callback<unknown>) => {
      const openInstead = () => {
        stop();
        if (isOver || opened) {
          return;
        }
        if (hasEnded()) {
          callback(closed());
        } else {
          opened = open();
          opened.on('error', () => undefined);
          (opened.cluster as Ask)(what, callback);
        }
      };
      stop = after(ANSWER_MS, openInstead);
      node.cluster(what).then((reply) => {
        stop();
        if (!isOver && !opened) {
          callback(null, inNumbers(reply as unknown as SlotsReply));
        }
      }, openInstead);
    },
  };
  return refresher as unknown as Refresher;
}
