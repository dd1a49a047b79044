import type { Socket } from 'node:net';
import type { Cluster, Redis } from 'ioredis';
import { atEndOfTurn } from './end-of-turn';
import { clusterInternals, nodeInternals } from './internals';

/** From this many characters on, what was gathered is written at once, so that the server has something to do. */
const ENOUGH = 65_536;

/** After a turn in which this many were gathered, the first command is not worth a write of its own. */
const MANY = 32;

let isTogether = false;

/**
 * Has the first command of this turn wait for the others, on all connections.
 *
 * Many that have waited together are executed or refused together then: a server that has just come back could refuse the first and take the next.
 */
export function gatherTurn(): void {
  if (!isTogether) {
    isTogether = true;
    atEndOfTurn(() => (isTogether = false));
  }
}

/** Does that for what has waited for a client or for the connection to a node, which ioredis sends as soon as it has the status for it. */
export function gatherWaiting(waitedFor: Cluster | Redis): void {
  const internals = 'slots' in waitedFor ? clusterInternals(waitedFor) : nodeInternals(waitedFor);
  const { setStatus } = internals;
  internals.setStatus = (status: string, ...rest: unknown[]) => {
    if (status === 'ready') {
      gatherTurn();
    }
    setStatus.call(waitedFor, status, ...rest);
  };
}

/**
 * Writes the commands of one turn of the event loop in one go.
 *
 * ioredis writes each by itself, and every write is a TLS record and a system call of its own unless the one before is still under way.
 *
 * The first command since something was received is written at once, so that the server begins, and with one command at a time nothing waits:
 * except after a turn with many, and in one for which `gatherTurn` was called.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write as (...args: unknown[]) => boolean;
  const end = socket.end as (...args: unknown[]) => Socket;
  let gathered = '';
  /** What comes before that, when some of it is no text. */
  let parts: Buffer[] = [];
  /** How much that is together. */
  let size = 0;
  /** How many were gathered in this turn. */
  let count = 0;
  let gathers = false;
  /** How much had been received by the last write that was not gathered. */
  let received = -1;
  const flush = () => {
    const all = parts.length > 0 ? Buffer.concat([...parts, Buffer.from(gathered)]) : gathered;
    gathered = '';
    parts = [];
    size = 0;
    if (all.length > 0 && socket.writable) {
      write.call(socket, all);
    }
  };
  const endTurn = () => {
    gathers = count >= MANY;
    count = 0;
    flush();
  };
  socket.write = (chunk: unknown, encoding?: unknown, callback?: unknown) => {
    if (typeof chunk !== 'string' && !Buffer.isBuffer(chunk) || chunk.length >= ENOUGH || encoding !== undefined || callback !== undefined) {
      flush();
      return write.call(socket, chunk, encoding, callback);
    }
    if (count === 0) {
      const { bytesRead } = socket;
      if (!gathers && !isTogether && bytesRead !== received) {
        received = bytesRead;
        return write.call(socket, chunk);
      }
      atEndOfTurn(endTurn);
    }
    if (typeof chunk === 'string') {
      gathered += chunk;
    } else {
      parts.push(Buffer.from(gathered), chunk);
      gathered = '';
    }
    size += chunk.length;
    count += 1;
    if (size >= ENOUGH) {
      flush();
    }
    return !socket.writableNeedDrain;
  };
  socket.end = (...args: unknown[]) => {
    flush();
    return end.apply(socket, args);
  };
}
