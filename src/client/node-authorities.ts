import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

/** Node.js has it since 22.15, its typings are older. */
const { getCACertificates } = tls as { readonly getCACertificates?: (type: 'default') => string[] };

/** The certificate authorities that Node.js trusts by itself, those of NODE_EXTRA_CA_CERTS included. */
export function nodeAuthorities(): string[] {
  return getCACertificates?.('default') ?? [...tls.rootCertificates, ...extraAuthorities()];
}

function extraAuthorities(): string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  try {
    return file ? [readFileSync(file, 'utf8')] : [];
  } catch {
    // As Node.js does, which has warned of it.
    return [];
  }
}
