import { defineConfig } from 'vitest/config'

/** Of one part alone, but over real sockets, or with waits that are what is tested. */
const wired = [
  'test/collector/inputs/{http,stdin,tcp,tcp_tls,udp,unix}.test.ts',
  'test/collector/inputs/import/import.test.ts',
  'test/collector/outputs/elasticsearch.test.ts',
  'test/collector/pipeline.test.ts',
  'test/commands/{check,cli,completion}.test.ts',
  'test/core/control.test.ts',
  'test/core/delivery/loop.test.ts',
  'test/core/http/server.test.ts',
  'test/core/journal/{full,withdraw}.test.ts',
  'test/errors/uploads/uploads.test.ts',
  'test/errors/alerts/{channels,part}.test.ts',
  'test/statsd/backends/*.test.ts',
  'test/store/api/routes.test.ts',
]

/** Where fast-check is used: which cases it makes. */
const setupFiles = ['test/fuzz_seed.ts']

/**
 * unit: pure and fast, part of `npm run check`. Everything slower has a project of its own, so that
 * the quick loop stays quick: sockets, contracts over every plugin, models, faults, and e2e with real peers.
 */
export default defineConfig({
  test: {
    // A file is stripped of its types once, not in each run: 4 s of 28.
    experimental: { fsModuleCache: true, fsModuleCachePath: '.cache/modules' },
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          // They take milliseconds; what else runs on a machine must not fail them.
          testTimeout: 30_000,
          // Unit tests share nothing that changes, so they share the modules too: 11 s instead of 25.
          pool: 'threads',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['test/{contracts,model,faults,fuzz,e2e,store/embedded}/**', ...wired],
        },
      },
      { test: { name: 'wired', setupFiles, include: wired, testTimeout: 30_000, pool: 'threads' } },
      {
        test: {
          name: 'contracts',
          setupFiles,
          include: ['test/contracts/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        // DuckDB takes its time to load, and segments theirs to be written.
        test: {
          name: 'engine',
          setupFiles,
          include: ['test/store/embedded/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'model',
          setupFiles,
          include: ['test/{model,fuzz}/**/*.test.ts'],
          testTimeout: 300_000,
        },
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
          setupFiles,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
