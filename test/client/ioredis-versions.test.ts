import { join } from 'node:path';
import { Command } from 'ioredis';
import * as ts from 'typescript';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../src/client';

const CLIENT = join(__dirname, '..', '..', 'src', 'client', 'index.ts');

const { extractBlockingTimeout } = Command.prototype;

afterEach(() => {
  Command.prototype.extractBlockingTimeout = extractBlockingTimeout;
});

test('the tests run against the version that they say', () => {
  expect('isSettled' in new Command('get')).toBe(process.env.IOREDIS !== '5');
});

test('fails on an ioredis that is too old, and says which one is needed', () => {
  delete (Command.prototype as Partial<Command>).extractBlockingTimeout;
  const connection = { host: 'localhost', port: 6379, tls: false, auth: 'none' } as const;
  expect(() => connect({ connection, lazyConnect: true })).toThrow(/^the installed ioredis is too old: expected version 5\.\d+ or later, or 6$/);
});

test.runIf(process.env.IOREDIS === '5')('the client type-checks against its typings', () => {
  const program = ts.createProgram([CLIENT], {
    module: ts.ModuleKind.Node16,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    paths: { ioredis: [join(__dirname, '..', '..', 'node_modules', 'ioredis-5')] },
  });
  const files = program.getSourceFiles().map(({ fileName }) => fileName);
  expect(files.filter((file) => file.includes('/node_modules/ioredis/'))).toEqual([]);
  expect(files.filter((file) => file.includes('/node_modules/ioredis-5/')).length).toBeGreaterThan(0);
  expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});
