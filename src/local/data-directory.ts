import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
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
  const owner = readOwner(file);
  if (owner !== undefined && isAlive(owner)) {
    throw new Error(`data directory ${JSON.stringify(directory)} is in use by process ${owner}, stop it or choose another directory`);
  }
  writeFileSync(file, String(process.pid), { mode: 0o600 });
  watchdog.addPath(file);
}

function readOwner(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
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
