import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** The most that is left of a file of which nothing is used: its imports. */
const MAX_REST = 100;

async function bundle(contents: string): Promise<{ inputs: string[]; imports: string[]; bytes: number }> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: __dirname },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    external: ['ioredis', '@aws-sdk/*', 'aws-cdk-lib', 'constructs'],
  });
  const [{ inputs, imports, bytes }] = Object.values(metafile.outputs);
  return {
    inputs: Object.keys(inputs).filter((file) => file !== '<stdin>' && inputs[file].bytesInOutput > MAX_REST),
    imports: [...new Set(imports.filter(({ path }) => !path.startsWith('node:')).map(({ path, kind }) => `${kind} ${path}`))].sort(),
    bytes,
  };
}

test('a bundle of the client contains nothing of the CDK, and loads parts of the SDK only when it needs them', async () => {
  const { inputs, imports, bytes } = await bundle("export * from '../../src/client';");
  expect(inputs.filter((file) => !/src\/(client\/[\w-]+|contract)\.ts$/.test(file))).toEqual([]);
  expect(imports).toEqual([
    'dynamic-import @aws-sdk/client-secrets-manager',
    'dynamic-import @aws-sdk/credential-provider-node',
    'import-statement ioredis',
  ]);
  expect(bytes).toBeLessThan(102_500);
});

test('helpers that nobody uses can be left out of a bundle', async () => {
  const { inputs, bytes } = await bundle("export { connect } from '../../src/client';");
  const helpers = /\/(batch|batch-error|crc16|keys|multi-key|node-redis|scan|patience|transaction|transaction-queue|watching)\.ts$/;
  expect(inputs.filter((file) => helpers.test(file))).toEqual([]);
  expect(bytes).toBeLessThan(85_200);
});
