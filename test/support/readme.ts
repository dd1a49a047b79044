import { readFileSync } from 'node:fs';
import * as path from 'node:path';

export const PROJECT_DIR = path.resolve(__dirname, '..', '..');

/** A code block of the README. */
export interface CodeBlock {
  readonly language: string;
  /** Line of the README on which the code starts. */
  readonly line: number;
  readonly code: string;
}

export function readmeBlocks(): CodeBlock[] {
  const readme = readFileSync(path.join(PROJECT_DIR, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```(\w+).*\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1],
    line: readme.slice(0, match.index).split('\n').length + 1,
    code: match[2],
  }));
}

/** What the README says that a library needs, as options of an access string. */
export function accessOf(library: string): Record<string, string[]> {
  const readme = readFileSync(path.join(PROJECT_DIR, 'README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith(`| ${library} |`) || line.startsWith(`| [${library}](`));
  const [, options] = /^`(.*?)`/.exec(row?.split(/(?<!\\) ?\| ?/)[3] ?? '') ?? [];
  if (options === undefined) {
    throw new Error(`the README says nothing of ${library}`);
  }
  const json = options.replaceAll('\\|', '|').replaceAll("'", '"').replace(/(^|, )(\w+): \[/g, '$1"$2": [');
  return JSON.parse(`{ ${json} }`) as Record<string, string[]>;
}
