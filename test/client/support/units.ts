import * as fc from 'fast-check';
import type { ChainableCommander, Cluster } from 'ioredis';
import { canonical, execute, normalized } from './keyspace-model';
import type { Keyspace, Operation } from './keyspace-model';
import { batch, InDoubtError, mget, transaction, TransactionError } from '../../../src/client';

/** The keys of a caller. */
export const KEYS = ['a', 'b', 'c'];
/** It needs a connection of its own, which may be lost many times before it is done. */
const WATCHING_MS = 60_000;

export const APPEND = 'return redis.call("append", KEYS[1], ARGV[1])';

/** Commands that may have been executed twice, so that their replies do not tell what there was. */
const COUNTS = ['del', 'sadd', 'srem', 'hset', 'hdel'];

/** What a caller was told of a command. */
export type Outcome = { readonly reply: unknown } | 'refused' | 'not executed' | 'in doubt';

/** Commands that a caller gives to the client together. */
export interface Unit {
  readonly kind: 'single' | 'pipeline' | 'multi' | 'mixed' | 'transaction' | 'watching' | 'batch' | 'burst' | 'mget';
  readonly operations: readonly Operation[];
}

const operationOf = (names: readonly string[], argsOf: Readonly<Record<string, readonly string[]>> = {}) =>
  fc.record({ name: fc.constantFrom(...names), key: fc.constantFrom(...KEYS), word: fc.constantFrom('x', 'y', 'z'), other: fc.constantFrom(...KEYS) })
    .map(({ name, key, word, other }): Operation => ({ name, key, args: argsOf[name] ?? (name === 'rename' ? [other] : [word]) }));

const ARGS: Readonly<Record<string, readonly string[]>> = {
  get: [], del: [], incr: [], lpop: [], smembers: [], hgetall: [], lrange: ['0', '-1'], hdel: ['x'],
};

const anyOperation = fc.oneof(
  { weight: 5, arbitrary: operationOf(['get', 'append', 'eval', 'appendByName', 'incr', 'getset', 'del', 'rpush', 'lpop', 'lrange', 'sadd', 'srem', 'smembers', 'hdel', 'hgetall'], ARGS) },
  { weight: 1, arbitrary: operationOf(['set']).map((operation) => ({ ...operation, args: [...operation.args, ...operation.key === 'c' ? ['NX'] : []] })) },
  { weight: 1, arbitrary: operationOf(['hset']).map((operation) => ({ ...operation, args: [...operation.args, 'v'] })) },
);

const several = (operation: fc.Arbitrary<Operation>) => fc.array(operation, { minLength: 2, maxLength: 6 });

/** @param isWide - whether the keys are in slots of their own */
export const unitOf = (isWide: boolean): fc.Arbitrary<Unit> => {
  const single = anyOperation.map((operation): Unit => ({ kind: 'single', operations: [operation] }));
  if (isWide) {
    const once = fc.uniqueArray(anyOperation, { minLength: 2, maxLength: 3, selector: ({ key }) => key });
    return fc.oneof(
      single,
      fc.record({ kind: fc.constantFrom('batch' as const, 'burst' as const), operations: once }),
      fc.constant<Unit>({ kind: 'mget', operations: KEYS.map((key) => ({ name: 'mget', key, args: [] })) }),
    );
  }
  const tagged = fc.oneof({ weight: 9, arbitrary: anyOperation }, { weight: 1, arbitrary: operationOf(['rename']) });
  const kind = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Unit['kind'][]>('pipeline', 'multi', 'mixed', 'transaction') },
    { weight: 1, arbitrary: fc.constant<Unit['kind']>('watching') },
  );
  return fc.oneof(single, fc.record({ kind, operations: several(tagged) }));
};

const isInDoubt = (error: unknown) => error instanceof InDoubtError || error instanceof TransactionError && error.code === 'EINDOUBT';

function outcomeOf(operation: Operation, error: Error | null | undefined, reply: unknown): Outcome {
  if (!error) {
    return { reply: normalized(operation.name, reply) };
  }
  if (isInDoubt(error)) {
    return 'in doubt';
  }
  if (/WRONGTYPE |ERR value is not an integer|ERR no such key/.test(error.message)) {
    return 'refused';
  }
  // A server on whose way to another one the keys are refuses what a script does to one that has just been renamed or deleted.
  if (error.message.includes('Script attempted to access a non local key')) {
    return 'not executed';
  }
  throw error;
}

/** The states that are possible after a unit. */
export function statesAfter(states: readonly Keyspace[], { kind, operations }: Unit, outcomes: readonly Outcome[]): Keyspace[] {
  const first = kind === 'mixed' ? 1 : 0;
  const last = kind === 'mixed' ? operations.length - 1 : operations.length;
  const isWhole = ['mixed', 'multi', 'transaction', 'watching'].includes(kind) && outcomes.slice(first, last).some((outcome) => outcome === 'in doubt');
  let possible = [...states];
  operations.forEach((operation, index) => {
    const outcome = outcomes[index];
    if (isWhole && index >= first && index < last) {
      if (index === first) {
        const all = (space: Keyspace) => operations.slice(first, last).reduce((before, each) => execute(before, each).after, space);
        possible = possible.flatMap((space) => [space, all(space)]);
      }
      return;
    }
    possible = possible.flatMap((space) => {
      const { reply, after } = execute(space, operation);
      if (outcome === 'in doubt') {
        return [space, after];
      }
      if (outcome === 'not executed') {
        return [space];
      }
      if (outcome === 'refused') {
        return reply === undefined ? [space] : [];
      }
      // What was refused may have been done the second time if the key is deleted anyway.
      const isDeleted = operations.slice(index + 1).some(({ name, key }) => name === 'del' && key === operation.key);
      const mayDiffer = COUNTS.includes(operation.name) && (reply !== undefined || isDeleted);
      return mayDiffer || reply !== undefined && JSON.stringify(reply) === JSON.stringify(outcome.reply) ? [after] : [];
    });
  });
  return [...new Map(possible.map((space) => [canonical(space), space])).values()];
}

type Commands = Readonly<Record<string, (...args: (string | number)[]) => Promise<unknown>>>;

function give(to: Cluster | ChainableCommander, { name, args }: Operation, key: (name: string) => string, on: string): unknown {
  const commands = to as unknown as Commands;
  return name === 'eval' ? commands.eval(APPEND, 1, key(on), ...args) : commands[name](key(on), ...name === 'rename' ? [key(args[0])] : args);
}

type Pairs = [Error | null, unknown][];

const pairsOf = (replies: readonly unknown[]): Pairs => replies.map((each) => (each instanceof Error ? [each, undefined] : [null, each]));

/** What became of the operations of a MULTI whose EXEC failed. */
function failed(error: Error, operations: readonly Operation[]): Outcome[] {
  if (isInDoubt(error)) {
    return operations.map(() => 'in doubt');
  }
  if (/^(EXECABORT|MOVED|ASK|TRYAGAIN) /.test(error.message)) {
    return operations.map(() => 'not executed');
  }
  throw error;
}

/** Executes a unit, and says what became of each operation. */
export async function perform(db: Cluster, { kind, operations }: Unit, key: (name: string) => string): Promise<Outcome[]> {
  const addTo = (to: ChainableCommander, some: readonly Operation[]) => some.forEach((operation) => give(to, operation, key, operation.key));
  const fromPairs = (pairs: Pairs, some = operations) => some.map((operation, index) => {
    const [error, reply] = pairs[index];
    return kind !== 'batch' && error && /^(MOVED|ASK|TRYAGAIN) /.test(error.message) ? 'not executed' : outcomeOf(operation, error, reply);
  });
  switch (kind) {
    case 'single':
    case 'burst': {
      const results = await Promise.allSettled(operations.map((operation) => give(db, operation, key, operation.key)));
      return operations.map((operation, index) => {
        const result = results[index];
        return result.status === 'fulfilled' ? outcomeOf(operation, null, result.value) : outcomeOf(operation, result.reason as Error, undefined);
      });
    }
    case 'batch':
    case 'pipeline': {
      const pipeline = kind === 'batch' ? batch(db) : db.pipeline();
      addTo(pipeline, operations);
      return fromPairs(await pipeline.exec() as Pairs);
    }
    case 'multi': {
      const multi = db.multi();
      addTo(multi, operations);
      return multi.exec().then((pairs) => fromPairs(pairs!), (error: Error) => failed(error, operations));
    }
    case 'mixed': {
      const inner = operations.slice(1, -1);
      const pipeline = db.pipeline();
      addTo(pipeline, operations.slice(0, 1));
      pipeline.call('multi');
      addTo(pipeline, inner);
      pipeline.call('exec');
      addTo(pipeline, operations.slice(-1));
      const pairs = await pipeline.exec() as Pairs;
      const [error, replies] = pairs[inner.length + 2];
      const [before] = fromPairs(pairs.slice(0, 1), operations.slice(0, 1));
      const [after] = fromPairs(pairs.slice(-1), operations.slice(-1));
      return [before, ...error ? failed(error, inner) : fromPairs(pairsOf(replies as unknown[]), inner), after];
    }
    case 'transaction':
    case 'watching': {
      const tag = key('').slice(1, -1);
      const add = (tx: ChainableCommander) => addTo(tx, operations);
      const replied = kind === 'transaction' ? transaction(db, tag, add) : transaction(db, tag, { watch: KEYS.map(key), timeout: WATCHING_MS }, add);
      return replied.then((replies) => fromPairs(pairsOf(replies)), (error: Error) => {
        if (error instanceof TransactionError && error.results) {
          return fromPairs(pairsOf(error.results));
        }
        if (isInDoubt(error)) {
          return operations.map(() => 'in doubt' as const);
        }
        throw error;
      });
    }
    case 'mget': {
      const values = await mget(db, operations.map((operation) => key(operation.key)));
      return fromPairs(pairsOf(values));
    }
  }
}
