import type { Command } from 'ioredis';
import { keysOf } from './repeatable';

/**
 * Sends commands that go by themselves from now on so that those for the same key are executed in their order: each when those before it are done. What is on its
 * way together may be refused one by one, when a node has just learned that it is the one, and be tried again behind the others.
 */
export class InOrder {
  readonly #latest = new Map<string, Promise<unknown>>();

  /** @param send - called at once or when the commands before this one for the same keys are done; told whether there are none */
  add(command: Command, send: (isFirst: boolean) => void): void {
    const keys = keysOf(command);
    const before = new Set(keys.flatMap((key) => this.#latest.get(key) ?? []));
    const done = command.promise.catch(() => undefined);
    keys.forEach((key) => this.#latest.set(key, done));
    if (before.size === 0) {
      send(true);
    } else {
      void Promise.all(before).then(() => send(false));
    }
  }
}
