import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

/** The root of this repository. */
export const ROOT = resolve(__dirname, '..', '..', '..');

/** The package as it would be published. */
export interface Tarball {
  /** Path of the file. */
  readonly path: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /** Paths of the files in it. */
  readonly files: readonly string[];
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

/** Packs this package into a directory. It must have been compiled. */
export function pack(directory: string): Tarball {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: ROOT, encoding: 'utf8' });
  const [{ filename, size, files }] = JSON.parse(output) as PackReport[];
  return { path: join(directory, filename), size, files: files.map(({ path }) => path) };
}
