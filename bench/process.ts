import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { BuildOptions } from 'esbuild';

/** The root of this repository. */
export const ROOT = resolve(__dirname, '..');

/** Runs a script in a fresh Node.js process and parses the JSON that it prints. */
export function runScript<T>(args: readonly string[], env: NodeJS.ProcessEnv = {}): T {
  const output = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } });
  return JSON.parse(output) as T;
}

/**
 * Compiles a script of this directory, so that no compiler is at work while it is measured.
 *
 * @param name - its path without the extension
 * @returns the path of the compiled one, which loads packages like any application unless the options say otherwise
 */
export function compile(name: string, options: BuildOptions = { packages: 'external' }): string {
  const outfile = join(ROOT, 'bench', 'results', `${name}.js`);
  buildSync({
    ...options,
    entryPoints: [join(ROOT, 'bench', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
  return outfile;
}
