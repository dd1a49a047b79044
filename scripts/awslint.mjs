// Runs awslint on the compiled API and shows errors and warnings only.
//
// A construct without `@resource` makes awslint 2.262.2-alpha.0 stop at once, behind an unrelated TypeError: hence the hint.
import { spawnSync } from 'node:child_process';

const { status, stdout, stderr, error } = spawnSync('awslint', { encoding: 'utf8', env: { ...process.env, AWSLINT_BASE_CONSTRUCT: 'true' } });
if (error) {
  throw error;
}
const lines = `${stdout}${stderr}`.split('\n').filter((line) => /^(error|warning|TypeError)/.test(line.trim()));
lines.forEach((line) => console.error(line));
if (lines.some((line) => line.includes('chalk.red is not a function'))) {
  console.error('awslint stopped early: a class that extends Resource has no "@resource AWS::MemoryDB::..." in its documentation');
}
process.exit(status ?? 1);
