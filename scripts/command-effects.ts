import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';

/** One element of the reply to COMMAND. */
type CommandInfo = [name: string, arity: number, flags: string[], ...rest: unknown[]];

const KEY_SPECIFICATIONS = 8;
const SUBCOMMANDS = 9;

/** What the reply to COMMAND says about keys: the names of commands, by what they do. Commands that administrate are left out. */
export function commandEffects(reply: unknown): Record<string, string> {
  const names: Record<string, string[]> = {};
  const add = (info: CommandInfo) => {
    const subcommands = info[SUBCOMMANDS] as CommandInfo[];
    subcommands.forEach(add);
    const flags = info[2].map(String);
    if (subcommands.length === 0 && !flags.includes('admin')) {
      const kind = ['readonly', 'write'].find((flag) => flags.includes(flag)) ?? 'other';
      (names[kind === 'readonly' ? kind : [kind, keyAccess(info)].filter(Boolean).join(': ')] ??= []).push(String(info[0]).toLowerCase());
    }
  };
  (reply as CommandInfo[]).forEach(add);
  return Object.fromEntries(Object.keys(names).sort().map((effect) => [effect, names[effect].sort().join(' ')]));
}

/** The flags of each key specification, such as `RW update`: https://redis.io/docs/latest/develop/reference/key-specs/ */
function keyAccess(info: CommandInfo): string {
  return (info[KEY_SPECIFICATIONS] as unknown[][])
    .map((specification) => (specification[specification.indexOf('flags') + 1] as unknown[]).map(String).join(' '))
    .join(', ');
}

async function ask(): Promise<{ version: string; reply: unknown }> {
  const directory = mkdtempSync(join(tmpdir(), 'commands-'));
  const path = join(directory, 'socket');
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', directory], { stdio: 'ignore' });
  const client = new Redis({ path, retryStrategy: () => 100 });
  client.on('error', () => undefined);
  const reply = await client.call('COMMAND');
  const version = /redis_version:(.*)\r/.exec(await client.info('server'))![1];
  client.disconnect();
  server.kill();
  await once(server, 'exit');
  rmSync(directory, { recursive: true });
  return { version, reply };
}

const WIDTH = 140;

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + word.length < WIDTH) {
      lines[last] += ` ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line, i) => `    '${line}${i < lines.length - 1 ? ' ' : ''}'`).join(' +\n');
}

async function main(): Promise<void> {
  const { version, reply } = await ask();
  const entries = Object.entries(commandEffects(reply)).map(([effect, names]) => `  '${effect}':\n${wrap(names)},\n`);
  writeFileSync(resolve(__dirname, '../src/client/command-effects.ts'), [
    '// Written by scripts/command-effects.ts from what a server replies to COMMAND.\n\n',
    '/** The server that was asked. */\n',
    `export const SERVER_VERSION = '${version}';\n\n`,
    '/** Names of commands by what the server says that they do to their keys; a subcommand follows its command after a `|`. */\n',
    `export const COMMAND_EFFECTS = {\n${entries.join('')}};\n`,
  ].join(''));
}

if (require.main === module) {
  void main();
}
