import type { Cluster, Command, Redis } from 'ioredis';
import { clusterInternals, commandInternals } from './internals';
import type { QueueItem } from './internals';

/** How ioredis answers an error of a command or pipeline. */
type Handlers = Parameters<Cluster['handleError']>[2];

/**
 * Keeps commands for the same key in their order when they are tried again.
 *
 * ioredis gives each of them to a random node, which sends it on: two of one pipeline overtake each other. Here, they go to the node that serves their slot
 * as far as the client knows. ioredis also looks for a node by the name that another one gives it, although that may be mapped (`natMap`), and gives commands to a
 * random one if there is none of that name.
 */
export class Routing {
  readonly #cluster: Cluster;
  readonly #send: (command: Command) => void;
  /** Whether ioredis is about to choose a node, for a command that is tried again or for one that is on its way to the node of its slot. */
  #chooses?: 'again' | 'unknown';

  /** @param send - gives a command to the cluster as if it were new */
  constructor(cluster: Cluster, send: (command: Command) => void) {
    this.#cluster = cluster;
    this.#send = send;
    const { connectionPool } = clusterInternals(cluster);
    const { getSampleInstance: sample } = connectionPool;
    connectionPool.getSampleInstance = (role) => {
      if (this.#chooses === undefined) {
        return sample.call(connectionPool, role);
      }
      // The same one for all, which a node that is not known does not part.
      const [node] = Object.values(connectionPool.nodes[role]);
      return node && this.#chooses === 'again' ? this.#router(node) : node;
    };
  }

  /** What a command or pipeline is tried again with. */
  of(handlers: Handlers): Handlers {
    const again = (retry: () => void) => () => this.#choosing('again', retry);
    return {
      ...handlers,
      moved: (slot: number, node: string) => {
        this.#part(slot);
        this.#mapped(node, (key) => handlers.moved(slot, key));
      },
      ask: (slot: number, node: string) => this.#mapped(node, (key) => handlers.ask(slot, key)),
      tryagain: again(handlers.tryagain),
      clusterDown: again(handlers.clusterDown),
      connectionClosed: again(handlers.connectionClosed),
    };
  }

  /** Has a command go to the same node as others of its slot, also while the client knows none for that. Without a key, there is no order to keep. */
  keeping(command: Command, send: () => void): void {
    this.#choosing(commandInternals(command).getSlot() === null ? undefined : 'unknown', send);
  }

  /** Stands for a node, until it is clear which command is for it. */
  #router(node: Redis): Redis {
    const sendCommand = (command: Command, stream: QueueItem['stream']) => {
      if (stream) {
        return node.sendCommand(command, stream as never);
      }
      this.keeping(command, () => this.#send(command));
      return command.promise;
    };
    return Object.create(node, { sendCommand: { value: sendCommand }, status: { value: 'ready' } }) as Redis;
  }

  /** All slots of a range have the same list of nodes, in which ioredis notes the new one: the others have not moved. */
  #part(slot: number): void {
    const { slots } = this.#cluster;
    if (slots[slot]) {
      slots[slot] = [...slots[slot]];
    }
  }

  #choosing(what: 'again' | 'unknown' | undefined, work: () => void): void {
    const before = this.#chooses;
    this.#chooses = what;
    try {
      work();
    } finally {
      this.#chooses = before;
    }
  }

  /** ioredis maps a name only for the connection that it opens. */
  #mapped(node: string, work: (key: string) => void): void {
    const cluster = this.#cluster;
    if (!cluster.options.natMap) {
      work(node);
      return;
    }
    const internals = clusterInternals(cluster);
    const mapped = internals.natMapper(node);
    // It would be mapped once more.
    internals.natMapper = () => mapped;
    try {
      work(`${mapped.host}:${mapped.port}`);
    } finally {
      delete (internals as Partial<typeof internals>).natMapper;
    }
  }
}
