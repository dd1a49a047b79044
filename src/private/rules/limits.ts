/** MemoryDB Developer Guide, "Quotas". */
export const MAX_SHARDS = 500;

/** MemoryDB Developer Guide, "Automatic snapshots". */
export const MAX_RETENTION_DAYS = 35;
