// Makes a fresh checkout ready: the npm packages, and a server program for the tests and MemoryDB Local.
// Needs nothing but Node.js; does nothing when everything is there.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

setUpPackages();
setUpServer();

function setUpPackages() {
  const lockFile = join(root, 'package-lock.json');
  // npm writes this file last, so an interrupted installation counts as none.
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs) {
    return;
  }
  say('installing the npm packages: npm ci');
  // On Windows npm is a script that only a shell can run.
  run('npm', ['ci'], { shell: process.platform === 'win32' });
}

function setUpServer() {
  if (isOnPath('valkey-server') || isOnPath('redis-server')) {
    checkVersion();
    return;
  }
  if (process.platform === 'darwin' && isOnPath('brew')) {
    say('installing a server: brew install valkey');
    run('brew', ['install', 'valkey']);
  } else if (isDebian() && canBecomeRoot()) {
    // Run level 1 keeps the package from starting its service.
    const prefix = process.getuid() === 0 ? [] : ['sudo', '-n'];
    const environment = ['env', 'RUNLEVEL=1', 'DEBIAN_FRONTEND=noninteractive'];
    const [program, ...args] = [...prefix, ...environment, 'apt-get'];
    say('installing a server, without starting its service: apt-get update, apt-get install redis-server');
    run(program, [...args, 'update']);
    run(program, [...args, 'install', '-y', '--no-install-recommends', 'redis-server']);
  } else {
    fail(
      'found neither valkey-server nor redis-server on PATH, install one of version 7.0 or later with TLS:\n' +
      '  Debian, Ubuntu:  sudo apt-get install redis-server\n' +
      '  Fedora, Amazon:  sudo dnf install valkey\n' +
      '  macOS:           brew install valkey\n' +
      '  Windows:         use WSL and install it there',
    );
  }
  if (!isOnPath('valkey-server') && !isOnPath('redis-server')) {
    fail('the installation went well, but there is still neither valkey-server nor redis-server on PATH; add its folder to PATH');
  }
  checkVersion();
}

// Distributions of before 2023 still have version 6.
function checkVersion() {
  const server = isOnPath('valkey-server') ? 'valkey-server' : 'redis-server';
  const { stdout, error } = spawnSync(server, ['--version'], { encoding: 'utf8' });
  const version = /\bv=(\d+)\.\S+/.exec(stdout ?? '');
  if (version === null || Number(version[1]) < 7) {
    const found = error?.message ?? (version === null ? 'a version that cannot be read' : version[0].slice('v='.length));
    fail(`${server} on PATH is ${found}, but version 7.0 or later with TLS is needed: https://valkey.io/download or https://redis.io/downloads`);
  }
}

function isDebian() {
  return isOnPath('apt-get') && existsSync('/etc/os-release') && /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function canBecomeRoot() {
  return process.getuid() === 0 || (isOnPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0);
}

function isOnPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (status !== 0) {
    fail(`${[program, ...args].join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  }
}

function say(text) {
  console.log(`setup: ${text}`);
}

function fail(text) {
  console.error(`setup: ${text}`);
  process.exit(1);
}
