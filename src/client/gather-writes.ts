import type { Socket } from 'node:net';

/** From this many characters on, what was gathered is written at once, so that the server has something to do. */
const ENOUGH = 65_536;

/**
 * Writes the commands of one turn of the event loop in one go.
 *
 * ioredis writes each by itself, and every write is a TLS record and a system call of its own unless the one before is still under way.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write as (...args: unknown[]) => boolean;
  const end = socket.end as (...args: unknown[]) => Socket;
  let gathered = '';
  const flush = () => {
    const text = gathered;
    gathered = '';
    if (text !== '' && socket.writable) {
      write.call(socket, text);
    }
  };
  socket.write = (chunk: unknown, ...rest: unknown[]) => {
    if (typeof chunk !== 'string' || chunk.length >= ENOUGH || rest.length > 0) {
      flush();
      return write.call(socket, chunk, ...rest);
    }
    if (gathered === '') {
      process.nextTick(flush);
    }
    gathered += chunk;
    if (gathered.length >= ENOUGH) {
      flush();
    }
    return !socket.writableNeedDrain;
  };
  socket.end = (...args: unknown[]) => {
    flush();
    return end.apply(socket, args);
  };
}
