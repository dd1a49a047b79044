import { db } from './db';

// The ledger in braces is the hash tag: all accounts of one ledger are in one slot, without which nothing can work on two of them at once.
const accountKey = (ledger: string, accountId: string) => `account:{${ledger}}:${accountId}`;
const transferKey = (ledger: string, transferId: string) => `account:{${ledger}}:transfer:${transferId}`;
const emailKey = (email: string) => `account:email:${email.toLowerCase()}`;

/** How long a transfer's id is remembered, in seconds. */
const REMEMBERED_FOR = 24 * 60 * 60;

/**
 * Moves an amount if the account has it. The server runs a script as a whole, so nobody sees or gets between its steps.
 *
 * A transfer that was carried out leaves its id behind: sending it again, after a timeout for example, moves nothing.
 */
const TRANSFER = `
if redis.call('EXISTS', KEYS[3]) == 1 then return 'done' end
local balance = redis.call('HGET', KEYS[1], 'balanceCents')
if not balance or redis.call('EXISTS', KEYS[2]) == 0 then return 'no such account' end
if tonumber(balance) < tonumber(ARGV[1]) then return 'insufficient funds' end
redis.call('HINCRBY', KEYS[1], 'balanceCents', '-' .. ARGV[1])
redis.call('HINCRBY', KEYS[2], 'balanceCents', ARGV[1])
redis.call('SET', KEYS[3], 'done', 'EX', ARGV[2])
return 'done'
`;

/** What became of a transfer. */
export type TransferResult = 'done' | 'insufficient funds' | 'no such account';

/** A transfer between two accounts of one ledger. */
export interface Transfer {
  readonly ledger: string;
  /** Made up by the caller, once per transfer: it is what makes a second try harmless. */
  readonly transferId: string;
  readonly from: string;
  readonly to: string;
  readonly amountCents: number;
}

export async function transfer({ ledger, transferId, from, to, amountCents }: Transfer): Promise<TransferResult> {
  if (!Number.isSafeInteger(amountCents) || amountCents <= 0) {
    throw new RangeError(`amountCents must be a whole number above 0, got ${amountCents}`);
  }
  const keys = [accountKey(ledger, from), accountKey(ledger, to), transferKey(ledger, transferId)];
  return (await db.eval(TRANSFER, keys.length, ...keys, amountCents, REMEMBERED_FOR)) as TransferResult;
}

/** Opens an account unless it exists. */
export async function openAccount(ledger: string, accountId: string, balanceCents: number): Promise<void> {
  await db.hsetnx(accountKey(ledger, accountId), 'balanceCents', balanceCents);
}

/** Balance in cents; undefined if there is no such account. */
export async function getBalance(ledger: string, accountId: string): Promise<number | undefined> {
  const balance = await db.hget(accountKey(ledger, accountId), 'balanceCents');
  return balance === null ? undefined : Number(balance);
}

/** Notes whose email address this is; false if it is somebody else's already. */
export async function claimEmail(email: string, customerId: string): Promise<boolean> {
  return (await db.set(emailKey(email), customerId, 'NX')) === 'OK' || (await findByEmail(email)) === customerId;
}

export async function findByEmail(email: string): Promise<string | undefined> {
  return (await db.get(emailKey(email))) ?? undefined;
}
