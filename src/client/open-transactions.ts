import type { Command, Redis } from 'ioredis';

/** What begins a transaction, and what ends it. */
const CHANGES = new Map([['multi', true], ['exec', false], ['discard', false], ['reset', false]]);

/** What ends a transaction, or what it depends on, or its connection. */
export const ENDS_TRANSACTION: readonly string[] = ['exec', 'discard', 'watch', 'unwatch', 'reset', 'quit'];

const open = new WeakSet<Redis>();
const watching = new WeakSet<Redis>();

/** Whether a command begins or executes a transaction, in any spelling. */
export function isMultiOrExec({ name }: Command): boolean {
  return /^(multi|exec)$/i.test(name);
}

/** Whether a command belongs to a transaction, also one that was begun with `call`, of which ioredis does not know. */
export function isOfTransaction(command: Command): boolean {
  return command.inTransaction || isMultiOrExec(command);
}

/**
 * Whether a caller has begun a transaction on a node's connection and not ended it yet. What the client asks by itself would become part of
 * it. One that is sent as a pipeline is written in one piece, and nothing can come in between.
 */
export function isInTransaction(node: Redis): boolean {
  return open.has(node);
}

/** Whether a caller has begun a transaction on a node's connection, or watches keys for one, neither of which another connection would know of. */
export function hasState(node: Redis): boolean {
  return open.has(node) || watching.has(node);
}

/** Keeps up with the commands that are given to a node's connection. */
export function noteTransaction(node: Redis, name: string): void {
  const word = name.toLowerCase();
  const begins = CHANGES.get(word);
  if (begins === true) {
    open.add(node);
  } else if (begins === false) {
    forgetTransaction(node);
  } else if (word === 'watch') {
    watching.add(node);
  } else if (word === 'unwatch') {
    watching.delete(node);
  }
}

/** A transaction ends with its connection. */
export function forgetTransaction(node: Redis): void {
  open.delete(node);
  watching.delete(node);
}
