import type { RedisKey } from 'ioredis';
import { crc16 } from './crc16';
import { SLOTS } from './slots';
import { kindOf, textOrBytes } from './text-or-bytes';

/**
 * A key in the slot of a tag: `hashTag('main', 'account', 7)` is `{main}:account:7`.
 *
 * All keys with the same tag are in one slot, so one transaction, script or command can work on them together; and one shard holds them
 * all, so a tag should stand for something that stays small: a customer or a ledger, not the application.
 *
 * @param tag - what the keys have in common: not empty, and without `}`, which would end it early
 * @param parts - the rest of the key, joined by colons
 * @throws TypeError for such a tag, and for a part that is neither a string nor a number
 */
export function hashTag(tag: string | number, ...parts: (string | number)[]): string {
  for (const part of [tag, ...parts]) {
    if (typeof part !== 'string' && !(typeof part === 'number' && !Number.isNaN(part))) {
      throw new TypeError(`the tag and the parts of a key must be strings or numbers, got ${typeof part === 'number' ? 'NaN' : kindOf(part)}`);
    }
  }
  const text = String(tag);
  if (text === '' || text.includes('}')) {
    throw new TypeError(`a tag must not be empty and must not contain "}", got ${JSON.stringify(text)}`);
  }
  return [`{${text}}`, ...parts].join(':');
}

/**
 * The slot of a key, from 0 to 16383: what the server answers to `CLUSTER KEYSLOT`.
 *
 * ioredis differs for a key that starts a tag with `{}` or is not well-formed Unicode: it sends such a key to a node that redirects it.
 *
 * @throws TypeError for what is neither text nor bytes, nor a number, which is taken as text
 */
export function slotOf(key: RedisKey): number {
  const sent = textOrBytes(key);
  const open = sent.indexOf('{');
  const close = open < 0 ? -1 : sent.indexOf('}', open);
  return crc16(close > open + 1 ? partOf(sent, open + 1, close) : sent) % SLOTS;
}

/** Whether keys are in one slot, so that a command, script or transaction can work on all of them. */
export function sameSlot(...keys: RedisKey[]): boolean {
  return keys.every((key) => slotOf(key) === slotOf(keys[0]));
}

function partOf(key: RedisKey, start: number, end: number): RedisKey {
  return typeof key === 'string' ? key.slice(start, end) : key.subarray(start, end);
}
