import type { ChainableCommander, Command, RedisKey } from 'ioredis';
import { InDoubtError } from './errors';
import { hashTag, slotOf } from './keys';
import { TransactionError, inDoubt } from './transaction-error';

/** What would end or nest a transaction. */
const REFUSED = ['exec', 'discard', 'watch', 'unwatch'];

/**
 * Refuses a key that is not in the slot of a tag.
 *
 * @param what - where the key is used
 */
export function checkSlot(tag: string | number, what: string, key: RedisKey, slot: number): void {
  const expected = slotOf(hashTag(tag));
  if (slot !== expected) {
    const [quotedKey, quotedTag] = [String(key), String(tag)].map((text) => JSON.stringify(text));
    throw new TypeError(
      `the key ${quotedKey} of ${what} is in slot ${slot}, not in slot ${expected} of the tag ${quotedTag}: make it with hashTag(${quotedTag}, ...)`,
    );
  }
}

/** The commands of one transaction until they are executed. */
export class TransactionQueue {
  readonly tx: ChainableCommander;
  readonly #exec: ChainableCommander['exec'];
  readonly #tag: string | number;

  /**
   * @param tx - a MULTI of ioredis without commands
   * @param tag - the text of the hash tag that all keys share
   */
  constructor(tx: ChainableCommander, tag: string | number) {
    this.tx = tx;
    this.#tag = tag;
    this.#exec = tx.exec;
    tx.exec = () => {
      throw new TypeError('transaction() executes the commands by itself: leave exec() out');
    };
  }

  /**
   * The commands that were added.
   *
   * @throws TypeError for a command that cannot be part of it
   */
  check(): Command[] {
    const [, ...commands] = (this.tx as unknown as { readonly _queue: Command[] })._queue;
    for (const command of commands) {
      const name = command.name.toUpperCase();
      if (name === 'MULTI' || REFUSED.includes(command.name.toLowerCase())) {
        throw new TypeError(`${name} cannot be in a transaction, which begins and ends by itself`);
      }
      for (const key of command.getKeys()) {
        checkSlot(this.#tag, name, key, slotOf(key));
      }
    }
    return commands;
  }

  /**
   * Sends the transaction.
   *
   * @returns the replies, or undefined when a watched key was changed
   */
  async execute(): Promise<unknown[] | undefined> {
    const commands = this.check();
    if (commands.length === 0) {
      return [];
    }
    // ioredis calls it again for every retry.
    this.tx.exec = this.#exec;
    const replies = await this.#exec.call(this.tx).catch((error: Error) => {
      throw refusal(error);
    });
    const failed = replies?.findIndex(([error]) => error) ?? -1;
    if (failed >= 0) {
      const cause = replies![failed][0]!;
      throw new TransactionError(
        `${commands[failed].name.toUpperCase()} failed, other commands of the transaction were applied all the same: ${cause.message}`,
        { code: 'EPARTIAL', cause, results: replies!.map(([error, reply]) => error ?? reply) },
      );
    }
    return replies?.map(([, reply]) => reply);
  }
}

/** A reply to EXEC that is an error means that nothing was applied; the reason is in the reply to the command that was refused. */
function refusal(error: Error & { previousErrors?: Error[] }): Error {
  if (error instanceof InDoubtError) {
    return inDoubt(error);
  }
  if (error.name !== 'ReplyError') {
    return error;
  }
  const [cause = error] = error.previousErrors ?? [];
  return new TransactionError(`the server refused the transaction, nothing was applied: ${cause.message}`, { code: 'EABORTED', cause });
}
