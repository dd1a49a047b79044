import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

const NAMES = ['valkey-server', 'redis-server'];

/**
 * Find the server program.
 *
 * @param path where it is, or nothing to look for `valkey-server` and then `redis-server` on PATH
 * @throws when it is not there, with what to install
 */
export function findServer(path?: string): string {
  if (path !== undefined) {
    if (!isExecutable(path)) {
      throw new Error(`server ${JSON.stringify(path)} is not an executable file, give the path of valkey-server or redis-server 7.0 or later`);
    }
    // It is started in another directory.
    return resolve(path);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const name of NAMES) {
    const found = folders.map((folder) => resolve(folder, name)).find(isExecutable);
    if (found !== undefined) {
      return found;
    }
  }
  throw new Error(
    'found neither valkey-server nor redis-server on PATH, install one: `apt-get install redis-server`, `brew install valkey`, ' +
    'or give the path of one as `server`',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
