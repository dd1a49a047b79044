import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, hashTag, sameSlot, slotOf } from '../../src/client';

let users: Users;
let db: ReturnType<typeof connect>;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = connect({ connection: users.connection(), deadline: 10_000 });
});

afterAll(async () => {
  await (db && close(db));
  await users?.local.stop();
});

/** What the server says. */
const keySlot = (key: string | Buffer) => db.cluster('KEYSLOT', key as string);

const braces = fc.string({ unit: fc.constantFrom('{', '}', 'a', 'é', '\u{1f511}', '\ud83d'), maxLength: 12 });
const keys = fc.oneof(braces, fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));

test('the slot of a key is the one that the server computes', async () => {
  expect(slotOf('123456789')).toBe(0x31c3);
  for (const key of ['', '{}', '{}a}', '{a', 'a}', '{{a}}', '{a}{b}', 'é{é}', '\ud83d']) {
    expect([key, slotOf(key)]).toEqual([key, await keySlot(key)]);
  }
  await fc.assert(fc.asyncProperty(fc.array(keys, { minLength: 1, maxLength: 100 }), async (some) => {
    expect(some.map(slotOf)).toEqual(await Promise.all(some.map(keySlot)));
  }), { numRuns: 50 });
});

test('every key of a tag is in the slot of the tag', async () => {
  expect(hashTag('main')).toBe('{main}');
  expect(hashTag('main', 'account', 7)).toBe('{main}:account:7');
  expect(hashTag(7, 'x')).toBe('{7}:x');
  const tags = fc.string({ unit: fc.constantFrom('{', 'a', ':', 'é'), minLength: 1 });
  await fc.assert(fc.asyncProperty(tags, fc.array(fc.oneof(braces, fc.integer())), async (tag, parts) => {
    const key = hashTag(tag, ...parts);
    expect(await keySlot(key)).toBe(slotOf(`{${tag}}`));
    expect(sameSlot(key, hashTag(tag), Buffer.from(key))).toBe(true);
  }), { numRuns: 50 });
});

test('fails on a tag that would not be one, and on a part that is missing', () => {
  expect(() => hashTag('')).toThrow(/^a tag must not be empty and must not contain "}", got ""$/);
  expect(() => hashTag('a}b')).toThrow(/got "a}b"$/);
  expect(() => hashTag('main', undefined as never)).toThrow(/^the tag and the parts of a key must be strings or numbers, got undefined$/);
  expect(() => hashTag('main', null as never)).toThrow(/got null$/);
  expect(() => hashTag(undefined as never)).toThrow(TypeError);
  expect(() => hashTag(NaN)).toThrow(/got NaN$/);
  expect(() => hashTag('main', Number('x'))).toThrow(/got NaN$/);
});

test('a key is text, bytes or a number, and nothing else has a slot', () => {
  expect(slotOf(new Uint8Array([123, 97, 125, 49]) as Buffer)).toBe(slotOf('a'));
  expect(slotOf(7 as never)).toBe(slotOf('7'));
  for (const [key, kind] of [[undefined, 'undefined'], [null, 'null'], [[], 'array'], [{}, 'object'], [true, 'boolean']]) {
    expect(() => slotOf(key as never)).toThrow(new TypeError(`a key must be text, a number or bytes, got ${kind}`));
  }
  expect(() => sameSlot(['a', 'b'] as never)).toThrow('a key must be text, a number or bytes, got array');
});

test('keys of several slots are told apart', () => {
  expect(sameSlot()).toBe(true);
  expect(sameSlot('a')).toBe(true);
  expect(sameSlot('{a}1', '{a}2', 'a')).toBe(true);
  expect(sameSlot('{a}1', '{a}2', 'b')).toBe(false);
});
