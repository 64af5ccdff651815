import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { rootSchema } from '../../config.ts'
import { inProcess } from './in_process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-convert-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function convert(kind: string, ...texts: string[]) {
  const files = texts.map((text, i) => {
    const path = join(folder, `given${i}`)
    writeFileSync(path, text)
    return path
  })
  const { stdout, stderr, code } = await inProcess(['convert', kind, ...files])
  const notes = stdout.split('\n').filter((line) => line.startsWith('#'))
  return { code, stderr, notes, config: parse(stdout) as Record<string, never> | null }
}

test("Etsy's config becomes one that Weir takes; what is computed is told", async () => {
  const { code, config, notes } = await convert(
    'statsd',
    `/* a comment */
{
  graphiteHost: "graphite.example.com" // where it is
, graphitePort: 2003
, graphiteProtocol: 'pickle'
, servers: [ { server: "./servers/udp", address: "0.0.0.0", port: 8125 }
           , { server: "./servers/tcp", address: "::", port: 8126 }
           , { server: "./servers/tcp", socket: "/run/statsd.sock" } ]
, mgmt_port: 8127
, flushInterval: 60 * 1000
, percentThreshold: [ 90, 99.9, -10 ]
, deleteIdleStats: true
, gaugesMaxTTL: 5
, flush_counts: false
, keyFlush: { interval: 1500, percent: 50 }
, histogram: [ { metric: '', bins: [ 50, 'inf' ] } ]
, backends: [ "./backends/graphite", "./backends/console", "./backends/repeater", "statsd-other-backend" ]
, repeater: [ { host: '10.0.0.1', port: 8125 } ]
, repeaterProtocol: "udp4"
, graphite: { legacyNamespace: false, globalSuffix: require('os').hostname().split('.')[0] }
, debug: true
}`,
  )
  expect(code).toBe(0)
  expect(config).toEqual({
    statsd: {
      listen: ['udp://0.0.0.0:8125', 'tcp://[::]:8126', 'unix:/run/statsd.sock'],
      console: { listen: 'tcp://0.0.0.0:8127' },
      flush_interval: '60s',
      delete_idle_stats: true,
      gauges_max_ttl: 5,
      percent_threshold: [90, 99.9, -10],
      histogram: [{ metric: '', bins: [50, 'inf'] }],
      key_flush: { interval: '1500ms', percent: 50 },
      backends: [
        { type: 'store' },
        {
          type: 'graphite',
          host: 'graphite.example.com',
          port: 2003,
          protocol: 'pickle',
          flush_counts: false,
          legacy_namespace: false,
        },
        { type: 'console' },
        { type: 'repeater', hosts: [{ host: '10.0.0.1', port: 8125 }], protocol: 'udp4' },
      ],
    },
  })
  expect(notes).toEqual([
    "# graphite.globalSuffix: require('os').hostname().split('.')[0] is computed; write its value",
    '# backends: statsd-other-backend has no counterpart',
    '# debug: use --log-level debug',
  ])
  expect(rootSchema.safeParse(config).error?.issues).toBeUndefined()
})

test('a config in other words, and one that is none', async () => {
  const { config, notes } = await convert(
    'statsd',
    'module.exports = { port: 8125, __proto__: 1 };',
  )
  expect(config).toMatchObject({ statsd: { listen: ['udp://0.0.0.0:8125'] } })
  expect(notes.join()).toContain('graphiteHost: there is none')
  const broken = await convert('statsd', '{ port: 8125, ')
  expect(broken).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/given0: .*\(\d+:\d+\)/) as string,
  })
  const none = await convert('statsd', '42')
  expect(none).toMatchObject({ code: 78, stderr: expect.stringContaining('no object') as string })
})

test("Graphite's rules become rules of the store", async () => {
  const { config, notes } = await convert(
    'graphite',
    `# comment
[carbon]
pattern = ^carbon\\.
retentions = 60:90d
[default]
pattern = .*
retentions = 10s:6h, 60:1440,10min:5y
[broken]
pattern = (
retentions = 1m:1d
[empty]
retentions = 1m:1d`,
    `[min]
pattern = \\.lower$
xFilesFactor = 0.1
aggregationMethod = min
[max]
pattern = (?P<a>x)
aggregationMethod = absmax
[all]
pattern = .*
aggregationMethod = average`,
  )
  expect(config).toEqual({
    store: {
      metrics: {
        retention: [
          { match: '^carbon\\.', steps: '1m:90d' },
          { match: '.*', steps: '10s:6h,1m:1d,10m:1825d' },
        ],
        aggregation: [
          { match: '\\.lower$', method: 'min', x_files_factor: 0.1 },
          { match: '.*', method: 'average', x_files_factor: 0.5 },
        ],
      },
    },
  })
  expect(notes.slice(0, 3).map((note) => note.split(':')[0])).toEqual([
    '# [broken]',
    '# [empty]',
    '# [max]',
  ])
})

test('a file that is not there', async () => {
  const { code, stderr } = await inProcess(['convert', 'statsd', '/nowhere/config.js'])
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be read') as string,
  })
})
