import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { shardsOf } from './support/faults';
import { startProxy } from './support/proxy';
import type { Proxy } from './support/proxy';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect, slotOf } from '../../src/client';

interface Message {
  readonly event: 'message' | 'smessage';
  readonly text: string;
}

interface Answer {
  readonly result: number | string;
  readonly ms: number;
}

let users: Users;
let proxy: Proxy;
let child: ChildProcess;
let errors: string;
let answers: Answer[];
let messages: Message[];

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  proxy = await startProxy(users.cluster);
});

afterAll(async () => {
  await proxy?.stop();
  await users?.local.stop();
});

afterEach(async () => {
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A function with a connection to every node, as AWS Lambda runs it. */
async function start(environment: NodeJS.ProcessEnv = {}): Promise<void> {
  errors = '';
  answers = [];
  messages = [];
  child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'support/frozen-client.ts')], {
    env: { ...process.env, ...users.cluster.environment('app'), AWS_LAMBDA_FUNCTION_NAME: 'orders', NAT_MAP: JSON.stringify(proxy.natMap), ...environment },
  });
  child.stderr!.on('data', (chunk) => (errors += chunk));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const told = JSON.parse(line) as Answer | Message;
    if ('event' in told) {
      messages.push(told);
    } else {
      answers.push(told);
    }
  });
  for (const key of ['{k}', '{a}', '{d}']) {
    expect(await invoke(key)).toMatchObject({ result: expect.any(Number) });
  }
}

async function invoke(key: string): Promise<Answer> {
  const before = answers.length;
  child.stdin!.write(`${key}\n`);
  await expect.poll(() => answers.length, { timeout: 20_000, interval: 10 }).toBe(before + 1);
  return answers.at(-1)!;
}

describe('the first command after a freeze succeeds', () => {
  const counts = { '{k}': 0 };

  test.each([
    ['with connections that survived', async () => undefined],
    ['after the server closed the connections', () => users.disconnectAll()],
    ['after the connections died without a word', async () => proxy.lose()],
  ])('%s', async (_, meanwhile) => {
    await start();
    counts['{k}'] = Number((await invoke('{k}')).result);
    child.kill('SIGSTOP');
    await pause(500);
    await meanwhile();
    await pause(2_000);
    child.kill('SIGCONT');
    const { result, ms } = await invoke('{k}');
    expect(result).toBe(counts['{k}'] + 1);
    expect(ms).toBeLessThan(3_000);
    expect(errors).toBe('');
  });
});

test('a node that has died meanwhile keeps only its own commands waiting', async () => {
  await start();
  // Nobody takes over.
  await users.onAllNodes('CONFIG', 'SET', 'cluster-node-timeout', '15000');
  const [{ primary }] = (await shardsOf(users.cluster)).filter(({ end }) => slotOf('{a}') <= end);
  child.kill('SIGSTOP');
  await pause(500);
  await primary.kill('SIGSTOP');
  await pause(2_000);
  child.kill('SIGCONT');
  const { result, ms } = await invoke('{k}');
  await primary.kill('SIGCONT');
  expect(result).toEqual(expect.any(Number));
  expect(ms).toBeLessThan(1_200);
  expect(errors).toBe('');
});

test('messages come again as soon as commands do when the connections died without a word', async () => {
  await start({ CHANNEL: '{k}news' });
  const admin = connect({ connection: users.connection() });
  onTestFinished(() => close(admin));
  const publish = () => Promise.all([admin.publish('{k}news', 'text'), admin.spublish('{k}news', 'text')]);
  const come = async (timeout: number) => {
    messages = [];
    await expect.poll(async () => {
      await publish();
      return new Set(messages.map(({ event }) => event)).size;
    }, { timeout, interval: 50 }).toBe(2);
  };
  await come(5_000);
  child.kill('SIGSTOP');
  await pause(500);
  proxy.lose();
  await pause(2_000);
  child.kill('SIGCONT');
  const [{ ms }] = await Promise.all([invoke('{k}'), come(2_000)]);
  expect(ms).toBeLessThan(2_000);
  expect(errors).toBe('');
});

test('the time of a freeze is not the time of a command', async () => {
  await start({ DEADLINE: '1500' });
  const count = Number((await invoke('{k}')).result);
  await Promise.all(users.cluster.nodes.map((node) => node.kill('SIGSTOP')));
  const before = answers.length;
  child.stdin!.write('{k}\n');
  await pause(300);
  child.kill('SIGSTOP');
  await pause(200);
  await Promise.all(users.cluster.nodes.map((node) => node.kill('SIGCONT')));
  await pause(2_500);
  child.kill('SIGCONT');
  await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(before + 1);
  expect(answers.at(-1)!.result).toBe(count + 1);
  expect(errors).toBe('');
});
