import { ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterTemplate, eventually, isRunning, user } from './fixtures';
import { startLocal } from '../../src/local';

const CLI = resolve('src/local/cli.ts');
const TEMPLATE = clusterTemplate({ app: user('app', 'on ~* &* +@all') });

let folder: string;
let app: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
  app = join(folder, 'cdk.out');
  writeAssembly(app, TEMPLATE);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('stop ends every process and removes the directory, and may be called again', async () => {
  const local = await startLocal({ template: TEMPLATE });
  const directory = dirname(local.caFile);
  await local.nodes[1].kill('SIGSTOP');
  await Promise.all([local.stop(), local.stop()]);
  await local.stop();
  expect(local.nodes.filter((node) => node.running || isRunning(node.pid))).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

test('leaving a block with `await using` stops', async () => {
  const local = await startLocal({ template: TEMPLATE });
  await local[Symbol.asyncDispose]();
  expect(local.nodes.some((node) => isRunning(node.pid))).toBe(false);
});

describe('a process that does not stop its clusters', () => {
  test.each([
    ['ends by itself', '', undefined],
    ['calls process.exit', 'process.exit(3);', undefined],
    ['fails', 'throw new Error("on purpose");', undefined],
    ['is ended by SIGTERM', 'setInterval(() => {}, 1000);', 'SIGTERM'],
    ['is killed', 'setInterval(() => {}, 1000);', 'SIGKILL'],
  ] as const)('leaves nothing behind when it %s', async (_, last, signal) => {
    const script = join(folder, `script-${signal ?? 'none'}.ts`);
    writeFileSync(script, `
      import { startLocal } from ${JSON.stringify(resolve('src/local'))};
      startLocal({ template: ${JSON.stringify(TEMPLATE)} }).then((local) => {
        process.stdout.write(JSON.stringify({ pids: local.nodes.map((node) => node.pid), caFile: local.caFile }) + '\\n', () => { ${last} });
      });
    `);
    const child = runNode([script]);
    await eventually(() => child.output.includes('\n'));
    const { pids, caFile } = JSON.parse(child.output) as { pids: number[]; caFile: string };
    if (signal !== undefined) {
      child.process.kill(signal);
    }
    await child.ended;
    await eventually(() => !pids.some(isRunning) && !existsSync(dirname(caFile)));
  });
});

describe('cdk-memorydb local up', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('prints the environment, stays until %s and cleans up', async (signal) => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const child = runNode([CLI, 'local', 'up', '--app', app], { TMPDIR: temporary });
    await eventually(() => child.errors.includes('press Ctrl-C'));
    expect(child.output).toMatch(/^# cluster orders, user app\nexport MEMORYDB_HOST='localhost'\nexport MEMORYDB_PORT='\d+'\n/);
    expect(child.output).toContain("export MEMORYDB_CA_FILE='");
    const pids = pidsBelow(temporary);
    child.process.kill(signal);
    expect(await child.ended).toBe(0);
    expect(pids.some(isRunning)).toBe(false);
    expect(readdirSync(temporary).filter((name) => name.startsWith('memorydb-'))).toEqual([]);
  });

  test('a signal during the start cleans up', async () => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const child = runNode([CLI, 'local', 'up', '--app', app], { TMPDIR: temporary });
    await eventually(() => pidsBelow(temporary).length > 0);
    const pids = pidsBelow(temporary);
    child.process.kill('SIGINT');
    expect(await child.ended).toBe(130);
    await eventually(() => !pids.some(isRunning) && readdirSync(temporary).every((name) => !name.startsWith('memorydb-')));
  });

  test('runs a command with the environment and exits with its code', async () => {
    const script = 'console.log(process.env.MEMORYDB_USERNAME, process.env.MEMORYDB_AUTH, process.env.OWN); process.exit(7)';
    const child = runNode([CLI, 'local', 'up', '--app', app, '--', process.execPath, '-e', script, '--', '--app'], { OWN: 'kept' });
    expect(await child.ended).toBe(7);
    expect(child.output).toBe('app password kept\n');
  });

  test('a left-over secret of the same connection does not reach the command', async () => {
    const child = runNode([CLI, 'local', 'up', '--app', app, '--', process.execPath, '-p', 'process.env.MEMORYDB_SECRET_ARN'], { MEMORYDB_SECRET_ARN: 'old' });
    expect(await child.ended).toBe(0);
    expect(child.output).toBe('undefined\n');
  });

  test('fails on a function that is not there before it looks for a server', async () => {
    const child = runNode([CLI, 'local', 'up', '--app', app, '--function', 'Nobody', '--server', '/nowhere']);
    expect(await child.ended).toBe(1);
    expect(child.errors).toBe('cdk-memorydb: found no function "Nobody", choose one: there is none\n');
  });

  test('prints no variable whose name a shell would run', async () => {
    const directory = join(folder, 'names');
    const variables = { 'A$(id)': '1', 'my-name': '2', 'GOOD': "it's\n$(id)" };
    writeAssembly(directory, clusterTemplate({ app: user('app', 'on ~* +@all') }, {}, {
      Task: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: { ContainerDefinitions: [{ Name: 'worker', Environment: Object.entries(variables).map(([Name, Value]) => ({ Name, Value })) }] },
      },
    }));
    const child = runNode([CLI, 'local', 'up', '--app', directory, '--container', 'worker']);
    await eventually(() => child.errors.includes('press Ctrl-C'));
    child.process.kill('SIGTERM');
    await child.ended;
    expect(child.output).toBe('# worker\n# a shell cannot export "A$(id)"\n# a shell cannot export "my-name"\nexport GOOD=\'it\'\\\'\'s\n$(id)\'\n\n');
  });

  test('passes signals on to the command', async () => {
    const script = 'process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("up")';
    const child = runNode([CLI, 'local', 'up', '--app', app, '--', process.execPath, '-e', script]);
    await eventually(() => child.output.includes('up'));
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(9);
  });

  test('killed with SIGKILL takes the command and what it has started along', async () => {
    const script = 'const { spawn } = require("child_process");'
      + 'const inner = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);'
      + 'console.log(JSON.stringify([process.pid, inner.pid])); setInterval(() => {}, 1000)';
    const child = runNode([CLI, 'local', 'up', '--app', app, '--', process.execPath, '-e', script]);
    await eventually(() => child.output.includes(']'));
    const pids = JSON.parse(child.output) as number[];
    try {
      expect(pids.every(isRunning)).toBe(true);
      child.process.kill('SIGKILL');
      await eventually(() => !pids.some(isRunning));
    } finally {
      pids.filter(isRunning).forEach((pid) => process.kill(pid, 'SIGKILL'));
    }
  });

  test('fails with 127 on a command that is not there', async () => {
    const child = runNode([CLI, 'local', 'up', '--app', app, '--', 'no-such-command']);
    expect(await child.ended).toBe(127);
    expect(child.errors).toContain('cannot run "no-such-command"');
  });

  test.each([
    [['--help'], 0, /^Usage: cdk-memorydb local up/, /^$/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [[], 2, /^$/, /a command is missing\n\nUsage:/],
    [['local', 'sideways'], 2, /^$/, /unknown command "local sideways"/],
    [['local', 'up', 'node', 'x.js'], 2, /^$/, /unknown command "local up node x.js", put "--" in front of the program to run/],
    [['local', 'up', '--nonsense'], 2, /^$/, /'--nonsense'/],
    [['local', 'up', '--'], 2, /^$/, /nothing stands after "--"/],
    [['local', 'up', '--app', ''], 1, /^$/, /app must name a directory, got ""/],
    [['local', 'up', '--app', '/nowhere'], 1, /^$/, /found no cloud assembly in "\/nowhere"/],
  ])('%j exits with %i', async (args, code, output, errors) => {
    const child = runNode([CLI, ...args]);
    expect(await child.ended).toBe(code);
    expect(child.output).toMatch(output);
    expect(child.errors).toMatch(errors);
  });
});

interface RunningNode {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  output: string;
  errors: string;
}

function runNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}): RunningNode {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const running: RunningNode = { process: child, ended: new Promise((done) => child.once('close', done)), output: '', errors: '' };
  child.stdout.on('data', (data) => {
    running.output += data;
  });
  child.stderr.on('data', (data) => {
    running.errors += data;
  });
  return running;
}

/** The servers whose working directory is below a directory. */
function pidsBelow(directory: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}

function writeAssembly(directory: string, template: object): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'Orders.template.json'), JSON.stringify(template));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({
    version: '40.0.0',
    artifacts: { Orders: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Orders.template.json' } } },
  }));
}
