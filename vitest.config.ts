import { defineConfig } from 'vitest/config'

/**
 * unit: pure and fast, part of `npm run check`. Everything slower has a project of its own, so that
 * the quick loop stays quick: contracts over every plugin, models, faults, and e2e with real peers.
 */
export default defineConfig({
  test: {
    // A file is stripped of its types once, not in each run: 4 s of 28.
    experimental: { fsModuleCache: true, fsModuleCachePath: '.cache/modules' },
    projects: [
      {
        test: {
          name: 'unit',
          // They take milliseconds; what else runs on a machine must not fail them.
          testTimeout: 30_000,
          // Unit tests share nothing that changes, so they share the modules too: 11 s instead of 25.
          pool: 'threads',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['test/{contracts,model,faults,fuzz,e2e,store/embedded}/**'],
        },
      },
      {
        test: { name: 'contracts', include: ['test/contracts/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // DuckDB takes its time to load, and segments theirs to be written.
        test: {
          name: 'engine',
          include: ['test/store/embedded/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: { name: 'model', include: ['test/{model,fuzz}/**/*.test.ts'], testTimeout: 300_000 },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
