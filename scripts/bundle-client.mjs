// Bundles the client, without the libraries that it finds beside itself: one file loads sooner than forty, and minifies better.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/client/index.ts'],
  outdir: 'lib/client',
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['ioredis', '@aws-sdk/*'],
  logLevel: 'warning',
});
