import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_DIR, readmeBlocks } from './support/readme';
import { startLocal } from '../src/local';

const run = promisify(execFile);
const blocks = readmeBlocks();
const clientBlocks = blocks.filter((block) => block.language === 'js');

let dir: string;

beforeAll(() => {
  // Inside the project, so that the blocks find it by its name as a user's code does.
  mkdirSync(path.join(PROJECT_DIR, 'cdk.out'), { recursive: true });
  dir = mkdtempSync(path.join(PROJECT_DIR, 'cdk.out', 'readme-'));
});

afterAll(() => rmSync(dir, { recursive: true }));

// jsii-rosetta compiles the `ts` blocks (task `readme`); it cannot translate run-time code, so that is JavaScript.
test.each(clientBlocks)('the block of line $line type-checks', ({ line, code }) => {
  const file = path.join(dir, `line-${line}.mjs`);
  writeFileSync(file, code);
  const program = ts.createProgram([file], {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    skipLibCheck: true,
    module: ts.ModuleKind.Node16,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
  });
  const errors = ts.getPreEmitDiagnostics(program).map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  expect(errors).toEqual([]);
});

test('no block is in a language that is not checked', () => {
  expect([...new Set(blocks.map((block) => block.language))].sort()).toEqual(['console', 'js', 'ts']);
});

describe('the first screen', () => {
  const outdir = () => path.join(dir, 'cdk.out');

  beforeAll(async () => {
    const [stack, handler] = blocks;
    writeFileSync(path.join(dir, 'handler.js'), handler.code);
    writeFileSync(path.join(dir, 'stack.ts'), `${stack.code}\nexport { stack, handler };\n`);
    writeFileSync(
      path.join(dir, 'app.ts'),
      `import { Validations } from 'aws-cdk-lib';
      import { AwsSolutionsChecks } from 'cdk-nag';
      import { handler, stack } from './stack';

      Validations.of(stack.node.root).addPlugins(new AwsSolutionsChecks());
      for (const policy of ['AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole']) {
        Validations.of(handler).acknowledge({
          id: \`AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/\${policy}]\`,
          reason: 'the function is not ours: what CDK gives every function in a VPC',
        });
      }`,
    );
    await run(path.join(PROJECT_DIR, 'node_modules', '.bin', 'tsx'), ['app.ts'], {
      cwd: dir,
      env: {
        ...process.env,
        CDK_OUTDIR: outdir(),
        CDK_CONTEXT_JSON: JSON.stringify({ '@aws-cdk/core:validateAgainstDefaultRules': true }),
      },
    });
  }, 60_000);

  test('is a stack of ten lines', () => {
    const statements = blocks[0].code.split('\n').filter((line) => line !== '');
    expect(statements.length).toBeLessThanOrEqual(10);
  });

  test('synthesizes without a finding of CDK or cdk-nag', () => {
    const { pluginReports } = JSON.parse(readFileSync(path.join(outdir(), 'validation-report.json'), 'utf8'));
    expect(pluginReports.map((plugin: { pluginName: string }) => plugin.pluginName)).toContain('AwsSolutions');
    expect(pluginReports.flatMap((plugin: { violations: unknown[] }) => plugin.violations)).toEqual([]);
  });

  test('has a handler that works with the cluster of the stack', async () => {
    const local = await startLocal({ app: outdir() });
    try {
      const script = `
        import { close } from 'cdk-memorydb/client';
        import { db, handler } from './handler-with-db.mjs';
        console.log(await handler({ id: '1', total: '149.99' }), await db.hgetall('order:1'));
        await close(db);`;
      writeFileSync(path.join(dir, 'handler-with-db.mjs'), `${blocks[1].code}\nexport { db };\n`);
      writeFileSync(path.join(dir, 'call.mjs'), script);
      const { stdout } = await run(process.execPath, ['call.mjs'], { cwd: dir, env: { ...process.env, ...local.environment() } });
      expect(stdout).toBe("2 { id: '1', total: '149.99' }\n");
    } finally {
      await local.stop();
    }
  });
});
