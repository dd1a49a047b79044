import { lookup as systemLookup } from 'node:dns';
import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { DNSLookupFunction } from 'ioredis';

/** One connection to open. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** How to encrypt; absent for a plain connection. */
  readonly tls?: ConnectionOptions;
  /** How long each address may take, in milliseconds. */
  readonly timeout: number;
  /** Gives up at once when aborted. */
  readonly signal: AbortSignal;
}

/** Every address of a host, IPv4 and IPv6, in random order, so that clients spread and a dead one is not always first. */
export async function resolveAddresses(host: string, signal: AbortSignal, lookup?: DNSLookupFunction): Promise<string[]> {
  if (isIP(host)) {
    return [host];
  }
  const found = lookup
    ? new Promise<string[]>((resolve, reject) => lookup(host, (error, address) => (error ? reject(error) : resolve([address]))))
    : lookUp(host);
  return shuffle(await unlessAborted(found, signal, `resolving ${host}`));
}

// The promises of node:dns would be one more module to load at a cold start.
function lookUp(host: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, records) => (error ? reject(error) : resolve(records.map(({ address }) => address))));
  });
}

/**
 * Opens a connection to one address. The certificate is checked against the host name, which is also the name in the TLS greeting.
 */
export function dial(address: string, { host, port, tls, timeout, signal }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${host}:${port} (${address})`;
    const servername = isIP(host) ? undefined : host;
    const socket: Socket = tls ? connectTls({ servername, ...tls, host: address, port }) : connectTcp({ host: address, port });
    const settle = (error?: Error) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (error) {
        socket.destroy();
        reject(error);
      } else {
        resolve(socket);
      }
    };
    const onAbort = () => settle(timedOut(`gave up connecting to ${target}`));
    const timer = setTimeout(() => settle(timedOut(`no connection to ${target} within ${timeout} ms`)), timeout);
    signal.addEventListener('abort', onAbort);
    // Stays for good: until ioredis listens, an error would end the process.
    socket.on('error', settle);
    socket.once('close', () => settle(new Error(`${target} closed the connection`)));
    socket.once(tls ? 'secureConnect' : 'connect', () => settle());
  });
}

/**
 * The result of a promise, unless the signal is aborted first.
 *
 * @param what - what was being done, or the error that says so
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string | (() => Error)): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(typeof what === 'string' ? timedOut(`gave up ${what}`) : what());
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort)).catch(reject);
    if (signal.aborted) {
      onAbort();
    }
  });
}

/** An error that says that something took too long. */
export function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

function shuffle<T>(values: T[]): T[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
