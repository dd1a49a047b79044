import { ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';

// Reads what to look after until the pipe closes, which happens however the parent ends.
const SCRIPT = `
trap '' INT TERM HUP
pids=' '
while IFS= read -r line; do
  case $line in
    +*) pids="$pids\${line#+} " ;;
    -*) gone=\${line#-}; pids="\${pids%% $gone *} \${pids#* $gone }" ;;
    /*) set -- "$@" "$line" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done
if [ $# -gt 0 ]; then sleep 0.2; rm -rf -- "$@"; fi
`;

/**
 * Ends the servers, or a command, when this process ends, in whatever way: at its normal end, by a signal, or by SIGKILL.
 *
 * A tiny shell waits at a pipe from this process. When the pipe closes it kills what is still there.
 */
export class Watchdog {
  private readonly pids = new Set<number>();
  private readonly paths: string[] = [];
  private readonly shell: ChildProcess;
  private readonly onExit: () => void;

  constructor() {
    // Its own process group, so that an interrupt typed in the terminal does not reach it.
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'memorydb-local-watchdog'], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.shell.on('error', () => undefined);
    this.shell.stdin?.on('error', () => undefined);
    // Neither the shell nor its pipe keeps this process alive.
    this.shell.unref();
    (this.shell.stdin as Socket | null)?.unref();
    this.onExit = () => this.endNow();
    process.on('exit', this.onExit);
  }

  /** Watch over a process, or over a group of processes by its negative number. */
  add(pid: number): void {
    this.pids.add(pid);
    this.tell(`+${pid}`);
  }

  /** Forget what has ended, since its number may be given to another process. */
  remove(pid: number): void {
    if (this.pids.delete(pid)) {
      this.tell(`-${pid}`);
    }
  }

  /** Remove a file or directory together with the servers; its path is absolute. */
  addPath(path: string): void {
    this.paths.push(path);
    this.tell(path);
  }

  /** Remove a file when this process stops or ends, but leave it when it is killed, for then it may be a successor's already. */
  addOwnFile(path: string): void {
    this.paths.push(path);
  }

  /** Go away, once all servers have ended, and remove what is to be removed. */
  async close(): Promise<void> {
    if (this.shell.exitCode === null && this.shell.signalCode === null && this.shell.pid !== undefined) {
      const gone = new Promise((resolve) => this.shell.once('exit', resolve));
      this.shell.ref();
      this.shell.kill('SIGKILL');
      await gone;
    }
    this.removePaths();
    process.off('exit', this.onExit);
  }

  private tell(line: string): void {
    this.shell.stdin?.write(`${line}\n`);
  }

  private endNow(): void {
    for (const pid of this.pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    this.removePaths();
  }

  private removePaths(): void {
    this.paths.forEach((path) => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  }
}
