import { ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Watchdog } from './watchdog';

const LOG_LINES = 15;

/**
 * One server in a directory of its own.
 *
 * Everything it has to know stands in files that only the owner can read: a command line is visible to everybody.
 */
export class ServerProcess {
  private child?: ChildProcess;
  private ended: Promise<void> = Promise.resolve();
  private failure?: Error;

  constructor(private readonly binary: string, private readonly directory: string, private readonly watchdog: Watchdog) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The process id, of the last start when it has ended. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Whether the process is there; one that was stopped with SIGSTOP is. */
  get running(): boolean {
    return this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Start it.
   *
   * @param config the text of its configuration; the one of the last start when left out
   */
  start(config?: string): void {
    const configFile = join(this.directory, 'server.conf');
    if (config !== undefined) {
      writeFileSync(configFile, `${config}\n`, { mode: 0o600 });
    }
    // What it says before it has read its configuration belongs in the log too.
    const log = openSync(this.logFile, 'a', 0o600);
    const child = spawn(this.binary, [configFile], {
      cwd: this.directory,
      stdio: ['ignore', log, log],
      // Its own process group: an interrupt typed in the terminal is for the program that uses it.
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.failure = error;
        resolve();
      });
      child.once('exit', () => {
        if (child.pid !== undefined) {
          this.watchdog.remove(child.pid);
        }
        resolve();
      });
    });
    if (child.pid !== undefined) {
      this.watchdog.add(child.pid);
    }
    // A forgotten server does not keep this process alive; the watchdog ends it.
    child.unref();
  }

  /** Send a signal, and wait for the end if it is one that ends a server. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) {
      return;
    }
    this.child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT') {
      this.child?.ref();
      await this.ended;
    }
  }

  /** The last lines of its log. */
  logTail(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
    return [...lines, ...this.failure === undefined ? [] : [this.failure.message]].join('\n');
  }

  private get logFile(): string {
    return join(this.directory, 'server.log');
  }
}
