import type { Cluster } from 'ioredis';

/** Commands that are given to a client all the time, whatever happens to its cluster. */
export interface Traffic {
  /** The errors that callers got. */
  readonly errors: Error[];
  /** How many commands were answered. */
  readonly answered: number;
  /** How many commands there were for each key. */
  readonly rounds: number;
  /** When the first command to a key was answered after a time. */
  answeredAfter(key: string, time: number): number | undefined;
  /** The longest that a command to one of the keys took, in milliseconds. */
  slowest(keys: readonly string[]): number;
  /** Ends it; the result is how many commands are still not answered after a time. */
  stop(): Promise<number>;
}

export interface TrafficOptions {
  readonly keys: readonly string[];
  /** The time between two commands to a key, in milliseconds. */
  readonly interval?: number;
  readonly use?: (db: Cluster, key: string, n: number) => Promise<unknown>;
}

const STOP_MS = 25_000;

/** Starts with the commands at once. */
export function traffic(db: Cluster, { keys, interval = 20, use = (client, key, n) => client.set(key, n) }: TrafficOptions): Traffic {
  const errors: Error[] = [];
  const answers: { key: string; at: number; took: number }[] = [];
  const pending = new Set<Promise<unknown>>();
  let n = 0;
  const send = () => {
    n += 1;
    for (const key of keys) {
      const start = performance.now();
      const command = use(db, key, n)
        .then(() => void answers.push({ key, at: performance.now(), took: performance.now() - start }), (error: Error) => void errors.push(error))
        .finally(() => pending.delete(command));
      pending.add(command);
    }
  };
  const timer = setInterval(send, interval);
  send();
  return {
    errors,
    get answered() {
      return answers.length;
    },
    get rounds() {
      return n;
    },
    answeredAfter: (key, time) => answers.find((answer) => answer.key === key && answer.at > time)?.at,
    slowest: (wanted) => Math.max(0, ...answers.filter(({ key }) => wanted.includes(key)).map(({ took }) => took)),
    async stop() {
      clearInterval(timer);
      await Promise.race([Promise.allSettled(pending), new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
      return pending.size;
    },
  };
}
