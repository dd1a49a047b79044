import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccessString } from '../src';
import type { AccessStringOptions } from '../src';
import { AclServer } from './support/acl-server';
import { ENGINE_CATEGORIES } from '../src/private/categories';

let server: AclServer;

beforeAll(async () => {
  server = await AclServer.start();
});

afterAll(() => server?.stop());

/** What an ioredis cluster client calls to come up. */
const CLIENT_COMMANDS = ['cluster|slots', 'cluster|info', 'readonly', 'info'];

const LITERALS = ['a', 'b', 'c', ':'];

/** Glob patterns of characters that need no escape in a regular expression. */
const pattern = fc
  .array(fc.constantFrom(...LITERALS, '*', '?', '[ab]', '[^a]', '[a-c]'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));
const patterns = fc.option(fc.array(pattern, { maxLength: 4 }), { nil: undefined });
const key = fc.array(fc.constantFrom(...LITERALS), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
const someKeys = fc.array(key, { minLength: 3, maxLength: 6 });

function matches(globs: readonly string[] | undefined, text: string): boolean {
  return (globs ?? []).some((glob) => new RegExp(`^${glob.replace(/\*/g, '.*').replace(/\?/g, '.')}$`).test(text));
}

/** Some of the names, sometimes in capitals and, for categories, with the sign of a category. */
function someOf(names: readonly string[], maxLength = 5): fc.Arbitrary<string[] | undefined> {
  const spelled = fc.constantFrom(...names).chain((name) => fc.constantFrom(name, name, name.toUpperCase()));
  return fc.option(fc.array(spelled, { maxLength }), { nil: undefined });
}

const lower = (names: readonly string[] = []) => names.map((name) => name.toLowerCase().replace(/^@/, ''));

/** What the documentation of `AccessString.of` promises, written without a look at the text it makes. */
function mayRun(options: AccessStringOptions, command: { name: string; categories: readonly string[] }): boolean {
  const denied = lower(options.denyCommands);
  const parent = command.name.split('|')[0];
  const forClient = options.client === false ? [] : CLIENT_COMMANDS.filter((name) => !denied.includes(name) && !denied.includes(name.split('|')[0]));
  const allowed = [...lower(options.commands), ...forClient];
  for (const name of [command.name, parent]) {
    if (denied.includes(name) || allowed.includes(name)) {
      return allowed.includes(name);
    }
  }
  const categories = lower(options.categories);
  return !command.categories.some((category) => lower(options.denyCategories).includes(category))
    && (categories.includes('all') || command.categories.some((category) => categories.includes(category)));
}

function without(names: string[] | undefined, others: string[] | undefined): string[] | undefined {
  return names?.filter((name) => !lower(others).includes(name.toLowerCase().replace(/^@/, '')));
}

function rules(): fc.Arbitrary<AccessStringOptions> {
  const leaves = server.commands.map(({ name }) => name);
  const commands = [...new Set([...leaves, ...leaves.map((name) => name.split('|')[0]), ...CLIENT_COMMANDS])];
  const withSubcommands = leaves.filter((name) => name.includes('|')).flatMap((name) => [name, name.split('|')[0]]);
  const categories = [...new Set(server.commands.flatMap((command) => command.categories))];
  const names = fc.oneof(someOf(commands), someOf(withSubcommands, 8), someOf([...CLIENT_COMMANDS, 'cluster']));
  return fc
    .record({
      keys: patterns,
      readKeys: patterns,
      writeKeys: patterns,
      channels: patterns,
      categories: someOf([...categories, ...categories.map((category) => `@${category}`), 'all']),
      denyCategories: someOf(categories, 3),
      commands: names,
      denyCommands: names,
      client: fc.constantFrom(undefined, true, false),
      enabled: fc.constantFrom(undefined, true, false),
    })
    .map((options) => ({
      ...options,
      denyCategories: without(options.denyCategories, options.categories),
      denyCommands: without(options.denyCommands, options.commands),
    }));
}

describe('rules made by chance', () => {
  test('allow and deny the commands they name, as a real server sees it', async () => {
    await fc.assert(
      fc.asyncProperty(rules(), fc.infiniteStream(fc.constantFrom(...server.commands)), async (options, chosen) => {
        await server.setRules(AccessString.of(options).toString());
        const named = lower([...(options.commands ?? []), ...(options.denyCommands ?? []), ...CLIENT_COMMANDS]);
        const probed = [
          ...server.commands.filter(({ name }) => named.includes(name) || named.includes(name.split('|')[0])),
          ...Array.from({ length: 10 }, () => chosen.next().value!),
        ];
        for (const command of probed) {
          const runs = (await server.refusal(...command.call)) !== 'command';
          expect({ command: command.name, runs }).toEqual({ command: command.name, runs: mayRun(options, command) });
        }
      }),
      { numRuns: 150 },
    );
  });

  test('allow and deny keys by pattern and direction, as a real server sees it', async () => {
    await fc.assert(
      fc.asyncProperty(patterns, patterns, patterns, someKeys, async (keys = [], readKeys = [], writeKeys = [], probed) => {
        await server.setRules(AccessString.of({ keys, readKeys, writeKeys, categories: ['all'] }).toString());
        const both = [...keys, ...readKeys.filter((some) => writeKeys.includes(some))];
        const allowed = (globs: string[], name: string) => (matches(globs, name) ? undefined : 'key');
        for (const name of probed) {
          expect(await server.refusal('get', name)).toBe(allowed([...keys, ...readKeys], name));
          expect(await server.refusal('set', name, '1')).toBe(allowed([...keys, ...writeKeys], name));
          expect(await server.refusal('getdel', name)).toBe(allowed(both, name));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('allow and deny channels by pattern, as a real server sees it', async () => {
    await fc.assert(
      fc.asyncProperty(patterns, someKeys, async (channels, probed) => {
        await server.setRules(AccessString.of({ channels, categories: ['all'] }).toString());
        for (const name of probed) {
          expect(await server.refusal('publish', name, '1')).toBe(matches(channels, name) ? undefined : 'channel');
          expect(await server.refusal('subscribe', name)).toBe(matches(channels, name) ? undefined : 'channel');
        }
      }),
      { numRuns: 50 },
    );
  });

  test('are listed by the server in the same words', async () => {
    const oddPatterns = fc.option(fc.array(fc.stringMatching(/^[!-~\u00e4\u4e2d]{1,8}$/), { maxLength: 4 }), { nil: undefined });
    const odd = fc.record({ keys: oddPatterns, readKeys: oddPatterns, writeKeys: oddPatterns, channels: oddPatterns });
    await fc.assert(
      fc.asyncProperty(rules(), fc.option(odd, { nil: undefined }), async (options, others) => {
        const text = AccessString.of({ ...options, ...others }).toString();
        await server.setRules(text);
        expect(asListed(await server.listedRules())).toBe(asListed(text));
      }),
      { numRuns: 150 },
    );
  });

  /** Servers before 7.2 do not keep the rules for commands but work out new ones that amount to the same. */
  function asListed(text: string): string {
    const [major, minor] = server.version;
    const keepsRules = major > 7 || (major === 7 && minor >= 2);
    return text.split(' ').filter((rule) => keepsRules || !/^[+-]/.test(rule)).join(' ');
  }
});

describe('readOnly', () => {
  beforeAll(() => server.setRules(AccessString.readOnly('order:*', 'item:*').toString()));

  test.each([
    'get order:1', 'hgetall item:1', 'lrange order:1 0 -1', 'mget order:1 item:2', 'scan 0', 'ping', 'info', 'readonly', 'cluster slots', 'cluster info',
    'client setname orders',
  ])('allows %s', async (call) => {
    expect(await server.refusal(...call.split(' '))).toBeUndefined();
  });

  test.each([
    'set order:1 1', 'keys *', 'flushall', 'config get *', 'eval return 0', 'publish news 1', 'multi', 'cluster nodes', 'client kill 1', 'acl list',
  ])('refuses %s', async (call) => {
    expect(await server.refusal(...call.split(' '))).toBe('command');
  });

  test('refuses every writing, administrative and dangerous command but info', async () => {
    expect(await allowedOf(['write', 'admin', 'dangerous'])).toEqual(['info']);
  });

  test('refuses other keys', async () => {
    expect(await server.refusal('get', 'user:1')).toBe('key');
  });
});

describe('readWrite', () => {
  beforeAll(() => server.setRules(AccessString.readWrite('order:*').toString()));

  test.each([
    'set order:1 1', 'get order:1', 'del order:1', 'blpop order:1 0', 'xadd order:1 * a 1', 'watch order:1', 'multi', 'exec', 'ping', 'cluster slots',
    'info', 'readonly',
  ])('allows %s', async (call) => {
    expect(await server.refusal(...call.split(' '))).toBeUndefined();
  });

  test.each([
    'keys *', 'flushall', 'flushdb', 'sort order:1', 'eval return 0', 'script flush', 'swapdb 0 1', 'config set a b', 'shutdown', 'function flush',
    'function load code',
  ])('refuses %s', async (call) => {
    expect(await server.refusal(...call.split(' '))).toBe('command');
  });

  test('refuses every administrative, dangerous and scripting command but info', async () => {
    expect(await allowedOf(['admin', 'dangerous', 'scripting'])).toEqual(['info']);
  });

  test('refuses other keys', async () => {
    expect(await server.refusal('set', 'user:1', '1')).toBe('key');
  });
});

test('the names of all keys are hidden by what the documentation names', async () => {
  const options = { keys: ['tenant-1:*'], categories: ['read', 'write', 'connection'], denyCategories: ['admin', 'dangerous'] };
  const shows = async () => {
    const calls = ['scan 0', 'randomkey', 'dbsize', 'client tracking on bcast', 'keys *'].map((call) => call.split(' '));
    const refusals = await Promise.all(calls.map((call) => server.refusal(...call)));
    return calls.map(([name]) => name).filter((_, index) => refusals[index] === undefined);
  };
  await server.setRules(AccessString.of(options).toString());
  expect(await shows()).toEqual(['scan', 'randomkey', 'dbsize', 'client']);
  await server.setRules(AccessString.of({ ...options, denyCommands: ['scan', 'randomkey', 'dbsize', 'client|tracking'] }).toString());
  expect(await shows()).toEqual([]);
  for (const call of ['get tenant-1:a', 'hscan tenant-1:a 0', 'client setname app', 'cluster slots', 'info']) {
    expect(await server.refusal(...call.split(' '))).toBeUndefined();
  }
});

test('the categories are those of the engine', async () => {
  const categories = new Set(server.commands.flatMap((command) => command.categories));
  expect(ENGINE_CATEGORIES).toEqual(expect.arrayContaining([...categories]));
  for (const category of ENGINE_CATEGORIES) {
    await server.setRules(AccessString.of({ categories: [category], client: false }).toString());
  }
});

test('fullAccess allows everything', async () => {
  await server.setRules(AccessString.fullAccess().toString());
  for (const { call } of server.commands) {
    expect(await server.refusal(...call)).toBeUndefined();
  }
});

test('raw rules with a selector come through as they are', async () => {
  await server.setRules(AccessString.raw('on ~a:* +get (~b:* +set)').toString());
  expect(await server.refusal('get', 'a:1')).toBeUndefined();
  expect(await server.refusal('set', 'b:1', '1')).toBeUndefined();
  expect(await server.refusal('set', 'a:1', '1')).toBe('key');
});

/** The commands of some categories that the probed user may run nevertheless. */
async function allowedOf(categories: string[]): Promise<string[]> {
  const allowed = [];
  for (const { name, call } of server.commands.filter((command) => command.categories.some((category) => categories.includes(category)))) {
    if ((await server.refusal(...call)) !== 'command') {
      allowed.push(name);
    }
  }
  return allowed;
}
