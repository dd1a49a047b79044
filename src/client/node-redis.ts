import type { Cluster, RedisKey, RedisValue } from 'ioredis';
import { close } from './close';
import { untilSlotsKnown } from './cluster-slots';
import { del, mget } from './multi-key';
import { checkNames, isRecord } from './options';
import { Patience } from './patience';
import { scanAll } from './scan';
import { textOrBytes } from './text-or-bytes';

/** When a key expires: in seconds (`EX`) or milliseconds (`PX`) from now, or at such a time since 1970 (`EXAT`, `PXAT`). */
export interface NodeRedisExpiration {
  type: 'EX' | 'PX' | 'EXAT' | 'PXAT';
  value: number;
}

/** The options of SET as node-redis names them. */
export interface NodeRedisSetOptions {
  /** When the key expires; `KEEPTTL` leaves that as it is. */
  expiration?: NodeRedisExpiration | { type: 'KEEPTTL' } | 'KEEPTTL';
  /** Seconds until the key expires. */
  EX?: number;
  /** Milliseconds until the key expires. */
  PX?: number;
  /** When the key expires, in seconds since 1970. */
  EXAT?: number;
  /** When the key expires, in milliseconds since 1970. */
  PXAT?: number;
  /** Leaves the time at which the key expires as it is. */
  KEEPTTL?: boolean;
  /** Sets the key only if it does not exist (`NX`) or only if it does (`XX`). */
  condition?: 'NX' | 'XX';
  /** Sets the key only if it does not exist. */
  NX?: boolean;
  /** Sets the key only if it exists. */
  XX?: boolean;
  /** Gives the value that the key had. */
  GET?: boolean;
}

/** Which keys to iterate over, as node-redis names it. */
export interface NodeRedisScanOptions {
  /** A glob pattern that the keys match. */
  MATCH?: string;
  /** How many keys a node looks at for one page. */
  COUNT?: number;
  /** The type of their values. */
  TYPE?: string;
}

const TIMES: readonly string[] = ['EX', 'PX', 'EXAT', 'PXAT'];

const FLAGS: readonly string[] = ['KEEPTTL', 'NX', 'XX', 'GET'];

const SCAN_NAMES: readonly (keyof NodeRedisScanOptions)[] = ['MATCH', 'COUNT', 'TYPE'];

/** What connect-redis and the idempotency utility of Powertools for AWS Lambda call of a node-redis client. */
export interface NodeRedisClient {
  /** Whether the client was told to connect and not yet to close. */
  readonly isOpen: boolean;
  /** Whether commands are sent at once. */
  readonly isReady: boolean;
  /**
   * Waits until the client is connected. It connects by itself, so this need not be called, unless it was closed.
   *
   * @throws a DeadlineError after the `deadline` of the client
   */
  connect(): Promise<NodeRedisClient>;
  /** The value of a key; null if it is not there. */
  get(key: RedisKey): Promise<string | null>;
  /**
   * Sets a key.
   *
   * @returns `OK`, or null if a condition did not hold; with `GET`, the value that the key had
   * @throws TypeError for an option that it does not know, rather than to set the key without it, and for a key or value that is no text, number or bytes
   */
  set(key: RedisKey, value: RedisValue, options?: NodeRedisSetOptions): Promise<string | null>;
  /** Deletes keys in any slots; how many were there. */
  del(keys: RedisKey | readonly RedisKey[]): Promise<number>;
  /**
   * Lets a key expire after some seconds.
   *
   * @param mode - only if the key has no such time (`NX`), or has one (`XX`) that is earlier (`GT`) or later (`LT`)
   * @returns 1, or 0 if the key is not there or the condition did not hold
   */
  expire(key: RedisKey, seconds: number, mode?: 'NX' | 'XX' | 'GT' | 'LT'): Promise<number>;
  /** The values of keys in any slots, in their order. */
  mGet(keys: readonly RedisKey[]): Promise<(string | null)[]>;
  /**
   * The keys of the whole cluster, in pages.
   *
   * @throws TypeError for an option that there is not
   */
  scanIterator(options?: NodeRedisScanOptions): AsyncGenerator<string[], void, undefined>;
  /** Closes the cluster client behind it once the commands that are under way are done. */
  close(): Promise<void>;
  /** The same. */
  quit(): Promise<'OK'>;
  /** Closes the cluster client behind it at once. */
  destroy(): void;
}

/**
 * A cluster client in the shape of node-redis, for libraries that take nothing else. Both are one connection: what closes one closes
 * the other.
 */
export function asNodeRedisClient(db: Cluster): NodeRedisClient {
  const client: NodeRedisClient = {
    get isOpen() {
      return !['wait', 'disconnecting', 'end'].includes(db.status);
    },
    get isReady() {
      return db.status === 'ready';
    },
    connect: async () => {
      if (db.status === 'end') {
        db.connect().catch(() => undefined);
      }
      await new Patience(db, 'connect').bounded(untilReady(db));
      return client;
    },
    get: async (key) => db.get(textOrBytes(key)),
    set: async (key, value, options) =>
      await db.call('set', [textOrBytes(key), textOrBytes(value, () => 'the value of SET'), ...setArguments(options ?? {})]) as string | null,
    del: (keys) => del(db, [keys].flat() as RedisKey[]),
    expire: async (key, seconds, mode) => await db.call('expire', [textOrBytes(key), seconds, ...mode === undefined ? [] : [mode]]) as number,
    mGet: (keys) => mget(db, keys),
    scanIterator: (options = {}) => {
      checkNames('scanIterator', options, SCAN_NAMES);
      const { MATCH, COUNT, TYPE } = options;
      return scanAll(db, { match: MATCH, count: COUNT, type: TYPE });
    },
    close: () => close(db),
    quit: async () => {
      await close(db);
      return 'OK';
    },
    destroy: () => db.disconnect(),
  };
  return client;
}

async function untilReady(db: Cluster): Promise<void> {
  while (db.status !== 'ready') {
    await untilSlotsKnown(db);
    if (db.status === 'connect') {
      // Ready, or closed because the nodes are not ready themselves.
      await new Promise<void>((resolve) => {
        const done = () => {
          db.off('ready', done).off('close', done);
          resolve();
        };
        db.on('ready', done).on('close', done);
      });
    }
  }
}

function setArguments(options: NodeRedisSetOptions): (string | number)[] {
  const given = isRecord(options) ? Object.entries(options).filter(([, value]) => value !== undefined && value !== false) : undefined;
  checkNames('SET', given ? Object.fromEntries(given) : options, ['expiration', 'condition', ...TIMES, ...FLAGS]);
  return given!.flatMap(([name, value]) => {
    if (name === 'expiration') {
      const { type, value: time, ...rest } = typeof value === 'object' && value !== null ? value as NodeRedisExpiration : { type: value, value: undefined };
      const isTime = TIMES.includes(type as string) && /^\d+$/.test(String(time));
      if (Object.values(rest).every((each) => each === undefined) && (isTime || type === 'KEEPTTL' && time === undefined)) {
        return isTime ? [type as string, Number(time)] : ['KEEPTTL'];
      }
    }
    if (name === 'condition' && (value === 'NX' || value === 'XX')) {
      return [value];
    }
    if (FLAGS.includes(name) && value === true) {
      return [name];
    }
    if (TIMES.includes(name) && typeof value === 'number') {
      return [name, value];
    }
    throw new TypeError(`the option ${name} of SET is ${JSON.stringify(value)}: expected a value as in node-redis`);
  });
}
