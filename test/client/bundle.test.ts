import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('a bundle of the client contains nothing of the CDK, and loads parts of the SDK only when it needs them', async () => {
  const { metafile } = await build({
    entryPoints: [join(__dirname, '../../src/client/index.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    external: ['ioredis', '@aws-sdk/*', 'aws-cdk-lib', 'constructs'],
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((file) => !/src\/(client\/[\w-]+|contract)\.ts$/.test(file))).toEqual([]);
  const [output] = Object.values(metafile.outputs);
  const packages = output.imports.filter(({ path }) => !path.startsWith('node:')).map(({ path, kind }) => `${kind} ${path}`);
  expect([...new Set(packages)].sort()).toEqual([
    'dynamic-import @aws-sdk/client-secrets-manager',
    'dynamic-import @aws-sdk/credential-provider-node',
    'import-statement ioredis',
  ]);
  expect(output.bytes).toBeLessThan(30_000);
});
