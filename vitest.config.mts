import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vitest/config';

/** What the client and its tests import as ioredis is ioredis 5; MemoryDB Local stays with the one it is bundled with. */
const ioredis5: Plugin = {
  name: 'ioredis-5',
  enforce: 'pre',
  resolveId(source, importer) {
    return source === 'ioredis' && !importer?.includes('/src/local/') ? this.resolve('ioredis-5', importer) : undefined;
  },
};

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        plugins: [ioredis5],
        test: {
          name: 'ioredis-5',
          include: ['test/client/**/*.test.ts'],
          // These load nothing of ioredis that matters, or in a process of their own.
          exclude: ['bundle', 'clock', 'connect-token', 'connection', 'many-clients', 'modules', 'profiles', 'repeatable', 'topology'].map((name) => `test/client/${name}.test.ts`),
          env: { IOREDIS: '5' },
        },
      },
    ],
  },
});
