import { ConfigurationError, CredentialsError } from './errors';
import { SLOTS } from './slots';

/**
 * The message of an ioredis error that the cluster client answers with a retry on another connection.
 *
 * It is the only message that it treats so, hence transport errors have to travel under it, with the truth as `cause`.
 */
const RETRIED_MESSAGE = 'Connection is closed.';

/** The name of the errors that servers reply with. */
export const REPLY = 'ReplyError';

/** What a slot refresh reports when one node did not answer in time: true, but never the reason. */
const REFRESH_TIMEOUT_MESSAGE = 'timeout';

/** Codes with which node refuses a server certificate. */
const CERTIFICATE_CODES = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Replies that stay the same until somebody changes a password or an access string. */
const REFUSAL = /^(WRONGPASS|NOAUTH|NOPERM)\b/;

/** Wraps the reason why a connection failed in the error that makes ioredis retry. */
export function retriable(cause: unknown): Error {
  return new Error(RETRIED_MESSAGE, { cause });
}

/** Whether ioredis answers an error with a retry on another connection. */
export function isRetriable(error: Error): boolean {
  return error.message === RETRIED_MESSAGE && error.name !== REPLY;
}

/*
 * The replies of servers below are told by more than their first word: the errors that scripts give may begin with the same, and a script
 * that gave one has been executed.
 */

/** Replies with which a server refuses what another one will take, or it itself later: there is no primary, or this is no longer one. */
const NO_PRIMARY = /^READONLY You can't write against a read only /;

/** Replies of a server that cannot answer now. */
const NOT_NOW = /^(CLUSTERDOWN (The cluster is down|Hash slot not served)|LOADING \S+ is loading the dataset in memory|MASTERDOWN Link with |NOAUTH Authentication required\.$)/;

/** The reply of a server that has some keys of a command, and not yet or no longer the others. */
const TRY_AGAIN = /^TRYAGAIN Multiple keys request during rehashing of slot/;

/** The first words that ioredis takes for such a reply, whatever follows. */
const RETRIED_WORDS = /^(ASK|CLUSTERDOWN|MOVED|TRYAGAIN)\b/;

/** How it ends a command that blocked and did nothing; with `CLIENT UNBLOCK`, which a caller asked for, the text is another one. */
const NO_LONGER_PRIMARY = /^UNBLOCKED force unblock from blocking operation, instance state changed/;

/** What ioredis adds to the error of a single command, though not to that of a pipeline. */
interface Refused {
  readonly command?: { readonly name: string; readonly args: readonly unknown[] };
}

/** Whether a server has executed nothing because it is not, or no longer, a primary that works, so that the command can be sent again. */
export function isRefusal(error: Error): boolean {
  if (NO_LONGER_PRIMARY.test(error.message)) {
    const { command } = error as Refused;
    // `$` is what comes from now on: what came meanwhile would be missed.
    return command !== undefined && !(command.name.toLowerCase() === 'xread' && command.args.map(String).includes('$'));
  }
  return NO_PRIMARY.test(error.message) || cannotAnswer(error);
}

/** Whether a server has executed nothing because the slot is on its way to another one. */
export function isSplit({ message }: Error): boolean {
  return TRY_AGAIN.test(message);
}

/** Whether ioredis would take an error of a script for one after which nothing was executed. */
export function isLookalike(error: Error): boolean {
  const isClosed = error.message === RETRIED_MESSAGE && error.name === REPLY;
  return isClosed || RETRIED_WORDS.test(error.message) && !isElsewhere(error) && !isSplit(error) && !cannotAnswer(error);
}

/** Whether a server says that it cannot answer now, and has executed nothing. */
export function cannotAnswer({ message }: Error): boolean {
  return NOT_NOW.test(message);
}

/** Whether a server says that a connection is signed out. */
export function isSignedOut({ message }: Error): boolean {
  return /^(EXECABORT .*: )?NOAUTH Authentication required\.$/.test(message);
}

/** A reply that names the node which serves a slot, or one that gets it. */
const ELSEWHERE = /^(MOVED|ASK) (\d{1,5}) (\S*:\d{1,5})$/;

/** Whether a server has executed nothing because another one serves the slot, or gets it. */
export function isElsewhere({ message }: Error): boolean {
  const [, , slot] = ELSEWHERE.exec(message) ?? [];
  return Number(slot) < SLOTS;
}

/** The slot and the node, as `host:port`, of a reply that says that the slot is served elsewhere. */
export function redirectionOf(error: Error): { readonly slot: number; readonly node: string } | undefined {
  const [, kind, slot, node] = ELSEWHERE.exec(error.message) ?? [];
  return kind === 'MOVED' && isElsewhere(error) ? { slot: Number(slot), node } : undefined;
}

/** What a command gets that is left over when a client ends. */
export function closed(): Error {
  return new Error(RETRIED_MESSAGE);
}

/**
 * The reason inside the wrappers of ioredis, or undefined when the error says no more than "it did not work".
 */
export function trueCause(error: unknown): Error | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const { lastNodeError } = error as { lastNodeError?: unknown };
  if (lastNodeError) {
    return trueCause(lastNodeError);
  }
  if (error.message === RETRIED_MESSAGE) {
    return trueCause(error.cause);
  }
  return error.message === REFRESH_TIMEOUT_MESSAGE ? undefined : error;
}

/** Whether trying again is pointless until somebody changes the configuration. */
export function isPermanent(error: Error): boolean {
  if (error instanceof CredentialsError) {
    return error.permanent;
  }
  return error instanceof ConfigurationError || CERTIFICATE_CODES.has(codeOf(error)) || REFUSAL.test(error.message);
}

/** The failure as a part of a sentence, with a hint where the server's text has none. */
export function describe(error: Error): string {
  const code = codeOf(error);
  const text = error.message.replace(/\.$/, '');
  // An own message needs no code to be recognized.
  const named = code && !(error instanceof CredentialsError) && !text.includes(code) ? `${text} (${code})` : text;
  return REFUSAL.exec(text)?.[1] === 'NOPERM'
    ? `${named}; besides its data commands, the access string needs "+cluster|slots +cluster|info +readonly +info"`
    : named;
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
