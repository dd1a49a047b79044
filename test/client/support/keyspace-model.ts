/** What a key holds. */
export type Value =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'list'; readonly value: readonly string[] }
  | { readonly type: 'set'; readonly value: readonly string[] }
  | { readonly type: 'hash'; readonly value: Readonly<Record<string, string>> };

/** What a few keys hold, by name. */
export type Keyspace = Readonly<Record<string, Value | undefined>>;

/** A command whose first argument is a key. */
export interface Operation {
  readonly name: string;
  readonly key: string;
  readonly args: readonly string[];
}

/** What a server makes of a command. */
export interface Step {
  /** The reply; sets and hashes in the order of their members. Undefined if the command is refused, and nothing changed. */
  readonly reply: unknown;
  readonly after: Keyspace;
}

class Refused extends Error {}

type ValueOf<T extends Value['type']> = Extract<Value, { type: T }>['value'];

function read<T extends Value['type']>(space: Keyspace, key: string, type: T): ValueOf<T> | undefined {
  const held = space[key];
  if (held && held.type !== type) {
    throw new Refused();
  }
  return held?.value as ValueOf<T> | undefined;
}

const sorted = (members: Iterable<string>) => [...new Set(members)].sort();

const sortedEntries = (entries: readonly (readonly [string, string])[]) => Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

const orNothing = <T extends Value>(value: T, size: number): T | undefined => (size > 0 ? value : undefined);

type Execute = (space: Keyspace, key: string, args: readonly string[]) => [reply: unknown, changes?: Keyspace];

const text = (key: string, value: string): Keyspace => ({ [key]: { type: 'string', value } });

const append: Execute = (space, key, [value]) => {
  const joined = (read(space, key, 'string') ?? '') + value;
  return [joined.length, text(key, joined)];
};

const COMMANDS: Readonly<Record<string, Execute>> = {
  append,
  /** Scripts that append. */
  eval: append,
  appendByName: append,
  get: (space, key) => [read(space, key, 'string') ?? null],
  /** One key of many: nothing instead of a refusal. */
  mget: (space, key) => [space[key]?.type === 'string' ? space[key].value : null],
  set: (space, key, [value, condition]) => (condition && space[key] ? [null] : ['OK', text(key, value)]),
  getset: (space, key, [value]) => [read(space, key, 'string') ?? null, text(key, value)],
  incr(space, key) {
    const held = read(space, key, 'string') ?? '0';
    if (!/^\d+$/.test(held)) {
      throw new Refused();
    }
    return [Number(held) + 1, text(key, String(Number(held) + 1))];
  },
  del: (space, key) => [space[key] ? 1 : 0, { [key]: undefined }],
  rename(space, key, [to]) {
    if (!space[key]) {
      throw new Refused();
    }
    return ['OK', { [key]: undefined, [to]: space[key] }];
  },
  rpush(space, key, values) {
    const value = [...read(space, key, 'list') ?? [], ...values];
    return [value.length, { [key]: { type: 'list', value } }];
  },
  lpop(space, key) {
    const [first, ...value] = read(space, key, 'list') ?? [];
    return [first ?? null, { [key]: orNothing({ type: 'list', value }, value.length) }];
  },
  lrange: (space, key) => [read(space, key, 'list') ?? []],
  sadd(space, key, members) {
    const held = read(space, key, 'set') ?? [];
    const value = sorted([...held, ...members]);
    return [value.length - held.length, { [key]: { type: 'set', value } }];
  },
  srem(space, key, members) {
    const held = read(space, key, 'set') ?? [];
    const value = held.filter((member) => !members.includes(member));
    return [held.length - value.length, { [key]: orNothing({ type: 'set', value }, value.length) }];
  },
  smembers: (space, key) => [read(space, key, 'set') ?? []],
  hset(space, key, [field, added]) {
    const held = read(space, key, 'hash') ?? {};
    const value = sortedEntries(Object.entries({ ...held, [field]: added }));
    return [field in held ? 0 : 1, { [key]: { type: 'hash', value } }];
  },
  hdel(space, key, [field]) {
    const held = read(space, key, 'hash') ?? {};
    const value = sortedEntries(Object.entries(held).filter(([name]) => name !== field));
    return [field in held ? 1 : 0, { [key]: orNothing({ type: 'hash', value }, Object.keys(value).length) }];
  },
  hgetall: (space, key) => [read(space, key, 'hash') ?? {}],
};

/** What a server makes of a command when its keys hold this. */
export function execute(space: Keyspace, { name, key, args }: Operation): Step {
  try {
    const [reply, changes] = COMMANDS[name](space, key, args);
    return { reply, after: { ...space, ...changes } };
  } catch (error) {
    if (error instanceof Refused) {
      return { reply: undefined, after: space };
    }
    throw error;
  }
}

/** A reply of ioredis in the form of the model. */
export function normalized(name: string, reply: unknown): unknown {
  if (name === 'smembers') {
    return sorted(reply as string[]);
  }
  if (name === 'hgetall') {
    return sortedEntries(Object.entries(reply as Record<string, string>));
  }
  return reply;
}

/** A keyspace without the keys that hold nothing, as text that is the same for the same contents. */
export function canonical(space: Keyspace): string {
  return JSON.stringify(Object.entries(space).filter(([, value]) => value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
