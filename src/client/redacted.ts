import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A password that does not show itself: `util.inspect` and `JSON.stringify` give `[redacted]`.
 *
 * `String(password)` is the password.
 */
export class Password {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** A password handed to ioredis once and replaced in place for as long as the client lives. */
export interface LivePassword {
  /** What ioredis gets as its `password` option. */
  readonly bytes: Buffer;
  /** Replaces the password for every handshake to come. */
  set(password: string): void;
}

/** Far more than the longest signed token. The memory is reserved, not used. */
const MAX_BYTES = 65_536;

/** Node 20 has resizable buffers, the ES2022 typings do not. */
type ResizableArrayBuffer = ArrayBuffer & { resize(byteLength: number): void };
const ResizableArrayBuffer = ArrayBuffer as unknown as new (byteLength: number, options: { maxByteLength: number }) => ResizableArrayBuffer;

const redactingBuffer: object = Object.create(Buffer.prototype, {
  toJSON: { value: () => REDACTED },
  [inspect.custom]: { value: () => REDACTED },
});

/**
 * Every connection of ioredis keeps the `password` it was created with, copies it to the connections derived from it (slot refresh,
 * subscriber) and turns anything but a Buffer into a plain string inside the command that carries it: visible in `error.command.args`,
 * in `util.inspect` and in its debug log. A Buffer stays the same object all the way, so one that is resized in place is current
 * everywhere, and one that redacts itself is redacted everywhere.
 */
export function livePassword(): LivePassword {
  const memory = new ResizableArrayBuffer(0, { maxByteLength: MAX_BYTES });
  const bytes = Object.setPrototypeOf(new Uint8Array(memory), redactingBuffer) as Buffer;
  return {
    bytes,
    set(password: string) {
      const text = Buffer.from(password);
      memory.resize(text.length);
      bytes.set(text);
    },
  };
}
