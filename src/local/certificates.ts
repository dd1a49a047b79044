import { KeyObject, X509Certificate, createHash, randomBytes, webcrypto } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  ExtKeyUsage,
  Extension,
  GeneralName,
  GeneralNames,
} from 'pkijs';

const ENGINE = new CryptoEngine({ name: 'node', crypto: webcrypto });

const DAY = 24 * 60 * 60 * 1000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const AUTHORITY_NAME = 'MemoryDB Local CA';

/** Object identifiers of RFC 5280. */
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** Tags of the kinds of alternative names. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** What the servers of one MemoryDB Local need for TLS, in PEM. */
export interface Certificates {
  /** The certificate of the authority, for clients to trust. */
  readonly ca: string;
  /** The certificate that every server shows. */
  readonly certificate: string;
  /** The private key of that certificate. */
  readonly key: string;
}

/**
 * Make a certificate authority and one server certificate, both EC P-256 and valid for a year.
 *
 * The authority's key is dropped at once, so that nobody can sign anything else with it. The certificate carries
 * the host name alone, as the service's do: a client that checks an IP address instead fails here too.
 *
 * @param host the name clients connect to; an IPv4 address gets an IP entry instead of a DNS entry
 */
export async function createCertificates(host: string): Promise<Certificates> {
  const authority = await generateKeys();
  const server = await generateKeys();
  const authorityId = new OctetString({ valueHex: createHash('sha1').update(await rawPublicKey(authority)).digest() });
  const ca = await createCertificate(AUTHORITY_NAME, authority, authority, [
    extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(), true),
    // keyCertSign
    extension(KEY_USAGE, new BitString({ valueHex: new Uint8Array([0x04]), unusedBits: 2 }), true),
    extension(SUBJECT_KEY_IDENTIFIER, authorityId),
  ]);
  const certificate = await createCertificate('MemoryDB Local', server, authority, [
    extension(BASIC_CONSTRAINTS, new BasicConstraints().toSchema(), true),
    // digitalSignature
    extension(KEY_USAGE, new BitString({ valueHex: new Uint8Array([0x80]), unusedBits: 7 }), true),
    // Server and client: the nodes are clients of each other on the cluster bus and for replication.
    extension(EXTENDED_KEY_USAGE, new ExtKeyUsage({ keyPurposes: [SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION] }).toSchema()),
    extension(SUBJECT_ALTERNATIVE_NAME, new GeneralNames({ names: [alternativeName(host)] }).toSchema()),
    extension(AUTHORITY_KEY_IDENTIFIER, new AuthorityKeyIdentifier({ keyIdentifier: authorityId }).toSchema()),
  ]);
  const key = KeyObject.from(server.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ca, certificate, key };
}

async function createCertificate(
  subject: string,
  keys: webcrypto.CryptoKeyPair,
  signer: webcrypto.CryptoKeyPair,
  extensions: Extension[],
): Promise<string> {
  const certificate = new Certificate({
    // version 3
    version: 2,
    // A leading 1 keeps the number positive.
    serialNumber: new Integer({ valueHex: Buffer.concat([Buffer.from([1]), randomBytes(15)]) }),
    extensions,
  });
  certificate.issuer.typesAndValues.push(commonName(AUTHORITY_NAME));
  certificate.subject.typesAndValues.push(commonName(subject));
  // A day in the past covers clocks that differ between a machine and its containers.
  certificate.notBefore.value = new Date(Date.now() - DAY);
  certificate.notAfter.value = new Date(Date.now() + 365 * DAY);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, ENGINE);
  await certificate.sign(signer.privateKey, 'SHA-256', ENGINE);
  return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER())).toString();
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function rawPublicKey(keys: webcrypto.CryptoKeyPair): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.exportKey('raw', keys.publicKey));
}

function commonName(value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value }) });
}

function extension(extnID: string, value: { toBER(): ArrayBuffer }, critical: boolean = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

function alternativeName(host: string): GeneralName {
  return isIPv4(host)
    ? new GeneralName({ type: IP_ADDRESS, value: new OctetString({ valueHex: new Uint8Array(host.split('.').map(Number)) }) })
    : new GeneralName({ type: DNS_NAME, value: host });
}
