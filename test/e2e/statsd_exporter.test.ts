import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseExposition, scrapeText } from '../../statsd/prometheus/scrape/parse.ts'
import { freePort, launch, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

/** The real statsd_exporter and Weir get the same packets and the same mapping file. */
const exporter = requirePeer('statsd_exporter')

const folder = mkdtempSync(join(tmpdir(), 'weir-exporter-'))
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

const mapping = `
defaults:
  summary_options: { quantiles: [{ quantile: 0.5, error: 0.0001 }, { quantile: 0.99, error: 0.0001 }] }
mappings:
- match: "test.dispatcher.*.*.*"
  name: "dispatcher_events_total"
  labels: { processor: "$1", action: "$2", outcome: "$3", job: "test_dispatcher" }
- match: "*.signup.*.*"
  name: "signup_events_total"
  labels: { provider: "$2", outcome: "$3", job: "\${1}_server" }
- match: "req.*.time"
  name: "req_seconds"
  observer_type: histogram
  histogram_options: { buckets: [0.01, 0.05, 0.1, 1] }
  labels: { path: "$1" }
- match: "honored.*"
  name: "honored"
  honor_labels: true
  labels: { env: "rule", part: "$1" }
- match: "kb.*"
  name: "\${1}_bytes"
  scale: 1024
- match: "only.gauge"
  match_metric_type: gauge
  name: "mapped_gauge"
- match: "a.*.*"
  name: "first"
  labels: { which: "$1" }
- match: "a.b.c"
  name: "second"
- match: '(?P<host>\\w+)-(\\d+)\\.rx\\.(.*)'
  match_type: regex
  name: "rx_$3"
  labels: { host: "$host", number: "$2", whole: "$0", odd: "$1x" }
- match: "^gone\\\\."
  match_type: regex
  action: drop
  name: gone
`

const lines = [
  'test.dispatcher.Foo.send.success:1|c',
  'test.dispatcher.Foo.send.success:2|c|@0.5',
  'foo_product.signup.facebook.failure:1|c',
  'test.web-server.foo.bar:1|c',
  'double--dash:1|c',
  '1st:7|g',
  'tagged:1|c|#env:prod,zone:a-b',
  'tagged:2|c|#zone:a-b,env:prod',
  'honored.x:1|c|#env:tag',
  'kb.sent:2|c',
  'kb.free:3|g',
  'only.gauge:5|g',
  'only.counted:5|c',
  'depth:10|g',
  'depth:-3|g',
  'depth:+1|g',
  'a.b.c:1|c',
  'a.z.c:1|c',
  'web-01.rx.bytes:9|c',
  'gone.x:1|c',
  ...[5, 10, 10, 49, 50, 99, 100, 101.9, 1500].map((ms) => `req.index.time:${ms}|ms`),
  ...Array.from({ length: 200 }, (_, at) => `page.load:${(at + 1) * 3}|ms`),
  'sampled:100|ms|@0.25',
  'sampled:300|ms|@0.25',
]

/** Series of statsd: without those of the programs themselves. */
async function read(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const own = /^(statsd_|go_|process_|promhttp_|weir_|node_|namedprocess_)/
  const samples = [...parseExposition(text, scrapeText)].filter(({ name }) => !own.test(name))
  return new Map(
    samples.map(({ name, labels, value }) => {
      // An empty label is none.
      const sorted = labels
        .filter(([, of]) => of !== '')
        .map(([label, of]) => `${label}=${of}`)
        .toSorted()
      return [[name, ...sorted].join(';'), value]
    }),
  )
}

test.runIf(exporter)(
  '/metrics is that of statsd_exporter for the same packets and rules',
  async () => {
    const mappingFile = join(folder, 'mapping.yml')
    writeFileSync(mappingFile, mapping)
    const [udp, web, weirUdp] = [await freePort(), await freePort(), await freePort()]
    const flags = [
      `--web.listen-address=127.0.0.1:${web}`,
      `--statsd.listen-udp=127.0.0.1:${udp}`,
      '--statsd.listen-tcp=',
      `--statsd.mapping-config=${mappingFile}`,
    ]
    const program = launch(exporter!.path, flags, { output: join(folder, 'exporter.log') })
    stops.push(() => program.end('SIGKILL'))
    const url = `http://127.0.0.1:${web}`
    await waitFor('statsd_exporter', () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    )
    const weir = await RunningWeir.start(folder, {
      http: { listen: '127.0.0.1:0' },
      collector: { enabled: false },
      statsd: {
        listen: `udp://127.0.0.1:${weirUdp}`,
        console: { listen: [] },
        flush_interval: '1s',
        host: { enabled: false },
        // Names as they come: statsd_exporter sanitises them itself.
        key_name_sanitize: false,
        prometheus: { mapping_file: mappingFile, openmetrics: false },
      },
    })
    stops.push(() => weir.kill())
    const socket = createSocket('udp4')
    stops.push(async () => socket.close())
    const send = (text: string) => {
      socket.send(text, udp, '127.0.0.1')
      socket.send(text, weirUdp, '127.0.0.1')
    }
    for (let at = 0; at < lines.length; at += 20) send(lines.slice(at, at + 20).join('\n'))
    send('last:1|c')
    await waitFor('the flush', async () => (await read(weir.url)).get('last') === 1)
    await waitFor('its events', async () => (await read(url)).get('last') === 1)
    const [theirs, ours] = [await read(url), await read(weir.url)]
    expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted())
    for (const [key, value] of theirs) {
      const mine = ours.get(key)!
      // Weir's quantiles are within 1 %, those of statsd_exporter within the error that the file says.
      const room = key.includes('quantile=') ? 0.012 * value : 1e-9 * Math.abs(value)
      expect(Math.abs(mine - value), `${key}: ${mine}, there ${value}`).toBeLessThanOrEqual(room)
    }
    console.log(`${theirs.size} series of statsd_exporter compared`)
  },
)
