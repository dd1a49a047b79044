import { CLIENTS } from '../clients';
import type { ClientName } from '../clients';
import type { BenchClient, Target } from '../clients/client';
import { serve } from '../worker';

/** One operation that was started at its time, whatever became of those before it. */
export interface Operation {
  readonly key: string;
  readonly write: boolean;
  /** In milliseconds since the epoch. */
  readonly start: number;
  /** In milliseconds since the epoch; undefined for one that is still waiting. */
  end?: number;
  /** Why it failed. */
  error?: string;
}

/** What is sent. */
export interface Traffic {
  /** Operations per second. */
  readonly rate: number;
  readonly readKeys: readonly string[];
  /** Every other operation writes one of these, each of which is written once; without any, all operations read. */
  readonly writeKeys: readonly string[];
}

/** How one client failed, or how long it took to answer. */
export interface Attempt {
  readonly milliseconds: number;
  readonly outcome: 'answered' | 'failed' | 'waiting';
  readonly reason: string;
}

const TICK_MS = 5;

const target: { -readonly [K in keyof Target]: Target[K] } = { host: '', port: 0, username: '', password: '', replicas: false };
const clients: BenchClient[] = [];
let operations: Operation[] = [];
let timer: NodeJS.Timeout | undefined;

// A client that breaks its own promises is not to take the measurement with it.
const unhandled: string[] = [];
process.on('uncaughtException', (error) => void unhandled.push(describe(error))).on('unhandledRejection', (error) => void unhandled.push(describe(error)));

const now = () => performance.timeOrigin + performance.now();
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The error with its cause, in one line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { message, name, code, cause } = error as Error & { code?: string };
  const text = (message || name).split('\n')[0];
  const own = code && !text.includes(code) ? `${code}: ${text}` : text;
  return cause instanceof Error && !own.includes(cause.message.replace(/\.$/, '')) ? `${own} (${describe(cause)})` : own;
}

async function attempt(name: ClientName, to: Target, timeout: number): Promise<Attempt> {
  const start = now();
  const work = CLIENTS[name](to).then((client) => {
    clients.push(client);
    return client.get('a');
  });
  const [outcome, reason] = await Promise.race([
    work.then(() => ['answered', ''] as const, (error: unknown) => ['failed', describe(error)] as const),
    pause(timeout).then(() => ['waiting', ''] as const),
  ]);
  return { milliseconds: now() - start, outcome, reason };
}

async function send(client: BenchClient, key: string, write: boolean): Promise<void> {
  const operation: Operation = { key, write, start: now() };
  operations.push(operation);
  try {
    await (write ? client.set(key, '1') : client.get(key));
  } catch (error) {
    operation.error = describe(error);
  }
  operation.end = now();
}

const methods = {
  open(name: ClientName, to: Target, timeout: number): Promise<Attempt> {
    Object.assign(target, to);
    return attempt(name, target, timeout);
  },

  /** Opens many clients at once. */
  openAll(name: ClientName, to: Target, count: number, timeout: number): Promise<Attempt[]> {
    return Promise.all(Array.from({ length: count }, () => attempt(name, to, timeout)));
  },

  start({ rate, readKeys, writeKeys }: Traffic): void {
    const begin = now();
    let sent = 0;
    let skipped = 0;
    timer = setInterval(() => {
      const due = Math.floor((now() - begin) * rate / 1_000) - skipped;
      // A process that was frozen does not make up for what it missed.
      const behind = due - sent > rate ? due - sent - 1 : 0;
      skipped += behind;
      for (; sent < due - behind; sent++) {
        const write = sent % 2 === 1 && writeKeys.length > 0;
        const keys = write ? writeKeys : readKeys;
        void send(clients[0], keys[Math.floor(sent / 2) % keys.length], write);
      }
    }, TICK_MS);
  },

  /** Ends the traffic and waits for what is under way. */
  async stop(timeout: number): Promise<{ operations: Operation[]; unhandled: string[] }> {
    clearInterval(timer);
    const until = now() + timeout;
    while (now() < until && operations.some(({ end }) => end === undefined)) {
      await pause(20);
    }
    const result = operations;
    operations = [];
    return { operations: result, unhandled };
  },

  async changePassword(password: string): Promise<void> {
    target.password = password;
    // One that does not get through learns of it no sooner than its application does.
    await Promise.race([clients[0].passwordChanged?.(password).catch(() => undefined), pause(1_000)]);
  },
};

export type TrafficMethods = typeof methods;

serve(methods);
