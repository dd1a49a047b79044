import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

type Call = readonly [id: number, method: string, args: readonly unknown[]];
type Reply = readonly [id: number, error: string | undefined, result: unknown];

/** The methods that a process offers to the one that started it. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Offers methods to the process that started this one, and ends with it. */
export function serve(methods: Methods): void {
  process.on('message', async ([id, method, args]: Call) => {
    let reply: Reply;
    try {
      reply = [id, undefined, await methods[method](...args as never[])];
    } catch (error) {
      reply = [id, String(error), undefined];
    }
    process.send!(reply);
  });
  process.on('disconnect', () => process.exit());
}

/** A process of its own, so that what one client does to the process is not the others' trouble. */
export class Worker<M extends Methods> {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, PromiseWithResolvers>();
  #last = 0;

  /** @param script - a compiled script that calls {@link serve} */
  constructor(script: string, env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(script, { env: { ...process.env, ...env }, serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', ([id, error, result]: Reply) => {
      const { resolve, reject } = this.#calls.get(id)!;
      this.#calls.delete(id);
      if (error === undefined) {
        resolve(result);
      } else {
        reject(new Error(error));
      }
    });
    this.#child.on('exit', (code, signal) => {
      this.#calls.forEach(({ reject }) => reject(new Error(`the process of the client ended: ${signal ?? code}`)));
    });
  }

  call<N extends keyof M & string>(method: N, ...args: Parameters<M[N]>): Promise<Awaited<ReturnType<M[N]>>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send([id, method, args] satisfies Call);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}
