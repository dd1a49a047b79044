#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withoutConnections } from './environment';
import { Local, startLocal } from './index';
import { Watchdog } from './watchdog';

const USAGE = `Usage: cdk-memorydb local up [options] [-- COMMAND [ARGUMENT ...]]

Starts the MemoryDB clusters of a synthesized CDK app on this machine.

With COMMAND it runs the command with the environment of the app's function or container, ends the servers when the
command ends, and exits with its code. Without it, it prints the environment of every user and waits for Ctrl-C.

Options:
  --app DIR         cloud assembly to read (default: cdk.out)
  --stack NAME      start the clusters of this stack only
  --function ID     environment of this Lambda function: logical id, its beginning, construct path or name
  --container ID    environment of this ECS container: its name, or TASKDEFINITION/NAME
  --data-dir DIR    where the servers keep files and logs (default: a temporary directory)
  --server PATH     server program (default: valkey-server or redis-server on PATH)
  --host NAME       host name the nodes announce (default: localhost)
  --help            show this text
  --version         show the version of this program
`;

const PACKAGE = join(__dirname, '..', '..', 'package.json');

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** What a shell takes for the name of a variable; the name of one in a template may even be a command. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

class UsageError extends Error {}

/**
 * What a signal does now.
 *
 * The listeners stay the same from the start to the end: a signal that comes while they are exchanged is lost.
 */
class SignalSwitch {
  private action: (signal: NodeJS.Signals) => void;

  constructor() {
    // Until there is something to run, a signal ends this process; the servers end with it.
    this.action = (signal) => process.exit(128 + constants.signals[signal]);
    SIGNALS.forEach((signal) => process.on(signal, () => this.action(signal)));
  }

  set(action: (signal: NodeJS.Signals) => void): void {
    this.action = action;
  }
}

interface Invocation {
  readonly help: boolean;
  readonly version: boolean;
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly command: readonly string[];
}

function parse(argv: readonly string[]): Invocation {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const text = { type: 'string' } as const;
  try {
    const { values: { help = false, version = false, ...options }, positionals } = parseArgs({
      args: argv.slice(0, end),
      allowPositionals: true,
      options: {
        'app': text,
        'stack': text,
        'function': text,
        'container': text,
        'data-dir': text,
        'server': text,
        'host': text,
        'help': { type: 'boolean', short: 'h' },
        'version': { type: 'boolean' },
      },
    });
    const action = positionals.join(' ');
    if (!help && !version && action !== 'local up') {
      const hint = action.startsWith('local up ') ? ', put "--" in front of the program to run' : '';
      throw new UsageError(action === '' ? 'a command is missing' : `unknown command "${action}"${hint}`);
    }
    if (end === argv.length - 1) {
      throw new UsageError('nothing stands after "--"');
    }
    return { help, version, options, command: argv.slice(end + 1) };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const { help, version, options, command } = parse(argv);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (version) {
    process.stdout.write(`${(JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version}\n`);
    return 0;
  }
  const signals = new SignalSwitch();
  const started = Date.now();
  const choice = { function: options.function, container: options.container };
  const chosen = options.function !== undefined || options.container !== undefined;
  const local = await startLocal({
    app: options.app,
    stack: options.stack,
    dataDir: options['data-dir'],
    server: options.server,
    host: options.host,
    ...chosen || command.length > 0 ? { consumer: choice } : {},
  });
  try {
    local.notices.forEach((notice) => say(`note: ${notice}`));
    local.clusters.forEach((cluster) => say(`${cluster.name}: ${cluster.nodes.length} nodes on ${cluster.host}:${cluster.port}`));
    say(`ready in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    if (command.length > 0) {
      return await run(command, local.environment(choice), signals);
    }
    printEnvironments(local, choice);
    const ended = untilSignal(signals);
    say('press Ctrl-C to end the servers');
    await ended;
    return 0;
  } finally {
    await local.stop();
  }
}

/** Run a command to its end, which is at the latest the end of this process. */
async function run(command: readonly string[], environment: Record<string, string>, signals: SignalSwitch): Promise<number> {
  const [program, ...args] = command;
  // A terminal is for one group of processes, this one. Without a terminal the command has its own, which can be ended as a whole.
  const ownGroup = !process.stdin.isTTY;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...withoutConnections(process.env, environment), ...environment },
    detached: ownGroup,
  });
  const target = child.pid === undefined || !ownGroup ? child.pid : -child.pid;
  const watchdog = new Watchdog();
  if (target !== undefined) {
    watchdog.add(target);
  }
  signals.set((signal) => {
    // A terminal sends its interrupt to the command itself.
    if (target !== undefined && (ownGroup || signal !== 'SIGINT')) {
      send(target, signal);
    }
  });
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      say(`cannot run ${JSON.stringify(program)}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (status, signal) => resolve(signal === null ? status ?? 1 : 128 + constants.signals[signal]));
  });
  signals.set(() => undefined);
  if (target !== undefined) {
    watchdog.remove(target);
  }
  await watchdog.close();
  return code;
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended by itself.
  }
}

async function untilSignal(signals: SignalSwitch): Promise<void> {
  // Waiting for a signal alone does not keep a process alive.
  const keepAlive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signals.set(() => resolve()));
  clearInterval(keepAlive);
}

function printEnvironments(local: Local, choice: { readonly function?: string; readonly container?: string }): void {
  const chosen = choice.function ?? choice.container;
  if (chosen !== undefined) {
    printEnvironment(chosen, local.environment(choice));
    return;
  }
  for (const cluster of local.clusters) {
    if (cluster.openAccess) {
      printEnvironment(`cluster ${cluster.name}, no user needed`, cluster.environment());
    } else if (cluster.users.length === 0) {
      say(`note: nobody can sign in to cluster ${cluster.name}, its ACL has no users`);
    }
    cluster.users.forEach(({ name }) => printEnvironment(`cluster ${cluster.name}, user ${name}`, cluster.environment(name)));
  }
}

function printEnvironment(title: string, environment: Record<string, string>): void {
  const lines = Object.entries(environment).map(([name, value]) => VARIABLE_NAME.test(name)
    ? `export ${name}='${value.replaceAll("'", "'\\''")}'`
    : `# a shell cannot export ${JSON.stringify(name)}`);
  process.stdout.write(`# ${title.replace(/\s+/g, ' ')}\n${lines.join('\n')}\n\n`);
}

/** Talk to the person; the standard output belongs to the environment and to the command. */
function say(text: string): void {
  process.stderr.write(`cdk-memorydb: ${text}\n`);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    say(error.message);
    if (error instanceof UsageError) {
      process.stderr.write(`\n${USAGE}`);
    }
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
