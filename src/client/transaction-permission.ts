import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChainableCommander, Cluster, Command } from 'ioredis';
import { commandInternals, pipelineInternals } from './internals';
import { TransactionError } from './transaction-error';

/** A reply to EXEC that is an error, with those to the commands before it, as ioredis puts them together. */
export type Refused = Error & { readonly previousErrors?: readonly (Error & { readonly command?: { readonly name: string } })[] };

/** A transaction that waits to be permitted. */
export interface Waiting {
  readonly commands: readonly Command[];
  /** Whether its caller has an error already. */
  isOver(): boolean;
  go(): void;
  refuse(error: Error): void;
}

/** Who waits for one node, and the end of that. */
interface Question {
  readonly waiting: Waiting[];
  readonly done: Promise<void>;
}

/** Clients whose user may begin and end transactions. */
const permitted = new WeakSet<Cluster>();

const questions = new WeakMap<Cluster, Map<string, Question>>();

/**
 * Makes sure that the user of a client may begin and end transactions, by an empty one, unless that is known: a server that refuses MULTI executes the
 * commands after it one by one, and its answer to EXEC reads as if it had not.
 *
 * @param empty - begins one, on a connection that watches nothing: it ends that
 * @param commands - the commands of the transaction, whose node is asked
 * @throws what the server refuses it with
 */
export async function permitTransactions(db: Cluster, empty: () => ChainableCommander, commands: readonly Command[] = []): Promise<void> {
  if (!permitted.has(db)) {
    await ask(empty(), commands);
    permitted.add(db);
  }
}

/** The same for one that waits: what is for the same node waits for the same answer, and goes on in its order. */
export function permitInOrder(db: Cluster, waiting: Waiting): void {
  const pending = questions.get(db) ?? new Map<string, Question>();
  const question = namesOf(db, waiting.commands).map((name) => pending.get(name)).find((each) => each !== undefined);
  if (question) {
    question.waiting.push(waiting);
  } else if (permitted.has(db)) {
    waiting.go();
  } else {
    questions.set(db, pending);
    const [name] = namesOf(db, waiting.commands);
    const all = [waiting];
    pending.set(name, { waiting: all, done: untilAnswered(db, all, () => pending.delete(name)) });
  }
}

/** Waits until nothing waits any more for the answer to a question; undefined if nothing does. */
export function untilPermitted(db: Cluster): Promise<unknown> | undefined {
  const pending = [...questions.get(db)?.values() ?? []];
  return pending.length > 0 ? Promise.all(pending.map(({ done }) => done)) : undefined;
}

/** A server has refused MULTI: the permission was taken away. */
export function forgetPermission(db: Cluster): void {
  permitted.delete(db);
}

/** The same if an error says so. */
export function noteLostPermission(db: Cluster, error: unknown): void {
  if (error instanceof TransactionError && error.code === 'EPARTIAL' && error.results === undefined) {
    forgetPermission(db);
  }
}

/** Whether an error that EXEC got says that MULTI was refused, and the commands were executed one by one. */
export function isWithoutMulti(error: unknown): boolean {
  return (error as Refused).previousErrors?.[0]?.command?.name === 'multi';
}

/** Asks for as long as somebody waits. */
async function untilAnswered(db: Cluster, waiting: Waiting[], end: () => void): Promise<void> {
  for (;;) {
    try {
      await ask(db.multi(), waiting[0].commands);
      permitted.add(db);
      end();
      waiting.forEach((each) => each.go());
      return;
    } catch (error) {
      if ((error as Error).name === 'ReplyError') {
        end();
        waiting.forEach((each) => each.refuse(error as Error));
        return;
      }
    }
    // The first one had no more time than it; the others may have.
    await nextTurn();
    const left = waiting.splice(0).filter((each) => !each.isOver());
    if (left.length === 0) {
      end();
      return;
    }
    waiting.push(...left);
  }
}

async function ask(empty: ChainableCommander, commands: readonly Command[]): Promise<void> {
  const [multi] = pipelineInternals(empty)._queue;
  const first = firstWithKey(commands);
  if (first) {
    multi.getKeys = () => first.getKeys();
  }
  try {
    await empty.exec();
  } catch (error) {
    throw (error as Refused).previousErrors?.[0] ?? error;
  }
}

/** What the node of a transaction is called; before it is known, its slot. */
function namesOf(db: Cluster, commands: readonly Command[]): [string, ...string[]] {
  const slot = commandInternals(firstWithKey(commands) ?? commands[0]).getSlot();
  const name = slot === null ? undefined : db.slots[slot]?.[0];
  return name === undefined ? [String(slot)] : [name, String(slot)];
}

function firstWithKey(commands: readonly Command[]): Command | undefined {
  return commands.find((command) => command.getKeys().length > 0);
}
