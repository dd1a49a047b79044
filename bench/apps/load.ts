import { CLIENTS } from '../clients';
import type { ClientName } from '../clients';
import type { BenchClient, Target } from '../clients/client';
import { serve } from '../worker';

/** What is done. */
export type Operation = 'get' | 'mget' | 'set';

/** Spread over all slots. */
const KEYS = Array.from({ length: 1_000 }, (_, i) => `key-${i}`);

const VALUE = 'x'.repeat(100);

let client: BenchClient;

const methods = {
  async open(name: ClientName, target: Target): Promise<void> {
    client = await CLIENTS[name](target);
    await Promise.all(KEYS.map((key) => client.set(key, VALUE)));
  },

  /** @returns operations per second, each of which waits for the one before it among those that are under way at once */
  async measure(operation: Operation, concurrency: number, milliseconds: number): Promise<number> {
    let running = true;
    let count = 0;
    const once = {
      get: () => client.get(KEYS[count % KEYS.length]),
      mget: () => client.mget(KEYS),
      set: () => client.set(KEYS[count % KEYS.length], VALUE),
    }[operation];
    setTimeout(() => (running = false), milliseconds);
    const start = performance.now();
    await Promise.all(Array.from({ length: concurrency }, async () => {
      while (running) {
        await once();
        count += 1;
      }
    }));
    return count / (performance.now() - start) * 1_000;
  },

  close: () => client.close(),
};

export type LoadMethods = typeof methods;

serve(methods);
