import { setTimeout as pause } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { Cluster } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { canonical, normalized } from './support/keyspace-model';
import type { Keyspace, Value } from './support/keyspace-model';
import { LOSSLESS_FAULTS } from './support/lossless-faults';
import { useProxiedUsers } from './support/proxied-users';
import type { ProxiedUsers } from './support/proxied-users';
import { APPEND, KEYS, perform, statesAfter, unitOf } from './support/units';
import type { Unit } from './support/units';
import { close, connect, slotOf } from '../../src/client';
import type { ConnectOptions } from '../../src/client';

let stage: ProxiedUsers;

useProxiedUsers((started) => (stage = started));

/** How many times everything happens to the servers that can. */
const ROUNDS = Number(process.env.CLIENT_HISTORIES ?? 2);
/** For what callers do; the moments at which something happens to servers are others in every run. */
const SEED = Number(process.env.CLIENT_HISTORIES_SEED ?? Date.now() % 1_000_000);
/** With each client. */
const CALLERS = 30;
/** How many times the ways to the servers fail before something happens to the servers. */
const WAYS = 4;
/** How long everybody may take to be answered, now and then, before the next thing happens, in milliseconds. */
const GO_ON_MS = 3_000;
/** How many units a caller does before he begins anew. */
const UNITS = 400;

/** A caller who has keys for himself, and waits for each unit before the next. */
class Caller {
  readonly #name: string;
  readonly #isWide: boolean;
  readonly #db: Cluster;
  readonly #units: readonly Unit[];
  /** What the keys of each life may hold. After a doubt, which may be settled later, a new life begins. */
  readonly #lives: (readonly Keyspace[])[] = [[{}]];
  /** What was done in each life. */
  readonly #logs: string[][] = [[]];
  done = 0;

  constructor(name: string, db: Cluster, seed: number, isWide: boolean) {
    this.#name = name;
    this.#db = db;
    this.#isWide = isWide;
    this.#units = fc.sample(unitOf(isWide), { seed, numRuns: UNITS });
  }

  get slots(): number[] {
    return [...new Set(KEYS.map((key) => slotOf(this.#stored(key))))];
  }

  get lives(): number {
    return this.#lives.length;
  }

  #key(key: string, life = this.#lives.length - 1): string {
    const name = `${this.#name}-${life}`;
    return this.#isWide ? `${name}${key}` : `{${name}}${key}`;
  }

  /** How the server knows it. */
  #stored(key: string, life?: number): string {
    return `${this.#db.options.keyPrefix ?? ''}${this.#key(key, life)}`;
  }

  async workUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const unit = this.#units[this.done % UNITS];
      const states = this.#lives.at(-1)!;
      const outcomes = await perform(this.#db, unit, (key) => this.#key(key)).catch((error: Error) => {
        throw new Error(`${this.#story(unit, states)}: ${error.message}`, { cause: error });
      });
      const after = statesAfter(states, unit, outcomes);
      if (after.length === 0) {
        throw new Error(`${this.#story(unit, states)}: impossible ${JSON.stringify(outcomes)}`);
      }
      this.#logs.at(-1)!.push(`${JSON.stringify(unit)} -> ${JSON.stringify(outcomes)}`);
      this.#lives[this.#lives.length - 1] = after;
      if (outcomes.includes('in doubt')) {
        this.#lives.push([{}]);
        this.#logs.push([]);
      }
      this.done += 1;
    }
  }

  /** Compares what the servers have with what they may have. */
  async check(admin: Cluster): Promise<void> {
    for (const [life, states] of this.#lives.entries()) {
      const values = await Promise.all(KEYS.map(async (key) => [key, await valueOf(admin, this.#stored(key, life))] as const));
      expect(states.map(canonical), [`seed ${SEED}, ${this.#name}-${life}`, ...this.#logs[life].slice(-5)].join('\n')).toContain(canonical(Object.fromEntries(values)));
    }
  }

  #story(unit: Unit, states: readonly Keyspace[]): string {
    return [`seed ${SEED}, ${this.#name}`, ...this.#logs.at(-1)!.slice(-5), ...states.map((state) => `state ${canonical(state)}`), JSON.stringify(unit)].join('\n');
  }
}

async function valueOf(admin: Cluster, key: string): Promise<Value | undefined> {
  const type = await admin.type(key);
  switch (type) {
    case 'string':
      return { type, value: (await admin.get(key))! };
    case 'list':
      return { type, value: await admin.lrange(key, 0, -1) };
    case 'set':
      return { type, value: normalized('smembers', await admin.smembers(key)) as string[] };
    case 'hash':
      return { type, value: normalized('hgetall', await admin.hgetall(key)) as Record<string, string> };
    default:
      return undefined;
  }
}

test('what callers are told is what happened, whatever happens to servers and connections', { timeout: 120_000 + ROUNDS * 120_000 }, async () => {
  const { users, proxy, admin } = stage;
  const options: Record<string, ConnectOptions> = {
    direct: {},
    proxied: { natMap: proxy.natMap },
    together: { natMap: proxy.natMap, enableAutoPipelining: true },
    prefixed: { natMap: proxy.natMap, keyPrefix: 'of-all:' },
    careful: { natMap: proxy.natMap, retryWrites: 'never', profile: 'lambda' },
    timed: { natMap: proxy.natMap, redisOptions: { commandTimeout: 15_000 } },
  };
  const connection = users.connection();
  const clients = Object.entries(options).map(([name, own]) => [name, connect({ connection, deadline: 20_000, ...own })] as const);
  onTestFinished(async () => void await Promise.all(clients.map(([, db]) => close(db, { timeout: 1_000 }))));
  clients.forEach(([, db]) => db.defineCommand('appendByName', { numberOfKeys: 1, lua: APPEND }));
  const callers = clients.flatMap(([name, db], client) => Array.from({ length: CALLERS }, (_, index) => {
    return new Caller(`${name}${index}`, db, SEED + client * CALLERS + index, index % 4 === 3);
  }));
  let isOver = false;
  const work = Promise.all(callers.map((caller) => caller.workUntil(() => isOver))).finally(() => (isOver = true));
  work.catch(() => undefined);
  const random = (below: number) => Math.floor(Math.random() * below);
  const happened: string[] = [];
  /** On a busy machine, one thing after the other would keep some callers from ever being answered. */
  const goOn = async () => {
    const before = callers.map(({ done }) => done);
    const end = Date.now() + GO_ON_MS;
    while (!isOver && Date.now() < end && callers.some(({ done }, index) => done === before[index])) {
      await pause(20);
    }
  };
  const happen = async (kind: keyof typeof LOSSLESS_FAULTS, name: string) => {
    if (!isOver) {
      happened.push(name);
      await LOSSLESS_FAULTS[kind][name]({ users, proxy, slots: () => callers.flatMap(({ slots }) => slots), random });
      await pause(random(400));
      if (random(2) === 0) {
        await goOn();
      }
    }
  };
  const [ways, servers] = [LOSSLESS_FAULTS.ways, LOSSLESS_FAULTS.servers].map(Object.keys);
  const order = fc.sample(fc.shuffledSubarray(servers, { minLength: servers.length }), { seed: SEED, numRuns: ROUNDS }).flat();
  for (const name of order) {
    for (let number = 0; number < WAYS; number++) {
      await happen('ways', ways[random(ways.length)]);
    }
    await happen('servers', name);
  }
  isOver = true;
  await work.catch((error: Error) => {
    throw new Error(`after ${happened.join(', ')}: ${error.message}`, { cause: error });
  });
  // Something was asked, and something lost.
  expect(Math.min(...callers.map(({ done }) => done))).toBeGreaterThan(20);
  expect(callers.some(({ lives }) => lives > 1)).toBe(true);
  for (const caller of callers) {
    await caller.check(admin);
  }
});
