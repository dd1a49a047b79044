import type { Cluster } from 'ioredis';
import { after } from './deadline';

/** How long connections that are cut off may take to end. */
const CUT_OFF_MS = 1_000;

/** How to close a client. */
export interface CloseOptions {
  /**
   * How long commands that are under way may take to finish, in milliseconds.
   *
   * @default 2000
   */
  timeout?: number;
}

/**
 * Closes a client: commands that were sent get their replies, then the connections end. What is not done in time is cut off, and its
 * commands reject. Never rejects, and closing twice does no harm.
 */
export async function close(db: Cluster, { timeout = 2_000 }: CloseOptions = {}): Promise<void> {
  if (db.status === 'end') {
    return;
  }
  await new Promise<void>((resolve) => {
    const done = () => {
      stopQuit();
      stopWait();
      resolve();
    };
    // A node that cannot be asked to quit is cut off.
    const stopQuit = after(timeout, () => db.disconnect());
    const stopWait = after(timeout + CUT_OFF_MS, done);
    void ended(db).then(done);
    db.quit().catch(() => undefined);
  });
}

const ending = new WeakMap<Cluster, Promise<void>>();

/** One listener for however many wait: with eleven, Node.js prints a warning. */
function ended(db: Cluster): Promise<void> {
  const known = ending.get(db);
  if (known) {
    return known;
  }
  const end = new Promise<void>((resolve) => db.once('end', resolve)).then(() => void ending.delete(db));
  ending.set(db, end);
  return end;
}
