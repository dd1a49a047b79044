import { db } from './db';
import { text, wholeNumber } from './input';

// The ledger in braces is the hash tag: all keys of one ledger are in one slot, without which nothing can work on two accounts at once.
const accountKey = (ledger: string, accountId: string) => `account:{${text('ledger', ledger)}}:${text('accountId', accountId)}`;
const transferKey = (ledger: string, transferId: string) => `transfer:{${text('ledger', ledger)}}:${text('transferId', transferId)}`;
const emailKey = (email: string) => `account:email:${text('email', email).toLowerCase()}`;

/** How long a transfer is remembered, in seconds. */
const REMEMBERED_FOR = 24 * 60 * 60;

/** How often a transfer is sent at most while it is in doubt whether it was carried out. */
const ATTEMPTS = 3;

/**
 * Moves an amount if the account has it. The server runs a script as a whole, so nobody sees or gets between its steps.
 * What a script has written stays when a later command fails, so everything is checked before the first write.
 *
 * A transfer that was carried out leaves a mark behind: sending it again, after a timeout for example, moves nothing.
 */
const TRANSFER = `
local mark = redis.call('GET', KEYS[3])
if mark then return mark == ARGV[2] and 'done' or 'transferId in use' end
local from = redis.call('HGET', KEYS[1], 'balanceCents')
local to = redis.call('HGET', KEYS[2], 'balanceCents')
if not from or not to then return 'no such account' end
for _, balance in ipairs({ from, to }) do
  if balance ~= '0' and not balance:match('^[1-9]%d*$') then return redis.error_reply('BALANCE is not a whole number') end
end
if tonumber(from) < tonumber(ARGV[1]) then return 'insufficient funds' end
if tonumber(to) + tonumber(ARGV[1]) > ${Number.MAX_SAFE_INTEGER} then return 'balance too large' end
redis.call('HINCRBY', KEYS[1], 'balanceCents', '-' .. ARGV[1])
redis.call('HINCRBY', KEYS[2], 'balanceCents', ARGV[1])
redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[3])
return 'done'
`;

/** What became of a transfer: its amount moves with `done` only. */
export type TransferResult =
  | 'done'
  | 'insufficient funds'
  | 'no such account'
  /** The recipient would have more cents than a number can hold exactly. */
  | 'balance too large'
  /** Another transfer has this id: its accounts or its amount are not the same. */
  | 'transferId in use';

/** A transfer between two accounts of one ledger. */
export interface Transfer {
  readonly ledger: string;
  /** Made up by the caller, once per transfer: it is what makes a second try harmless, for a day. */
  readonly transferId: string;
  readonly from: string;
  readonly to: string;
  readonly amountCents: number;
}

export async function transfer({ ledger, transferId, from, to, amountCents }: Transfer): Promise<TransferResult> {
  wholeNumber('amountCents', amountCents, 1);
  if (from === to) {
    throw new RangeError(`from and to must be two accounts, got ${JSON.stringify(from)} twice`);
  }
  const keys = [accountKey(ledger, from), accountKey(ledger, to), transferKey(ledger, transferId)];
  const mark = JSON.stringify([from, to, amountCents]);
  for (let attempt = 1; ; attempt++) {
    try {
      return (await db.eval(TRANSFER, keys.length, ...keys, amountCents, mark, REMEMBERED_FOR)) as TransferResult;
    } catch (error) {
      // The script was sent and its reply was lost: the mark tells whether it ran.
      if ((error as { code?: unknown }).code !== 'EINDOUBT' || attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

/** Opens an account unless it exists. */
export async function openAccount(ledger: string, accountId: string, balanceCents: number): Promise<void> {
  await db.hsetnx(accountKey(ledger, accountId), 'balanceCents', wholeNumber('balanceCents', balanceCents));
}

/** Balance in cents; undefined if there is no such account. */
export async function getBalance(ledger: string, accountId: string): Promise<number | undefined> {
  const balance = await db.hget(accountKey(ledger, accountId), 'balanceCents');
  return balance === null ? undefined : Number(balance);
}

/** Notes whose email address this is; false if it is somebody else's already. */
export async function claimEmail(email: string, customerId: string): Promise<boolean> {
  return (await db.set(emailKey(email), text('customerId', customerId), 'NX')) === 'OK' || (await findByEmail(email)) === customerId;
}

export async function findByEmail(email: string): Promise<string | undefined> {
  return (await db.get(emailKey(email))) ?? undefined;
}
