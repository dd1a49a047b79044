import type { Cluster } from 'ioredis';
import { refreshSlots, untilSlotsKnown } from './cluster-slots';
import { checkNames } from './options';
import { Patience } from './patience';

/** Which keys to scan for. */
export interface ScanOptions {
  /**
   * A glob pattern that the keys match, for example `session:*`, without the prefix of the client (`keyPrefix`).
   *
   * @default - all keys
   */
  match?: string;

  /**
   * How many keys a node looks at for one page.
   *
   * @default 1000
   */
  count?: number;

  /**
   * The type of their values, for example `hash`.
   *
   * @default - any
   */
  type?: string;
}

const NAMES: readonly (keyof ScanOptions)[] = ['match', 'count', 'type'];

/**
 * The keys of the whole cluster, in pages, from one primary after the other; `scanStream` of an ioredis cluster asks a single node.
 *
 * Every key that is there from the beginning to the end is found; a key can be found more than once. If a primary is lost, or was given
 * slots meanwhile, its shard is scanned again from the beginning, and if slots get another primary, that one is scanned too. Only while a
 * slot is still on its way at the end of the scan, keys of it can be missed.
 *
 * Of a client with a `keyPrefix`, only keys that have it are found; as with its other commands, they are without it.
 *
 * What reads the pages may take its time.
 *
 * @throws TypeError for an option that there is not: without it, more would be found than was meant
 * @throws a DeadlineError when no page comes for as long as a command of the client may take (its `deadline`; 20 seconds with bare ioredis)
 */
export async function* scanAll(db: Cluster, options: ScanOptions = {}): AsyncGenerator<string[], void, undefined> {
  checkNames('scanAll', options, NAMES);
  const { match, count = 1_000, type } = options;
  const { keyPrefix = '' } = db.options;
  const pattern = keyPrefix ? `${escapeGlob(keyPrefix)}${match ?? '*'}` : match;
  const filter = [...pattern === undefined ? [] : ['MATCH', pattern], 'COUNT', String(count), ...type === undefined ? [] : ['TYPE', type]];
  const patience = new Patience(db, 'scan');
  /** By slot, the primary whose scan covered it. */
  const scanned: (string | undefined)[] = [];
  for (;;) {
    try {
      await patience.bounded(untilSlotsKnown(db));
      await patience.bounded(refreshSlots(db));
      const primaries = db.slots.map(([primary]) => primary);
      const next = primaries.find((primary, slot) => primary !== scanned[slot]);
      if (next === undefined) {
        return;
      }
      const ask = patience.conversation(next);
      const epoch = await epochOf(ask);
      let cursor = '0';
      do {
        const [following, keys] = await ask<[cursor: string, keys: string[]]>('scan', cursor, ...filter);
        cursor = following;
        patience.renew();
        if (keys.length > 0) {
          yield keyPrefix ? keys.map((key) => key.slice(keyPrefix.length)) : keys;
          patience.renew();
        }
      } while (cursor !== '0');
      if (epoch !== await epochOf(ask)) {
        continue;
      }
      primaries.forEach((primary, slot) => {
        if (primary === next) {
          scanned[slot] = next;
        }
      });
    } catch (error) {
      await patience.wait(error as Error);
    }
  }
}

/** What a node counts up when it gets a slot, which may be one that it had before; undefined if it does not tell. */
async function epochOf(ask: ReturnType<Patience['conversation']>): Promise<string | undefined> {
  const info = await ask<string>('cluster', 'info').catch(() => '');
  return /^cluster_my_epoch:(\d+)/m.exec(info)?.[1];
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}

/**
 * How many keys the whole cluster has, as the primaries count them: keys that have expired but are not yet removed included.
 * (`dbsize` of an ioredis cluster asks a single node.)
 *
 * @throws a DeadlineError when a shard does not answer for as long as a command of the client may take (its `deadline`; 20 seconds with bare ioredis)
 */
export async function dbSize(db: Cluster): Promise<number> {
  const patience = new Patience(db, 'dbsize');
  for (;;) {
    try {
      await patience.bounded(untilSlotsKnown(db));
      await patience.bounded(refreshSlots(db));
      const primaries = new Set(db.slots.map(([primary]) => primary));
      // With `stringNumbers`, they are texts.
      const sizes = await Promise.all([...primaries].map((primary) => patience.ask<number>(primary, 'dbsize')));
      return sizes.reduce((sum, size) => sum + Number(size), 0);
    } catch (error) {
      await patience.wait(error as Error);
    }
  }
}
