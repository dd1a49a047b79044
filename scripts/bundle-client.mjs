// Bundles the client, without the libraries that it finds beside itself: one file loads sooner than forty, and minifies better.
// Node.js gets a CommonJS module. Bundlers get an ES module, from which they leave out what is not used.
import { build } from 'esbuild';

for (const [format, outfile] of [['cjs', 'lib/client/index.js'], ['esm', 'lib/client/index.mjs']]) {
  await build({
    entryPoints: ['src/client/index.ts'],
    outfile,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    external: ['ioredis', '@aws-sdk/*'],
    logLevel: 'warning',
  });
}
