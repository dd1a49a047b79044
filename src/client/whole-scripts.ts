import type { Command } from 'ioredis';

const whole = new WeakSet<Command>();

/**
 * Has a script that was defined by name sent with its text, although the server may know it.
 *
 * ioredis takes a script for known once its text was written to a connection, also when the server has refused that, or forgotten it since. Of a single command it
 * sends the text then. In a pipeline that would be executed after all others, and in a transaction without it.
 */
export function sendWithText(command: Command): void {
  writeFor(command, () => ({}));
}

/** Has the scripts of one transaction sent with their text the first time each, and by their sum after that: what refuses one of its commands refuses all of them. */
export class WholeScripts {
  /** By connection, what stands for it: one that has not seen a script yet. */
  #connections = new WeakMap<object, object>();

  add(command: Command): void {
    writeFor(command, (connection) => {
      const known = this.#connections.get(connection) ?? {};
      this.#connections.set(connection, known);
      return known;
    });
  }

  /** Everything is sent once more, since it was refused. */
  beginAnew(): void {
    this.#connections = new WeakMap();
  }
}

/** @param standIn - what ioredis is to take for the connection, to which it notes what it has written */
function writeFor(command: Command, standIn: (connection: object) => object): void {
  if (whole.has(command) || !/^eval(sha)?$/.test(command.name)) {
    return;
  }
  whole.add(command);
  const { toWritable } = command;
  command.toWritable = (connection: object) => toWritable.call(command, standIn(connection));
}
