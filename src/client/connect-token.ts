import { createHash, createHmac } from 'node:crypto';

/** AWS credentials, in the shape in which the AWS SDK gives them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they stop being valid; never when absent. */
  readonly expiration?: Date;
}

/** What a token is signed for. */
export interface ConnectTokenInput {
  /** Name of the cluster, not its endpoint. */
  readonly clusterName: string;
  readonly username: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** The time of signing. */
  readonly at: Date;
}

/** How long the service takes a token, in seconds: MemoryDB Developer Guide, "Authenticating with IAM". */
export const TOKEN_LIFETIME_S = 900;

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'memorydb';

/**
 * The token with which an IAM user signs in: a pre-signed GET request to the cluster's name, without its scheme.
 *
 * Signed here with node:crypto, since the SDK's signer is a hundred times as large and has to be loaded at every cold start.
 */
export function connectToken({ clusterName, username, region, credentials, at }: ConnectTokenInput): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const scope = `${date}/${region}/${SERVICE}/aws4_request`;
  const query: Record<string, string> = {
    'Action': 'connect',
    'User': username,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(TOKEN_LIFETIME_S),
    'X-Amz-SignedHeaders': 'host',
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
  };
  const request = ['GET', '/', queryString(query), `host:${clusterName}`, '', 'host', sha256('')].join('\n');
  const text = [ALGORITHM, time, scope, sha256(request)].join('\n');
  const key = [date, region, SERVICE, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return `${clusterName}/?${queryString({ ...query, 'X-Amz-Signature': hmac(key, text).toString('hex') })}`;
}

function queryString(query: Record<string, string>): string {
  return Object.keys(query)
    .sort()
    .map((name) => `${encode(name)}=${encode(query[name])}`)
    .join('&');
}

/** RFC 3986, which leaves fewer characters as they are than `encodeURIComponent`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
