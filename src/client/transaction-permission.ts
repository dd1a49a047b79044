import type { ChainableCommander, Cluster, RedisKey } from 'ioredis';
import { pipelineInternals } from './internals';

const permitted = new WeakSet<Cluster>();

/**
 * Makes sure that the user of a client may begin and end transactions, by an empty one, until it is known: a server that refuses MULTI
 * executes the commands after it one by one, and its answer to EXEC reads as if it had not.
 *
 * @param begin - begins a transaction
 * @param key - a key of the node to ask, which will be that of the transaction
 * @returns undefined when it is known
 * @throws what the server refuses it with
 */
export function permitTransactions(db: Cluster, begin: () => ChainableCommander, key?: RedisKey): Promise<void> | undefined {
  return permitted.has(db) ? undefined : ask(begin(), key).then(() => void permitted.add(db));
}

async function ask(empty: ChainableCommander, key: RedisKey | undefined): Promise<void> {
  const [multi] = pipelineInternals(empty)._queue;
  if (key !== undefined) {
    multi.getKeys = () => [key];
  }
  try {
    await empty.exec();
  } catch (error) {
    const [refusal] = (error as { readonly previousErrors?: readonly Error[] }).previousErrors ?? [];
    throw refusal ?? error;
  }
}
