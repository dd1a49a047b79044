import { CLIENTS } from '../clients';
import type { ClientName } from '../clients';
import type { BenchClient, Target } from '../clients/client';
import { serve } from '../worker';

/** What is done. */
export type Operation = 'get' | 'mget' | 'set';

/** How fast a client was. */
export interface Speed {
  /** Operations per second. */
  readonly perSecond: number;
  /** How long the processor was busy in the process of the client per operation, in microseconds. */
  readonly processorTime: number;
}

/** Spread over all slots. */
const KEYS = Array.from({ length: 1_000 }, (_, i) => `key-${i}`);

const VALUE = 'x'.repeat(100);

let client: BenchClient;

const methods = {
  async open(name: ClientName, target: Target): Promise<void> {
    client = await CLIENTS[name](target);
    await Promise.all(KEYS.map((key) => client.set(key, VALUE)));
  },

  /**
   * Keeps a number of operations under way, the next one whenever one is done.
   *
   * @param runUp - for how long that goes on before it is measured, in milliseconds
   */
  async measure(operation: Operation, concurrency: number, runUp: number, milliseconds: number): Promise<Speed> {
    let running = true;
    let count = 0;
    const once = {
      get: () => client.get(KEYS[count % KEYS.length]),
      mget: () => client.mget(KEYS),
      set: () => client.set(KEYS[count % KEYS.length], VALUE),
    }[operation];
    let start = 0;
    let usage = process.cpuUsage();
    setTimeout(() => {
      count = 0;
      start = performance.now();
      usage = process.cpuUsage();
      setTimeout(() => (running = false), milliseconds);
    }, runUp);
    await Promise.all(Array.from({ length: concurrency }, async () => {
      while (running) {
        await once();
        count += 1;
      }
    }));
    const { user, system } = process.cpuUsage(usage);
    return { perSecond: count / (performance.now() - start) * 1_000, processorTime: (user + system) / count };
  },

  close: () => client.close(),
};

export type LoadMethods = typeof methods;

serve(methods);
