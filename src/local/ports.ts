import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range that the operating systems give to outgoing connections, which come and go unseen.
const FIRST_PORT = 20000;
const LAST_PORT = 32767;
const MOST_TRIES = 1000;

// Instances in one process never hand out the same port, even before a server listens on it.
const taken = new Set<number>();

/**
 * Find ports that are free on all loopback addresses, and keep them from other callers in this process.
 *
 * Another process may still take one before a server listens: the caller has to be ready for that.
 *
 * @throws when the machine has no free port left
 */
export async function takePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === MOST_TRIES) {
      releasePorts(ports);
      throw new Error(`found no ${count} free ports between ${FIRST_PORT} and ${LAST_PORT} on the loopback addresses, stop other servers`);
    }
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!taken.has(port)) {
      taken.add(port);
      if (await isFree(port)) {
        ports.push(port);
      } else {
        taken.delete(port);
      }
    }
  }
  return ports;
}

/** Let others use these ports. */
export function releasePorts(ports: readonly number[]): void {
  ports.forEach((port) => taken.delete(port));
}

async function isFree(port: number): Promise<boolean> {
  const answers = await Promise.all(['127.0.0.1', '::1'].map(async (address) => tryListen(port, address)));
  // A machine without IPv6 cannot have the port taken there.
  return answers.every((code) => code === undefined || code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
}

async function tryListen(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
