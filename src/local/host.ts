import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** Where the servers listen. */
const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * Check the name that the nodes announce: clients follow it, and must not be led to another machine.
 *
 * @throws when it is no host name, or leads anywhere but to this machine's loopback addresses
 */
export async function checkHost(host: string): Promise<void> {
  if (!HOST_NAME.test(host) || (isIP(host) !== 0 && host !== '127.0.0.1')) {
    throw new Error(`host must be a host name of this machine or 127.0.0.1, got ${JSON.stringify(host)}`);
  }
  const addresses = await addressesOf(host);
  const elsewhere = addresses.filter((address) => !LOOPBACK.includes(address));
  if (elsewhere.length > 0) {
    throw new Error(
      `host ${JSON.stringify(host)} must lead to 127.0.0.1 or ::1, where the servers listen, but leads to ${elsewhere.join(', ')}: ` +
      'use "localhost", or enter the name for 127.0.0.1 in the hosts file of this machine',
    );
  }
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new Error(
      `host ${JSON.stringify(host)} must lead to 127.0.0.1, but cannot be resolved (${(error as Error).message}): ` +
      'use "localhost", or enter the name for 127.0.0.1 in the hosts file of this machine',
      { cause: error },
    );
  }
}
