import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Watchdog } from './watchdog';

/** Says whose the directory is. */
const MARKER = '.memorydb-local';

/** About what the operating systems allow for the path of a socket. */
const LONGEST_SOCKET_PATH = 100;

/**
 * Open the directory for the servers' files: the given one, or a temporary one that ends with the servers.
 *
 * @throws when another MemoryDB Local uses the given one, or it cannot be made, or holds files of something else
 */
export function openDataDirectory(dataDir: string | undefined, watchdog: Watchdog): string {
  if (dataDir === undefined) {
    return makeTemporaryDirectory('memorydb-local-', watchdog);
  }
  const directory = resolve(dataDir);
  const shown = JSON.stringify(directory);
  let entries: string[];
  try {
    makeDirectory(directory);
    entries = readdirSync(directory);
  } catch (error) {
    throw new Error(`data directory ${shown} cannot be used: ${(error as Error).message}; choose one that can be made and written`, { cause: error });
  }
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw new Error(`data directory ${shown} holds files that are not of MemoryDB Local, choose one that is empty or does not exist`);
  }
  try {
    writeFileSync(join(directory, MARKER), 'MemoryDB Local overwrites what is in this directory.\n');
  } catch (error) {
    throw new Error(`data directory ${shown} cannot be written: ${(error as Error).message}; choose another one`, { cause: error });
  }
  claim(directory, watchdog);
  return directory;
}

/**
 * Make a directory that ends with the servers, for files and sockets.
 *
 * @throws when there is no place for temporary files
 */
export function makeTemporaryDirectory(prefix: string, watchdog: Watchdog): string {
  try {
    const parent = realpathSync(tmpdir());
    const tooLong = Buffer.byteLength(join(parent, `${prefix}XXXXXX`, 'socket')) > LONGEST_SOCKET_PATH;
    const directory = mkdtempSync(join(tooLong ? realpathSync('/tmp') : parent, prefix));
    watchdog.addPath(directory);
    return directory;
  } catch (error) {
    throw new Error(`cannot make a temporary directory: ${(error as Error).message}; set TMPDIR to a directory that can be written`, { cause: error });
  }
}

/** Step by step: Node.js itself never comes back when the system has a parent but allows no directory in it, as in /proc. */
function makeDirectory(directory: string): void {
  if (!existsSync(directory)) {
    makeDirectory(dirname(directory));
    mkdirSync(directory, { mode: 0o700 });
  }
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
