/**
 * The names under which a connection travels from the constructs to the client helper and to MemoryDB Local.
 *
 * This file imports nothing, so that constructs, client and local can share it without sharing each other.
 */

/** Prefix of the environment variables and stack outputs unless the caller chooses another one. */
export const DEFAULT_PREFIX = 'MEMORYDB';

/** What a usable prefix looks like: it becomes part of an environment variable's name. */
export const PREFIX_PATTERN = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * How the client proves who it is.
 *
 * - `iam`: with a token signed by AWS credentials
 * - `secret`: with the `password` field of the Secrets Manager secret `SECRET_ARN`
 * - `password`: with `PASSWORD` itself; the constructs never write it, MemoryDB Local does
 * - `none`: not at all, for a cluster behind the `open-access` ACL
 */
export type AuthMode = 'iam' | 'secret' | 'password' | 'none';

/** Every value of {@link AuthMode}. */
export const AUTH_MODES: readonly AuthMode[] = ['iam', 'secret', 'password', 'none'];

/** The values that describe one connection. */
export const CONNECTION_FIELDS = [
  'HOST',
  'PORT',
  'TLS',
  'USERNAME',
  'AUTH',
  'CLUSTER_NAME',
  'REGION',
  'SECRET_ARN',
  'PASSWORD',
  'CA_FILE',
] as const;

/** One value of a connection. */
export type ConnectionField = (typeof CONNECTION_FIELDS)[number];

/**
 * The environment variable that carries a value: `MEMORYDB_SECRET_ARN`.
 */
export function variableName(field: ConnectionField, prefix: string = DEFAULT_PREFIX): string {
  return `${prefix}_${field}`;
}

/**
 * The stack output that carries a value: `MemorydbSecretArn`.
 *
 * Output names are alphanumeric, so the variable name is written in Pascal case.
 */
export function outputName(field: ConnectionField, prefix: string = DEFAULT_PREFIX): string {
  return variableName(field, prefix)
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}
