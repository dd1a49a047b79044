import type { Cluster, Redis, RedisKey } from 'ioredis';
import { closed } from './failure';
import { slotOf } from './keys';

/** Replies that ask the client to look elsewhere or again. */
const REDIRECTION = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|READONLY)\b/;

/** Waits until a client knows the slots of its cluster, as long as one of its commands would. */
export async function untilSlotsKnown(db: Cluster): Promise<void> {
  if (db.status === 'end') {
    throw closed();
  }
  if (db.status === 'wait') {
    db.connect().catch(() => undefined);
  }
  // In the state `connect`, they are known, and ioredis has called back already.
  if (db.status !== 'ready' && db.status !== 'connect') {
    await new Promise<void>((resolve, reject) => db.delayUntilReady((error) => (error ? reject(error) : resolve())));
  }
}

/** Asks the cluster anew who serves which slot. */
export function refreshSlots(db: Cluster): Promise<void> {
  return new Promise((resolve, reject) => db.refreshSlotsCache((error) => (error ? reject(error) : resolve())));
}

/**
 * Asks a client that is ready who serves which slot, for a connection that could not be opened. If no node that it knows answers, and it has no connection
 * to any, it begins anew with its endpoint, which nothing else would have it do as long as there are no commands.
 */
export async function findNodes(db: Cluster): Promise<void> {
  try {
    await refreshSlots(db);
  } catch {
    if (db.status === 'ready' && !db.nodes().some(({ status }) => status === 'ready')) {
      db.disconnect(true);
    }
  }
}

/** The connection to a node, by the name under which ioredis lists it for its slots. */
export function nodeOf(db: Cluster, name: string | undefined): Redis | undefined {
  return db.nodes().find(({ options: { host, port } }) => `${host}:${port}` === name);
}

/** Whether a node said that the cluster is changing. */
export function isRedirection(error: unknown): boolean {
  return error instanceof Error && REDIRECTION.test(error.message);
}

/** The slot of a key once the client has put its prefix before it. */
export function prefixedSlot({ options: { keyPrefix } }: Cluster, key: RedisKey): number {
  if (!keyPrefix) {
    return slotOf(key);
  }
  return slotOf(typeof key === 'string' ? keyPrefix + key : Buffer.concat([Buffer.from(keyPrefix), key]));
}
