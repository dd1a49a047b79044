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
