import type { Command } from 'ioredis';

const whole = new WeakSet<Command>();

/**
 * Has the scripts of one pipeline that were defined by name sent with their text, although the server may know them: the first time each on a connection,
 * by their sum after that.
 *
 * ioredis takes a script for known once its text was written to a connection, also when the server has refused that, or forgotten it since. Of a single command it
 * sends the text then. In a pipeline that would be executed after all others, and in a transaction without it.
 */
export class WholeScripts {
  /** By connection, what stands for it: one that has not seen a script yet. */
  #connections = new WeakMap<object, object>();

  add(command: Command): void {
    if (whole.has(command) || !/^eval(sha)?$/.test(command.name)) {
      return;
    }
    whole.add(command);
    const { toWritable } = command;
    command.toWritable = (connection: object) => {
      const known = this.#connections.get(connection) ?? {};
      this.#connections.set(connection, known);
      return toWritable.call(command, known);
    };
  }

  /** Everything is sent once more, since it was refused. */
  beginAnew(): void {
    this.#connections = new WeakMap();
  }
}
