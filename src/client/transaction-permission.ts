import type { ChainableCommander, Cluster, Command } from 'ioredis';
import { commandInternals, pipelineInternals } from './internals';

const permitted = new WeakSet<Cluster>();

/** Questions that were not answered yet, by the node that they are for; by undefined while it is not known. */
const questions = new WeakMap<Cluster, Map<string | undefined, Promise<void>>>();

/**
 * Makes sure that the user of a client may begin and end transactions, by an empty one, until it is known: a server that refuses MULTI
 * executes the commands after it one by one, and its answer to EXEC reads as if it had not. What is for the same node waits for the same answer,
 * and stays in its order.
 *
 * @param begin - begins a transaction
 * @param commands - the commands of the transaction, whose node is asked
 * @returns undefined when it is known
 * @throws what the server refuses it with
 */
export function permitTransactions(db: Cluster, begin: () => ChainableCommander, commands: readonly Command[] = []): Promise<void> | undefined {
  const first = commands.find((command) => command.getKeys().length > 0);
  const node = first && db.slots[commandInternals(first).getSlot() ?? -1]?.[0];
  const pending = questions.get(db)?.get(node) ?? questions.get(db)?.get(undefined);
  if (pending) {
    return pending.catch((error: Error) => {
      if (isRefusal(error)) {
        throw error;
      }
      // Whoever asked has given up.
      return permitTransactions(db, begin, commands);
    });
  }
  return permitted.has(db) ? undefined : question(db, node, ask(begin(), first));
}

/** What waits for an answer, and goes on with it. */
export async function untilPermitted(db: Cluster): Promise<void> {
  await Promise.allSettled(questions.get(db)?.values() ?? []);
}

/** Whether something waits for an answer. */
export function isAskingForPermission(db: Cluster): boolean {
  return (questions.get(db)?.size ?? 0) > 0;
}

/** A server has refused MULTI: the permission was taken away. */
export function forgetPermission(db: Cluster): void {
  permitted.delete(db);
}

/** Whether an error that EXEC got says that MULTI was refused, and the commands were executed one by one. */
export function isWithoutMulti(error: unknown): boolean {
  return (error as Refused).previousErrors?.[0]?.command?.name === 'multi';
}

/** A reply to EXEC that is an error, with those to the commands before it, as ioredis puts them together. */
export type Refused = Error & { readonly previousErrors?: readonly (Error & { readonly command?: { readonly name: string } })[] };

function question(db: Cluster, node: string | undefined, answer: Promise<void>): Promise<void> {
  const pending = questions.get(db) ?? new Map<string | undefined, Promise<void>>();
  questions.set(db, pending);
  const known = answer.then(() => void permitted.add(db));
  pending.set(node, known);
  // After those who wait, which would be overtaken otherwise.
  known.catch(() => undefined).then(() => pending.delete(node), () => undefined);
  return known;
}

async function ask(empty: ChainableCommander, first: Command | undefined): Promise<void> {
  const [multi] = pipelineInternals(empty)._queue;
  if (first) {
    multi.getKeys = () => first.getKeys();
  }
  try {
    await empty.exec();
  } catch (error) {
    throw (error as Refused).previousErrors?.[0] ?? error;
  }
}

function isRefusal({ name }: Error): boolean {
  return name === 'ReplyError';
}
