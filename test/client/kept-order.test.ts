import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Command } from 'ioredis';
import { expect, test } from 'vitest';
import { goesAtOnce, hasExecutedNothing, KeptOrder } from '../../src/client/kept-order';

const command = (name: string, ...args: string[]) => new Command(name, args, { replyEncoding: 'utf8' });
const down = () => new Error('CLUSTERDOWN The cluster is down');

/** A node that executes or refuses all that it reads at a time, and a client that sends again what was refused. */
class Node {
  readonly executed: Command[] = [];
  readonly overtaken: Command[] = [];
  /** How many commands came at a time. */
  readonly reads: number[] = [];
  readonly order: KeptOrder;
  #sent: Command[] = [];
  #later: Command[] = [];

  constructor(readonly commands: readonly Command[]) {
    for (const each of commands) {
      const { reject } = each;
      each.reject = (error) => {
        if (hasExecutedNothing(error)) {
          (goesAtOnce(error) ? this.#sent : this.#later).push(each);
        } else {
          reject.call(each, error);
        }
      };
    }
    this.order = new KeptOrder(commands, (each) => void this.#sent.push(each), (each, error) => {
      this.overtaken.push(each);
      each.promise.catch(() => undefined);
      each.reject(new Error(`overtaken: ${error.message}`));
    });
  }

  execute(each: Command): void {
    this.executed.push(each);
    each.resolve('OK');
  }

  async read(isUp: boolean): Promise<void> {
    const commands = this.#sent.length > 0 ? this.#sent : this.#later;
    this.#later = this.#sent.length > 0 ? this.#later : [];
    this.#sent = [];
    this.reads.push(commands.length);
    commands.forEach((each) => (isUp ? this.execute(each) : each.reject(down())));
    await turn();
  }
}

const keys = fc.constantFrom('a', 'b', 'c');
const commands = fc.array(fc.oneof(
  fc.tuple(keys, keys).map(([first, second]) => ['mset', first, '1', second, '2']),
  keys.map((key) => ['del', key]),
  keys.map((key) => ['get', key]),
), { minLength: 1, maxLength: 40 });

test('commands stay in their order whatever a node refuses of what it reads', async () => {
  await fc.assert(fc.asyncProperty(commands, fc.nat(39), fc.array(fc.boolean(), { maxLength: 30 }), async (words, count, states) => {
    const list = words.map(([name, ...args]) => command(name, ...args));
    const node = new Node(list);
    // A pipeline of which only the first ones were executed.
    list.slice(0, count).forEach((each) => node.execute(each));
    list.slice(count).forEach((each) => node.order.refused(each, down()));
    for (let number = 0; node.executed.length < list.length; number++) {
      await node.read(states[number] ?? true);
      expect(number).toBeLessThan(300);
    }
    expect(node.overtaken).toEqual([]);
    const place = new Map(node.executed.map((each, index) => [each, index]));
    list.forEach((each, index) => list.slice(index + 1).forEach((later) => {
      const isShared = each.getKeys().some((key) => later.getKeys().includes(key)) && !(each.name === 'get' && later.name === 'get');
      expect(isShared && place.get(each)! > place.get(later)!).toBe(false);
    }));
  }));
});

test('after a refusal one command goes alone, also when others were executed, and then more and more at once', async () => {
  const list = Array.from({ length: 6_000 }, (_, index) => command('hset', 'k', 'field', String(index)));
  const node = new Node(list);
  node.execute(list[0]);
  list.slice(1).forEach((each) => node.order.refused(each, down()));
  await turn();
  for (const isUp of [false, false, true, true, true, true, false, true, true]) {
    await node.read(isUp);
  }
  expect(node.reads).toEqual([1, 1, 1, 16, 256, 4_096, 1_630, 1, 16]);
  expect(node.executed).toEqual(list.slice(0, node.executed.length));
});
