import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The root of this repository. */
export const ROOT = resolve(__dirname, '..');

/** Runs a script in a fresh Node.js process and parses the JSON that it prints. */
export function runScript<T>(args: readonly string[], env: NodeJS.ProcessEnv = {}): T {
  const output = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } });
  return JSON.parse(output) as T;
}
