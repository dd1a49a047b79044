import type { Refused } from './transaction-permission';

/**
 * What became of a transaction that did not go through:
 *
 * - `EABORTED`: the server refused one of its commands (`cause`), so nothing was applied
 * - `EPARTIAL`: some of its commands failed when they were executed, the others were applied: a server does not roll back. Without
 *   `results`: the user may not send MULTI (any more), and each command was executed by itself
 * - `ECONFLICT`: in every attempt somebody else changed a watched key, so nothing was applied. Without the option `watch`, it was watched on the
 *   connection that all callers of the client share
 * - `EINDOUBT`: the connection broke after EXEC was sent, so either all of it was applied or nothing
 */
export type TransactionErrorCode = 'EABORTED' | 'EPARTIAL' | 'ECONFLICT' | 'EINDOUBT';

/** A transaction that did not go through as a whole; `code` says what was applied. */
export class TransactionError extends Error {
  readonly code: TransactionErrorCode;

  /** With `EPARTIAL`, the reply of each command, or its error. */
  readonly results?: readonly unknown[];

  constructor(message: string, details: { code: TransactionErrorCode; cause?: unknown; results?: readonly unknown[] }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TransactionError';
    this.code = details.code;
    this.results = details.results;
  }
}

/** The error for a transaction that would be begun on a connection of the client, and not ended with what it is sent with. */
export function openTransaction(): TypeError {
  return new TypeError('MULTI without its EXEC would go on with the commands of others on the same connection: use transaction() or multi()');
}

/** The error for a transaction whose MULTI was refused. */
export function withoutMulti(cause: unknown): TransactionError {
  const { message } = (cause as Refused).previousErrors![0];
  return new TransactionError(`the server refused MULTI and executed the commands one by one: ${message}`, { code: 'EPARTIAL', cause });
}

/** The error for a transaction that was sent, and whose reply was lost. */
export function inDoubt(cause: unknown): TransactionError {
  return new TransactionError('the connection broke after the transaction was sent: it was applied as a whole or not at all', { code: 'EINDOUBT', cause });
}
