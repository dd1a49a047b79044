import { Command } from 'ioredis';
import type { Cluster, RedisKey, RedisValue } from 'ioredis';
import { BatchError } from './batch-error';
import { prefixedSlot } from './cluster-slots';
import { commandInternals } from './internals';
import { textOrBytes } from './text-or-bytes';

/** How many keys one command may have, so that none keeps a node from serving others for long. */
const MAX_KEYS = 1_000;

/** A command that takes any number of keys of one slot. */
export interface SlotCommand<R> {
  readonly name: string;
  /** What does the same for one key, for less. */
  readonly single?: {
    readonly name: string;
    /** The reply to the command that its own reply stands for. */
    readonly replyOf: (reply: unknown) => R;
    /** The same of an error that is none for the command; undefined for others. */
    readonly replyOfError: (error: Error) => R | undefined;
  };
  /** Whether replies are text; they are bytes otherwise. */
  readonly text: boolean;
  /** The arguments that stand for a key, which is at a position of the caller's list. */
  readonly argsOf: (key: string | Buffer, position: number) => readonly RedisValue[];
  /** What a reply says of the key at an index of its command. */
  readonly resultAt: (reply: R, index: number) => unknown;
}

/** The keys of one command, by their positions in the list of the caller, and its reply. */
export interface Answer<R> {
  readonly positions: readonly number[];
  readonly reply: R;
}

interface Group<R> {
  readonly slot: number;
  readonly positions: number[];
  reply?: R;
  error?: Error;
}

/**
 * Sends one command for the keys of each slot. They are single commands, not pipelines, because the cluster client follows the
 * redirection of each of them by itself while slots move.
 *
 * @throws BatchError when some could not be executed
 */
export async function perSlot<R>(db: Cluster, keys: readonly RedisKey[], command: SlotCommand<R>): Promise<Answer<R>[]> {
  if (!Array.isArray(keys)) {
    throw new TypeError(`${command.name} takes its keys as one list: ${command.name}(db, ['a', 'b'])`);
  }
  const sent = Array.from(keys, (key) => textOrBytes(key));
  const groups = groupBySlot<R>(db, sent);
  await sendAll(db, groups, sent, command);
  const answers: Answer<R>[] = [];
  const errors = new Map<RedisKey, Error>();
  for (const { positions, reply, error } of groups) {
    if (error) {
      positions.forEach((position) => errors.set(keys[position], error));
    } else {
      answers.push({ positions, reply: reply! });
    }
  }
  if (errors.size === 0) {
    return answers;
  }
  const results = new Map<RedisKey, unknown>();
  for (const { positions, reply } of answers) {
    positions.forEach((position, index) => results.set(keys[position], command.resultAt(reply, index)));
  }
  throw new BatchError(command.name, errors, results);
}

function groupBySlot<R>(db: Cluster, keys: readonly RedisKey[]): Group<R>[] {
  const groups: Group<R>[] = [];
  const open = new Map<number, Group<R>>();
  keys.forEach((key, position) => {
    const slot = prefixedSlot(db, key);
    const group = open.get(slot);
    if (group && group.positions.length < MAX_KEYS) {
      group.positions.push(position);
    } else {
      const next = { slot, positions: [position] };
      groups.push(next);
      open.set(slot, next);
    }
  });
  return groups;
}

/** With a thousand slots, a promise less for each is felt: hence one for all, and no method of ioredis between. */
function sendAll<R>(db: Cluster, groups: readonly Group<R>[], keys: readonly (string | Buffer)[], command: SlotCommand<R>): Promise<void> {
  const { text } = command;
  const argsOf = (position: number) => command.argsOf(keys[position], position);
  const { keyPrefix, showFriendlyErrorStack } = db.options;
  const options = { keyPrefix, replyEncoding: text ? 'utf8' : null, errorStack: showFriendlyErrorStack ? new Error() : undefined } as const;
  return new Promise((resolve) => {
    let left = groups.length;
    const done = () => {
      left -= 1;
      if (left === 0) {
        resolve();
      }
    };
    for (const group of groups) {
      const single = group.positions.length === 1 ? command.single : undefined;
      const args = single ? [...argsOf(group.positions[0])] : group.positions.flatMap(argsOf);
      const sent = new Command((single ?? command).name, args, options);
      commandInternals(sent).slot = group.slot;
      void db.sendCommand(sent);
      sent.promise.then((reply) => {
        group.reply = single ? single.replyOf(reply) : reply as R;
        done();
      }, (error) => {
        group.reply = single?.replyOfError(error);
        group.error = group.reply === undefined ? error : undefined;
        done();
      });
    }
    if (left === 0) {
      resolve();
    }
  });
}
