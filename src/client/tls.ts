import { readFileSync } from 'node:fs';
import { checkServerIdentity, createSecureContext, rootCertificates } from 'node:tls';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { ConfigurationError } from './errors';

/**
 * The TLS options of every connection: certificate and host name are checked whatever the caller or the environment says.
 *
 * The context is made once, since parsing the root certificates for each connection would cost more than its handshake.
 *
 * @param caFile - path of a PEM file with more certificate authorities
 * @param overrides - options of the caller
 */
export function tlsOptions(caFile: string | undefined, overrides: ConnectionOptions = {}): ConnectionOptions {
  if (overrides.rejectUnauthorized === false) {
    throw new ConfigurationError('redisOptions.tls.rejectUnauthorized must not be false: name the certificate authority to trust in caFile');
  }
  const { checkServerIdentity: check = () => undefined, ...rest } = overrides;
  return {
    minVersion: 'TLSv1.2',
    ...rest,
    secureContext: rest.secureContext ?? secureContext(caFile, rest),
    // Said out loud, because the default of node follows NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
    checkServerIdentity: (host: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate) ?? check(host, certificate),
  };
}

function secureContext(caFile: string | undefined, overrides: ConnectionOptions) {
  const extra = [...(caFile === undefined ? [] : [readCa(caFile)]), ...[overrides.ca ?? []].flat()];
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...overrides,
      // An own list replaces the system's, so it has to contain it.
      ca: extra.length ? [...rootCertificates, ...extra] : undefined,
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
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigurationError(`the CA file ${caFile} contains no certificate in PEM format`);
  }
  return text;
}
