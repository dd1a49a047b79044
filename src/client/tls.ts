import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { ConfigurationError } from './errors';
import { nodeAuthorities } from './node-authorities';

/**
 * The TLS options of every connection: certificate and host name are checked whatever the caller or the environment says.
 *
 * The connections share a context, since parsing the root certificates for each of them would cost more than its handshake.
 *
 * @param caFile - path of a PEM file with more certificate authorities
 * @param overrides - options of the caller
 */
export function tlsOptions(caFile: string | undefined, overrides: ConnectionOptions = {}): ConnectionOptions {
  if (overrides.rejectUnauthorized === false) {
    throw new ConfigurationError('redisOptions.tls.rejectUnauthorized must not be false: name the certificate authority to trust in caFile');
  }
  const { checkServerIdentity: check = () => undefined, ...rest } = overrides;
  if (typeof check !== 'function') {
    throw new ConfigurationError(`redisOptions.tls.checkServerIdentity is ${inspect(check)}: expected a function, or nothing`);
  }
  const { minVersion = 'TLSv1.2' } = rest;
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    throw new ConfigurationError(`redisOptions.tls.minVersion is ${JSON.stringify(minVersion)}: expected TLSv1.2 or TLSv1.3`);
  }
  return {
    ...rest,
    minVersion,
    secureContext: rest.secureContext ?? secureContext(caFile, rest),
    // Said out loud, because the default of node follows NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
    checkServerIdentity: (host: string, peer: PeerCertificate) => checkServerIdentity(host, peer) ?? outcomeOf(check, host, peer),
  };
}

/** What a check of the caller says: nobody would catch what it throws. */
function outcomeOf(check: typeof checkServerIdentity, host: string, certificate: PeerCertificate): Error | undefined {
  try {
    return check(host, certificate);
  } catch (error) {
    return error instanceof Error ? error : new Error(`redisOptions.tls.checkServerIdentity threw ${inspect(error)}`);
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/;

/** The contexts without options of the caller, by the certificate authorities that they trust besides those of Node.js. */
const contexts = new Map<string, SecureContext>();

function secureContext(caFile: string | undefined, overrides: ConnectionOptions): SecureContext {
  const ca = caFile === undefined ? undefined : readCa(caFile);
  if (Object.keys(overrides).length > 0) {
    return newContext(ca, caFile, overrides);
  }
  const known = contexts.get(ca ?? '') ?? newContext(ca, caFile, overrides);
  contexts.set(ca ?? '', known);
  return known;
}

function newContext(ca: string | undefined, caFile: string | undefined, overrides: ConnectionOptions): SecureContext {
  const extra = [...(ca === undefined ? [] : [ca]), ...[overrides.ca ?? []].flat()];
  try {
    // A context passes over what it cannot read, and the servers would be blamed for it.
    ca?.match(new RegExp(CERTIFICATE, 'g'))?.forEach((certificate) => new X509Certificate(certificate));
    return createSecureContext({
      ...overrides,
      minVersion: overrides.minVersion ?? 'TLSv1.2',
      // An own list replaces the system's, so it has to contain it.
      ca: extra.length ? [...nodeAuthorities(), ...extra] : undefined,
    });
  } catch (cause) {
    const source = caFile === undefined ? 'redisOptions.tls' : `the CA file ${caFile}`;
    throw new ConfigurationError(`cannot use the certificates of ${source}: ${(cause as Error).message}`, cause);
  }
}

function readCa(caFile: string): string {
  let text: string;
  try {
    text = readFileSync(caFile, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`cannot read the CA file ${caFile}: ${(cause as Error).message}`, cause);
  }
  if (!CERTIFICATE.test(text)) {
    throw new ConfigurationError(`the CA file ${caFile} contains no certificate in PEM format`);
  }
  return text;
}
