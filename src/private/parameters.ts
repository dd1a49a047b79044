/** What the service allows for one parameter. */
export interface ParameterRule {
  /** Value when the group does not set it. */
  readonly defaultValue: string;
  /** Families that have it; all when left out. */
  readonly families?: readonly string[];
  /** The values it can have, or a test and the words for it. */
  readonly allowed: readonly string[] | { readonly test: (value: string) => boolean; readonly words: string };
}

const REDIS_6 = ['memorydb_redis6'];
const ENGINE_7 = ['memorydb_redis7', 'memorydb_valkey7'];

/** Families whose parameters are listed here; of others nothing is known, so nothing is checked. */
export const KNOWN_FAMILIES: readonly string[] = [...REDIS_6, ...ENGINE_7];

const EVICTION_POLICIES = [
  'volatile-lru',
  'allkeys-lru',
  'volatile-lfu',
  'allkeys-lfu',
  'volatile-random',
  'allkeys-random',
  'volatile-ttl',
  'noeviction',
];

/** A number as the service writes it back: without leading zeros. */
function isWhole(value: string): boolean {
  return /^(0|[1-9]\d*)$/.test(value) && Number.isSafeInteger(Number(value));
}

function range(defaultValue: number, minimum: number, maximum = Infinity, families?: readonly string[]): ParameterRule {
  return {
    defaultValue: String(defaultValue),
    families,
    allowed: {
      test: (value) => isWhole(value) && Number(value) >= minimum && Number(value) <= maximum,
      words: maximum === Infinity ? `a whole number from ${minimum} on` : `a whole number from ${minimum} to ${maximum}`,
    },
  };
}

function yesOrNo(defaultValue: 'yes' | 'no', families?: readonly string[]): ParameterRule {
  return { defaultValue, families, allowed: ['yes', 'no'] };
}

/**
 * The parameters that a group can set.
 *
 * Source: MemoryDB Developer Guide, "Engine specific parameters" (tables by version). Letters of `notify-keyspace-events`: the engines' own
 * documentation of keyspace notifications.
 */
export const PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  'maxmemory-policy': { defaultValue: 'noeviction', allowed: EVICTION_POLICIES },
  'maxmemory-samples': range(3, 1),
  'notify-keyspace-events': {
    defaultValue: '',
    allowed: { test: (value) => /^[KEg$lshzxetdmnA]*$/.test(value), words: 'empty or made of the letters K E g $ l s h z x e t d m n A' },
  },
  'activedefrag': yesOrNo('no'),
  'active-defrag-max-scan-fields': range(1000, 1, 1000000),
  'active-defrag-threshold-upper': range(100, 1, 100),
  'active-defrag-threshold-lower': range(10, 1, 100),
  'active-defrag-cycle-min': range(5, 1, 75),
  'active-defrag-cycle-max': range(75, 1, 75),
  'active-defrag-ignore-bytes': range(104857600, 1048576),
  'lazyfree-lazy-eviction': yesOrNo('no'),
  'lazyfree-lazy-expire': yesOrNo('no'),
  'lazyfree-lazy-server-del': yesOrNo('no'),
  'lazyfree-lazy-user-del': yesOrNo('no'),
  'active-expire-effort': range(1, 1, 10),
  'tracking-table-max-keys': range(1000000, 1, 100000000),
  'acllog-max-len': range(128, 1, 10000),
  'lfu-log-factor': range(10, 1),
  'lfu-decay-time': range(1, 0),
  'timeout': {
    defaultValue: '0',
    allowed: { test: (value) => isWhole(value) && (Number(value) === 0 || Number(value) >= 20), words: '0 or a whole number from 20 on' },
  },
  'tcp-keepalive': range(300, 0),
  'slowlog-max-len': range(128, 0),
  'slowlog-log-slower-than': range(10000, 0),
  'client-output-buffer-limit-normal-hard-limit': range(0, 0),
  'client-output-buffer-limit-normal-soft-limit': range(0, 0),
  'client-output-buffer-limit-normal-soft-seconds': range(0, 0),
  'client-output-buffer-limit-pubsub-hard-limit': range(33554432, 0),
  'client-output-buffer-limit-pubsub-soft-limit': range(8388608, 0),
  'client-output-buffer-limit-pubsub-soft-seconds': range(60, 0),
  'client-query-buffer-limit': range(1073741824, 1048576, 1073741824),
  'proto-max-bulk-len': range(536870912, 1048576, 536870912),
  'stream-node-max-bytes': range(4096, 0),
  'stream-node-max-entries': range(100, 0),
  'list-compress-depth': range(0, 0),
  'hll-sparse-max-bytes': range(3000, 1, 16000),
  'set-max-intset-entries': range(512, 0),
  'hash-max-ziplist-entries': range(512, 0, Infinity, REDIS_6),
  'hash-max-ziplist-value': range(64, 0, Infinity, REDIS_6),
  'zset-max-ziplist-entries': range(128, 0, Infinity, REDIS_6),
  'zset-max-ziplist-value': range(64, 0, Infinity, REDIS_6),
  'activerehashing': yesOrNo('yes', REDIS_6),
  'hash-max-listpack-entries': range(512, 0, Infinity, ENGINE_7),
  'hash-max-listpack-value': range(64, 0, Infinity, ENGINE_7),
  'zset-max-listpack-entries': range(128, 0, Infinity, ENGINE_7),
  'zset-max-listpack-value': range(64, 0, Infinity, ENGINE_7),
  'latency-tracking': yesOrNo('no', ENGINE_7),
  'search-enabled': yesOrNo('no', ENGINE_7),
  'search-query-timeout-ms': range(10000, 1, 60000, ENGINE_7),
};
