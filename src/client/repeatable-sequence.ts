import type { Command } from 'ioredis';
import { isRepeatable, keysOf, mayTouchAll, nameOf, onlyReads } from './repeatable';

/** What a command does to a key, as far as that matters to one that is executed before it, and once more after it. */
type Kind = 'delete' | 'expiry' | 'string' | 'hash' | 'set' | 'zset' | 'sketch' | 'stream' | 'other';

type Kinds = Readonly<Record<string, Kind>>;

const kindsOf = (table: Partial<Record<Kind, string>>): Kinds =>
  Object.fromEntries(Object.entries(table).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind as Kind])));

/** Commands that do the same whatever their keys hold. */
const OVERWRITES = kindsOf({ delete: 'del unlink', string: 'mset psetex set setex' });

/** Commands that change members of a value, or parts of it, as their arguments say, if it is of their type. */
const MEMBERS = kindsOf({
  string: 'setrange',
  hash: 'hdel hmset hset',
  set: 'sadd srem',
  zset: 'geoadd zadd zrem zremrangebylex zremrangebyscore',
  sketch: 'pfadd',
  stream: 'xack xdel',
});

/** Commands that say for how long a key lives. */
const EXPIRY: readonly string[] = ['expire', 'expireat', 'persist', 'pexpire', 'pexpireat'];

/** With these options, what a command does depends on what there is. */
const CONDITION = /^(XX|GT|LT)$/i;

/** What the options of these commands may be found among: a value could be the same word. */
const OPTIONS_OF: Readonly<Record<string, (args: readonly string[]) => readonly string[]>> = {
  set: (args) => args.slice(2),
  zadd: (args) => args.slice(1, 5),
  geoadd: (args) => args.slice(1, 4),
};

function isConditional(command: Command, name: string): boolean {
  return OPTIONS_OF[name]?.(command.args.map(String)).some((word) => CONDITION.test(word)) ?? false;
}

function kindOf(command: Command, name: string): Kind {
  if (isConditional(command, name)) {
    return 'other';
  }
  return OVERWRITES[name] ?? MEMBERS[name] ?? (EXPIRY.includes(name) ? 'expiry' : 'other');
}

/**
 * Whether a command does, and gives, the second time what it did the first time, when commands of other kinds came after it.
 *
 * @param kind - of the command
 */
function endures(kind: Kind, name: string, later: ReadonlySet<Kind>): boolean {
  if (later.size === 0) {
    return true;
  }
  const allowed: readonly Kind[] = ['delete', 'expiry', kind];
  return kind !== 'other' && (name in OVERWRITES || name in MEMBERS && [...later].every((each) => allowed.includes(each)));
}

/**
 * The commands of a sequence that may have been executed and can be sent again.
 *
 * Besides each being repeatable: one that depends on what a later one changes would see the later state (a read, EXPIRE before the HSET that makes the
 * key, a member of a set where there is a string then); one that writes a key of a later one that is not sent again could undo it.
 */
export function repeatableOf(sequence: readonly Command[]): ReadonlySet<Command> {
  const repeatable = new Set<Command>();
  const written = new Map<string, Set<Kind>>();
  const inDoubt = new Set<string>();
  let allInDoubt = false;
  let anyWritten = false;
  for (const command of [...sequence].reverse()) {
    const name = nameOf(command);
    const keys = keysOf(command);
    const writes = !onlyReads(command);
    const kind = kindOf(command, name);
    const later = new Set(keys.flatMap((key) => [...written.get(key) ?? []]));
    const undoes = writes && keys.some((key) => inDoubt.has(key));
    // KEYS and the like read what there is.
    const readsAll = keys.length === 0 && !writes && anyWritten;
    const again: boolean = isRepeatable(command) && endures(kind, name, later) && !undoes && !readsAll && !(allInDoubt && keys.length > 0);
    if (again) {
      repeatable.add(command);
    }
    if (writes) {
      for (const key of keys) {
        written.set(key, (written.get(key) ?? new Set()).add(kind));
        if (!again) {
          inDoubt.add(key);
        }
      }
    }
    anyWritten ||= writes && (keys.length > 0 || mayTouchAll(command));
    allInDoubt ||= !again && mayTouchAll(command);
  }
  return repeatable;
}
