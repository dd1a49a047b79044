import type { ChainableCommander, Command, RedisKey } from 'ioredis';
import { InDoubtError } from './errors';
import { pipelineInternals } from './internals';
import { hashTag, slotOf } from './keys';
import { isMalformed, malformed } from './malformed';
import { ENDS_TRANSACTION } from './open-transactions';
import { TransactionError, inDoubt, withoutMulti } from './transaction-error';
import { isWithoutMulti } from './transaction-permission';
import type { Refused } from './transaction-permission';
import { sendWithText } from './whole-scripts';

/**
 * Refuses a key that is not in the slot of a tag.
 *
 * @param what - where the key is used
 */
export function checkSlot(tag: string | number, what: string, key: RedisKey, slot: number): void {
  if (slot !== slotOf(hashTag(tag))) {
    throw wrongSlot(tag, `the key ${JSON.stringify(String(key))} of ${what}`, slot);
  }
}

/**
 * The error for a key that is not in the slot of a tag.
 *
 * @param subject - the key
 */
export function wrongSlot(tag: string | number, subject: string, slot: number): TypeError {
  const quoted = JSON.stringify(String(tag));
  return new TypeError(`${subject} is in slot ${slot}, not in slot ${slotOf(hashTag(tag))} of the tag ${quoted}: make it with hashTag(${quoted}, ...)`);
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
    const [, ...commands] = pipelineInternals(this.tx)._queue;
    for (const command of commands) {
      if (isMalformed(command)) {
        throw malformed(command);
      }
      sendWithText(command);
      const name = command.name.toUpperCase();
      if (name === 'MULTI' || ENDS_TRANSACTION.includes(command.name.toLowerCase())) {
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
   * @param permit - makes sure that the server will accept them
   * @returns the replies, or undefined when a watched key was changed
   */
  async execute(permit?: (commands: readonly Command[]) => Promise<void>): Promise<unknown[] | undefined> {
    const commands = this.check();
    if (commands.length === 0) {
      return [];
    }
    // ioredis calls it again for every retry.
    this.tx.exec = this.#exec;
    const replies = await refusals(async () => {
      await permit?.(commands);
      return this.#exec.call(this.tx);
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

/**
 * Gives callers the errors that they know for those of the server and of the client.
 *
 * When MULTI was accepted, a reply to EXEC that is an error means that nothing was applied; the reason is in the reply to the command that
 * was refused.
 */
export async function refusals<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusal(error as Refused);
  }
}

function refusal(error: Refused): Error {
  if (error instanceof InDoubtError) {
    return inDoubt(error);
  }
  if (error.name !== 'ReplyError') {
    return error;
  }
  // A permission may have been taken away since it was asked for.
  if (isWithoutMulti(error)) {
    return withoutMulti(error);
  }
  const [cause = error] = error.previousErrors ?? [];
  return new TransactionError(`the server refused the transaction, nothing was applied: ${cause.message}`, { code: 'EABORTED', cause });
}
