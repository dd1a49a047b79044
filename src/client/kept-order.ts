import type { Command } from 'ioredis';
import { isElsewhere, isRefusal, isSplit } from './failure';
import { gatherTurn } from './gather-writes';
import { keysOf, onlyReads } from './repeatable';

/** How many commands go together at first; then all, as the node has taken many by then. */
const SIZES = [1, 16, 256, 4_096];

/** Gives a command to the cluster. */
type Send = (command: Command) => void;

/** Tells the caller of a command why it is not sent again. */
type Refuse = (command: Command, error: Error) => void;

/** A command that a node has not executed. */
interface Refusal {
  readonly error: Error;
  /** Gives it to the cluster again. */
  readonly again: () => void;
}

/** Of commands that do not wait before they are given to the cluster again. */
const atOnce = new WeakSet<Error>();

/** Whether a command that was refused with an error is sent again at once, because the one before it in its order has just been executed. */
export function goesAtOnce(error: Error): boolean {
  return atOnce.has(error);
}

/** Whether a node has executed nothing, and another one or the same one later will. */
export function hasExecutedNothing(error: Error): boolean {
  return isElsewhere(error) || isSplit(error) || isRefusal(error);
}

/**
 * Keeps commands of a pipeline that are sent again in their order, where one of them has a key that another one writes.
 *
 * A node may refuse one and take the next in the same moment: it has some of the keys of the first, or becomes the owner in between. The first would be
 * executed last. So what is refused is held back until it is clear what became of the others. What was overtaken is not sent again.
 */
export class KeptOrder {
  readonly #send: Send;
  readonly #groups: ReadonlyMap<Command, Group>;

  /**
   * @param commands - in their order
   * @param send - gives one to the cluster, which sends it on where a node says so
   * @param refuse - what to do with one that a later one has overtaken
   */
  constructor(commands: readonly Command[], send: Send, refuse: Refuse) {
    this.#send = send;
    this.#groups = groupsOf(commands, send, refuse);
  }

  /** Gives a command to the cluster, and watches over it from then on. */
  give(command: Command): void {
    const group = this.#groups.get(command);
    if (group) {
      group.give(command);
    } else {
      this.#send(command);
    }
  }

  /** Gives a command that a node has refused to the cluster, in its turn. */
  refused(command: Command, error: Error): void {
    const group = this.#groups.get(command);
    if (group) {
      group.refused(command, { error, again: () => group.give(command) });
    } else {
      this.#send(command);
    }
  }
}

/** Commands of which each has a key with others in common, and so one slot. */
class Group {
  readonly #send: Send;
  readonly #refuse: Refuse;
  readonly #watched = new WeakSet<Command>();
  /** What the cluster got together, in its order. */
  #given: readonly Command[];
  /** What is behind that, the last one first. */
  readonly #held: Command[] = [];
  readonly #underWay: Set<Command>;
  readonly #refused = new Map<Command, Refusal>();
  /** How often all that went together were executed since one was refused. */
  #successes = 0;

  constructor(commands: readonly Command[], send: Send, refuse: Refuse) {
    this.#send = send;
    this.#refuse = refuse;
    this.#given = commands;
    this.#underWay = new Set(commands);
    for (const command of commands) {
      const end = () => this.#ended(command);
      command.promise.then(end, end);
    }
  }

  give(command: Command): void {
    this.#send(command);
    this.#watch(command);
  }

  #watch(command: Command): void {
    if (this.#watched.has(command)) {
      return;
    }
    this.#watched.add(command);
    const { reject } = command;
    command.reject = (error) => {
      if (this.#underWay.has(command) && hasExecutedNothing(error)) {
        this.refused(command, { error, again: () => reject.call(command, error) });
      } else {
        reject.call(command, error);
      }
    };
  }

  refused(command: Command, refusal: Refusal): void {
    this.#refused.set(command, refusal);
    this.#underWay.delete(command);
    this.#next();
  }

  #ended(command: Command): void {
    this.#refused.delete(command);
    this.#underWay.delete(command);
    this.#next();
  }

  /**
   * Sends again what was refused, once nothing is under way any more.
   *
   * A node may change its mind between two commands that go together, so that the second one overtakes the first: after a refusal, one goes alone, and
   * then more and more at once. Where nothing was executed, it waits until its slot may have moved or there may be a primary.
   */
  #next(): void {
    if (this.#underWay.size > 0 || this.#refused.size === 0) {
      return;
    }
    const { length: refused } = this.#given.filter((command) => this.#refused.has(command));
    const waits = refused === this.#given.length;
    this.#successes = refused > 0 ? 0 : this.#successes + 1;
    this.#holdBack();
    this.#given = this.#together();
    const refusals = this.#given.map((command) => [command, this.#refused.get(command)!] as const);
    for (const [command, { error }] of refusals) {
      this.#underWay.add(command);
      this.#refused.delete(command);
      if (!waits) {
        atOnce.add(error);
      }
    }
    gatherTurn();
    refusals.forEach(([, { again }]) => again());
  }

  /** Takes the first one, and as many behind it as may go with it and stay in their order. */
  #together(): Command[] {
    const together: Command[] = [];
    const most = SIZES[this.#successes] ?? Infinity;
    while (together.length < most) {
      const command = this.#held.pop();
      const before = together.at(-1);
      if (!command) {
        break;
      }
      if (before && !this.#goesBehind(command, before)) {
        this.#held.push(command);
        break;
      }
      // What has ended meanwhile is not sent.
      if (this.#refused.has(command)) {
        together.push(command);
      }
    }
    return together;
  }

  /** Whether two commands stay in their order: the first one cannot be told to try again in a moment, unless its slot begins to move just now. */
  #goesBehind(command: Command, before: Command): boolean {
    const { error } = this.#refused.get(before)!;
    return this.#refused.get(command)?.error.message === error.message && (isRefusal(error) || keysOf(before).length === 1);
  }

  /** Holds back what was refused of those that were given at last, unless a later one of them has overtaken it. */
  #holdBack(): void {
    const executed = new Set<string>();
    const written = new Set<string>();
    const overtaken: Command[] = [];
    for (const command of [...this.#given].reverse()) {
      const keys = keysOf(command);
      if (!this.#refused.has(command)) {
        keys.forEach((key) => executed.add(key));
        if (!onlyReads(command)) {
          keys.forEach((key) => written.add(key));
        }
      } else if (keys.some((key) => (onlyReads(command) ? written : executed).has(key))) {
        overtaken.push(command);
      } else {
        this.#held.push(command);
      }
    }
    for (const command of overtaken.reverse()) {
      const { error } = this.#refused.get(command)!;
      this.#refused.delete(command);
      this.#refuse(command, error);
    }
  }
}

/** The commands that have keys in common which one of them writes. */
function groupsOf(commands: readonly Command[], send: Send, refuse: Refuse): ReadonlyMap<Command, Group> {
  if (commands.length < 2) {
    return new Map();
  }
  const all = commands.map((command) => ({ command, keys: keysOf(command) }));
  const written = new Set(all.filter(({ command }) => !onlyReads(command)).flatMap(({ keys }) => keys));
  const parents = new Map<string, string>();
  const rootOf = (key: string) => {
    let root = key;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) {
      // Every look makes the way shorter: each command may have a key of the one before it.
      const next = parents.get(parent) ?? parent;
      parents.set(root, next);
      root = next;
    }
    return root;
  };
  const sharing = all
    .map(({ command, keys }) => ({ command, keys: keys.filter((key) => written.has(key)) }))
    .filter(({ keys }) => keys.length > 0);
  for (const { keys: [first, ...others] } of sharing) {
    for (const other of others.map((key) => rootOf(key))) {
      const root = rootOf(first);
      if (other !== root) {
        parents.set(other, root);
      }
    }
  }
  const members = new Map<string, Command[]>();
  for (const { command, keys: [first] } of sharing) {
    const root = rootOf(first);
    const group = members.get(root) ?? [];
    group.push(command);
    members.set(root, group);
  }
  const groups = [...members.values()].filter(({ length }) => length > 1);
  return new Map(groups.flatMap((group) => {
    const made = new Group(group, send, refuse);
    return group.map((command) => [command, made] as const);
  }));
}
