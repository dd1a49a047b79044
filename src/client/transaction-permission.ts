import type { ChainableCommander, Cluster, Command } from 'ioredis';
import { pipelineInternals } from './internals';

/** A reply to EXEC that is an error, with those to the commands before it, as ioredis puts them together. */
export type Refused = Error & { readonly previousErrors?: readonly (Error & { readonly command?: { readonly name: string } })[] };

/** Clients whose user may begin and end transactions. */
const permitted = new WeakSet<Cluster>();

/**
 * Makes sure that the user of a client may begin and end transactions, by an empty one, unless that is known: a server that refuses MULTI executes the
 * commands after it one by one.
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

/** Notes that MULTI was refused if an error says so, since the permission may have been taken away. */
export function noteLostPermission(db: Cluster, error: unknown): void {
  if (isWithoutMulti((error as Error | undefined)?.cause)) {
    permitted.delete(db);
  }
}

/** Whether an error that EXEC got says that MULTI was refused, and the commands were executed one by one. */
export function isWithoutMulti(error: unknown): boolean {
  return (error as Refused | undefined)?.previousErrors?.[0]?.command?.name === 'multi';
}

async function ask(empty: ChainableCommander, commands: readonly Command[]): Promise<void> {
  const [multi] = pipelineInternals(empty)._queue;
  const [key] = commands.flatMap((command) => command.getKeys().slice(0, 1));
  if (key !== undefined) {
    multi.getKeys = () => [key];
  }
  try {
    await empty.exec();
  } catch (error) {
    throw (error as Refused).previousErrors?.[0] ?? error;
  }
}
