/** What an access string calls every command together. */
const ALL = 'all';

/** Categories of the engines themselves: `ACL CAT` of Redis OSS 7.0 and Valkey 7.2. */
export const ENGINE_CATEGORIES: readonly string[] = [
  ...['admin', 'bitmap', 'blocking', 'connection', 'dangerous', 'fast', 'geo', 'hash', 'hyperloglog', 'keyspace', 'list', 'pubsub', 'read'],
  ...['scripting', 'set', 'slow', 'sortedset', 'stream', 'string', 'transaction', 'write'],
];

/** Categories of what MemoryDB adds: MemoryDB Developer Guide, "Vector search" and, for JSON (unverified), "Working with JSON". */
const SERVICE_CATEGORIES = ['json', 'search'];

/** Every category that is known. */
export const CATEGORIES: readonly string[] = [ALL, ...ENGINE_CATEGORIES, ...SERVICE_CATEGORIES].sort();
