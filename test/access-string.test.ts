import { Lazy, Token } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { AccessString } from '../src';
import type { AccessStringOptions } from '../src';
import { newStack } from './support/synth';

const CLIENT = '+info +readonly +cluster|info +cluster|slots';

describe('text', () => {
  test.each<[string, AccessStringOptions, string]>([
    ['nothing but what a client needs', {}, `on -@all ${CLIENT}`],
    ['nothing at all', { client: false }, 'on -@all'],
    ['a disabled user', { enabled: false, client: false }, 'off -@all'],
    ['sorted keys without repetition', { keys: ['b', 'a', 'b'], client: false }, 'on ~a ~b -@all'],
    ['all keys, beside which others say nothing', { keys: ['a', '*'], readKeys: ['b'], client: false }, 'on ~* -@all'],
    ['keys by direction', { keys: ['k'], readKeys: ['r'], writeKeys: ['w'], client: false }, 'on ~k %R~r %W~w -@all'],
    ['a key for both directions', { readKeys: ['x', 'r'], writeKeys: ['x'], client: false }, 'on ~x %R~r -@all'],
    ['all keys, to be read only', { readKeys: ['*'], client: false }, 'on %R~* -@all'],
    ['channels', { channels: ['b', 'a'], client: false }, 'on &a &b -@all'],
    ['all channels', { channels: ['a', '*'], client: false }, 'on &* -@all'],
    ['categories with and without their sign', { categories: ['@write', 'READ'], client: false }, 'on -@all +@read +@write'],
    ['all categories', { categories: ['read', 'all'] }, 'on +@all'],
    ['all but some categories', { categories: ['all'], denyCategories: ['dangerous'] }, `on +@all -@dangerous ${CLIENT}`],
    [
      'commands after categories and subcommands after commands',
      { categories: ['read'], denyCategories: ['slow'], commands: ['config|get', 'GET'], denyCommands: ['config', 'object|help'], client: false },
      'on -@all +@read -@slow +get -config +config|get -object|help',
    ],
    ['client commands once', { commands: ['info', 'cluster|slots'] }, `on -@all ${CLIENT}`],
    ['no client command that is denied', { denyCommands: ['INFO', 'cluster'] }, 'on -@all +readonly -cluster -info'],
    ['a single client command denied', { denyCommands: ['cluster|info'] }, 'on -@all +info +readonly +cluster|slots -cluster|info'],
  ])('of %s', (_, options, text) => {
    expect(AccessString.of(options).toString()).toBe(text);
  });

  test('does not depend on the order of anything', () => {
    const options = { keys: ['a', 'b'], channels: ['c', 'd'], categories: ['read', 'write'], commands: ['eval', 'info'], denyCommands: ['keys', 'sort'] };
    const reversed = Object.fromEntries(Object.entries(options).map(([name, values]) => [name, [...values].reverse()]));
    expect(AccessString.of(reversed).toString()).toBe(AccessString.of(options).toString());
  });

  test('of readOnly', () => {
    expect(AccessString.readOnly('b:*', 'a:*').toString()).toBe(`on ~a:* ~b:* -@all +@connection +@read -@admin -@dangerous ${CLIENT}`);
  });

  test('of readWrite', () => {
    expect(AccessString.readWrite('*').toString()).toBe(
      `on ~* -@all +@connection +@read +@transaction +@write -@admin -@dangerous -@scripting ${CLIENT}`,
    );
  });

  test('of fullAccess', () => {
    expect(AccessString.fullAccess().toString()).toBe('on ~* &* +@all');
  });

  test('needs no rule of engine 7 unless directions or subcommands are asked for', () => {
    const text = AccessString.of({ keys: ['a'], channels: ['b'], categories: ['read'], commands: ['get'], denyCommands: ['keys'], client: false }).toString();
    expect(text).not.toMatch(/%|\(|\|/);
  });
});

describe('tokens', () => {
  test('come after literal patterns, in the order given', () => {
    const stack = newStack();
    const [first, second] = ['one:*', 'two:*'].map((text) => Lazy.string({ produce: () => text }));
    const text = AccessString.of({ keys: [second, first, 'z', 'a'], client: false }).toString();
    expect(stack.resolve(text)).toBe('on ~a ~z ~two:* ~one:* -@all');
  });

  test('are taken as they are for commands and categories', () => {
    const stack = newStack();
    const lazy = (text: string) => Lazy.string({ produce: () => text });
    const text = AccessString.of({ commands: [lazy('get')], denyCommands: [lazy('keys')], categories: [lazy('read')], client: false }).toString();
    expect(stack.resolve(text)).toBe('on -@all +@read +get -keys');
  });

  test.each([
    ['the whole text', '${rules}', { Ref: 'Rules' }],
    ['a rule', 'on ${rules} +@all', { 'Fn::Join': ['', ['on ', { Ref: 'Rules' }, ' +@all']] }],
    ['a part of a rule', 'on  ~${rules}:* +@all', { 'Fn::Join': ['', ['on ~', { Ref: 'Rules' }, ':* +@all']] }],
    ['what may have the state', '${rules} +@all', { 'Fn::Join': ['', [{ Ref: 'Rules' }, ' +@all']] }],
  ])('are not looked into by raw when they are %s', (_, text, resolved) => {
    const rules = AccessString.raw(text.replace('${rules}', Token.asString({ Ref: 'Rules' })));
    expect(newStack().resolve(rules.toString())).toEqual(resolved);
  });

  test.each([
    ['on ~${rules} +@all >correct-horse-battery', 'must not set or reset passwords, but has ">..."'],
    ['on >${rules} +@all', 'must not set or reset passwords, but has ">..."'],
    ['on ${rules} nopass', 'must not set or reset passwords, but has "nopass"'],
    ['~${rules} +@all', "must have 'on' or 'off'"],
  ])('do not hide the rest of %j from raw', (text, message) => {
    expect(() => AccessString.raw(text.replace('${rules}', Token.asString({ Ref: 'Rules' })))).toThrow(message);
  });
});

describe('raw', () => {
  test.each([
    ['on ~* +@all', 'on ~* +@all'],
    ['  off   ~a\t+get\n', 'off ~a +get'],
    ['ON ~a +GET', 'ON ~a +GET'],
    ['on ~a +get (~b +set)', 'on ~a +get (~b +set)'],
    ['on ~(a) ~b(reset) +get', 'on ~(a) ~b(reset) +get'],
    ['on ~a +newcategory +@vectors', 'on ~a +newcategory +@vectors'],
  ])('takes %j', (text, taken) => {
    expect(AccessString.raw(text).toString()).toBe(taken);
  });

  test.each(['on >secretsecretsecret', 'on <secretsecretsecret', 'on #0123abcd', 'on !0123abcd', 'on nopass', 'on NoPass', 'on resetpass', 'reset on',
    'on (>secretsecretsecret ~* +@all)', 'on ~a (~b >secretsecretsecret)', 'on (~b +get nopass)', 'on (resetpass ~b)'])(
    'fails for %j, which sets a password, without showing it', (text) => {
      expect(() => AccessString.raw(text)).toThrow(/^an access string must not set or reset passwords, but has "(?:[<>#!]\.\.\.|\w+)"; remove it/);
    });

  test.each(['~* +@all', '', '~* +@all (on)', '~* (on ~a) +get', '(~a on +get)'])('fails for %j, which says neither on nor off for the user', (text) => {
    expect(() => AccessString.raw(text)).toThrow("an access string must have 'on' or 'off', since a user without either cannot sign in");
  });
});
