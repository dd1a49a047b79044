import type { Command } from 'ioredis';

/** Commands whose callers were told that they failed. */
export class Abandoned {
  readonly #commands = new WeakSet<Command>();
  #any = false;

  add(command: Command): void {
    this.#any = true;
    this.#commands.add(command);
  }

  /** Cheap for as long as there is none, since every command is asked about several times. */
  has(command: Command): boolean {
    return this.#any && this.#commands.has(command);
  }
}
