import { types } from 'node:util';

/** What something is, for a message that must not show it. */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1).toLowerCase();
}

/**
 * A key or a value as it is sent. ioredis would make a text of anything else: `[object Object]`, and of the bytes of a Uint8Array the text `1,2,3`.
 *
 * @param what - for the message, which may not show a value; called only for that, as there may be thousands of keys
 * @throws TypeError for what is neither text nor a number nor bytes
 */
export function textOrBytes(value: unknown, what = () => 'a key'): string | Buffer {
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    return value;
  }
  if (typeof value === 'number') {
    return String(value);
  }
  if (types.isUint8Array(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  }
  throw new TypeError(`${what()} must be text, a number or bytes, got ${kindOf(value)}`);
}
