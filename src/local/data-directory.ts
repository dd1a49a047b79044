import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Watchdog } from './watchdog';

/**
 * Open the directory for the servers' files: the given one, or a temporary one that ends with the servers.
 *
 * @throws when another MemoryDB Local uses the given one
 */
export function openDataDirectory(dataDir: string | undefined, watchdog: Watchdog): string {
  if (dataDir !== undefined) {
    const directory = resolve(dataDir);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    claim(directory, watchdog);
    return directory;
  }
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'memorydb-local-'));
  watchdog.addPath(directory);
  return directory;
}

/** Two instances would overwrite each other's certificates, and clients of the first would trust the wrong authority. */
function claim(directory: string, watchdog: Watchdog): void {
  const file = join(directory, 'local.pid');
  const owner = /^(\d+)(?: (\d+))?$/.exec(read(file) ?? '');
  if (owner !== null) {
    const [, pid, started] = owner;
    if (isAlive(Number(pid)) && (started === undefined || started === startOf(pid))) {
      throw new Error(`data directory ${JSON.stringify(directory)} is in use by process ${pid}, stop it or choose another directory`);
    }
  }
  rmSync(file, { force: true });
  const self = String(process.pid);
  const started = startOf(self);
  try {
    writeFileSync(file, started === undefined ? self : `${self} ${started}`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new Error(`data directory ${JSON.stringify(directory)} was taken by another process just now, choose another directory`, { cause: error });
    }
    throw error;
  }
  watchdog.addOwnFile(file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** When a process began, where that can be read: containers give the same number to the first process of every run. */
function startOf(pid: string): string | undefined {
  // The name in parentheses may hold anything; the 22nd field of all is the 20th behind it.
  return read(`/proc/${pid}/stat`)?.replace(/^.*\) /s, '').split(' ')[19];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
