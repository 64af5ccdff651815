import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { PrometheusServer } from '../peers/prometheus.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { decodePoint, type MetricPoint } from '../../store/points.ts'
import { RunningWeir } from './running_weir.ts'

/** A real Prometheus: it scrapes Weir, sends to it and is written to by it. */
const prometheus = requirePeer('prometheus')
const promtool = requirePeer('promtool')

const stops: (() => Promise<unknown>)[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'weir-prometheus-'))
  stops.push(async () => rmSync(made, { recursive: true, force: true }))
  return made
}
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
})

async function startWeir(statsd: object = {}) {
  const udp = await freePort()
  const weir = await RunningWeir.start(folder(), {
    http: { listen: '127.0.0.1:0' },
    collector: { enabled: false },
    statsd: {
      listen: `udp://127.0.0.1:${udp}`,
      console: { listen: [] },
      flush_interval: '1s',
      ...statsd,
    },
  })
  stops.push(() => weir.kill())
  const socket = createSocket('udp4')
  stops.push(async () => socket.close())
  return { weir, send: (...lines: string[]) => socket.send(lines.join('\n'), udp, '127.0.0.1') }
}

const metricsOf = async ({ url }: RunningWeir, accept = '') =>
  await (await fetch(`${url}/metrics`, { headers: { accept } })).text()
const contains = (weir: RunningWeir, line: string) => async () =>
  (await metricsOf(weir)).split('\n').includes(line)

test.runIf(prometheus && promtool)('Prometheus scrapes what was flushed', async () => {
  const { weir, send } = await startWeir()
  const { host } = new URL(weir.url)
  const server = await PrometheusServer.start(folder(), {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'weir', static_configs: [{ targets: [host] }] }],
  })
  stops.push(() => server.stop())
  send(
    'hits:2|c|#env:prod',
    'hits:3|c|#env:prod',
    'depth:-5|g',
    'depth:-2|g',
    'users:a|s',
    'users:b|s',
  )
  send('t:100|ms', 't:300|ms', '__proto__:1|c', 'constructor:1|ms')
  await waitFor('the flush', contains(weir, 'hits{env="prod"} 5'))
  const valueOf = async (expression: string) => (await server.query(expression))[0]?.value
  await waitFor('a scrape', async () => (await valueOf('hits_total')) === 5)
  expect(await server.query('hits_total{job="weir"}')).toEqual([
    { metric: { __name__: 'hits_total', env: 'prod', instance: host, job: 'weir' }, value: 5 },
  ])
  expect(await valueOf('t_sum')).toBeCloseTo(0.4, 9)
  expect(await valueOf('t_count')).toBe(2)
  expect(await valueOf('up{job="weir"}')).toBe(1)
  expect(await valueOf('node_load1')).toBeGreaterThanOrEqual(0)
  expect(await valueOf('weir_prometheus_series')).toBeGreaterThan(5)
  expect(await server.scrapeErrors()).toEqual([''])
  // Its own judge of the text: it may find names that it would not choose, but nothing that it cannot read.
  const text = await metricsOf(weir)
  const judged = () =>
    execFileSync(promtool!.path, ['check', 'metrics'], { input: text, stdio: 'pipe' })
  try {
    judged()
  } catch (failure) {
    const { stderr, status } = failure as { stderr: Buffer; status: number }
    expect(stderr.toString()).not.toMatch(/error while linting|parsing error/)
    expect(status).toBe(3)
  }
})

/** Points that the main thread made durable. */
function pointsOf({ data }: RunningWeir): MetricPoint[] {
  const partition = join(data, 'journal', 'points')
  const files = readdirSync(partition).filter((name) => name.endsWith('.ndjson'))
  const text = files.map((name) => readFileSync(join(partition, name), 'utf8')).join('')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => decodePoint(line))
}

test.runIf(prometheus)('Prometheus sends by remote write, and nothing is refused', async () => {
  const { weir } = await startWeir({ host: { enabled: false } })
  const server = await PrometheusServer.start(folder(), {
    global: { scrape_interval: '1s', external_labels: { site: 'home' } },
    scrape_configs: [{ job_name: 'weir', static_configs: [{ targets: [new URL(weir.url).host] }] }],
    remote_write: [
      { url: `${weir.url}/api/v1/write`, queue_config: { batch_send_deadline: '1s' } },
    ],
  })
  stops.push(() => server.stop())
  const isUp = ({ series }: MetricPoint) => /^up;instance=.*;job=weir;site=home$/.test(series)
  await waitFor('samples', () => {
    try {
      return pointsOf(weir).some((point) => isUp(point) && point.last === 1)
    } catch {
      return false
    }
  })
  const points = pointsOf(weir)
  expect(points.find(isUp)).toMatchObject({ type: 'value', last: 1 })
  expect(points.some(({ series }) => series.startsWith('weir_journal_events_total;'))).toBe(true)
  const failed = await fetch(`${server.url}/metrics`).then((answer) => answer.text())
  expect(failed).toMatch(/prometheus_remote_storage_samples_failed_total\{[^}]*\} 0\n/)
  expect(await weir.counted('statsd.remote_write', 'bad_sample')).toBe(0)
})

test.runIf(prometheus)(
  'Weir writes into Prometheus, also what was flushed while it was away',
  async () => {
    const config = { global: { scrape_interval: '1h' } }
    const place = folder()
    const port = await freePort()
    const first = await PrometheusServer.start(place, config, port)
    const { weir, send } = await startWeir({
      host: { enabled: false },
      backends: [
        {
          type: 'remote_write',
          url: `${first.url}/api/v1/write`,
          retry_max_wait: '200ms',
          external_labels: { weir: 'edge' },
        },
      ],
    })
    const hits = async (server: PrometheusServer) =>
      (await server.query('hits_total{env="prod",weir="edge"}'))[0]?.value
    send('hits:2|c|#env:prod', 't:250|ms')
    await waitFor('the first flush', async () => (await hits(first)) === 2)
    expect((await first.query('t_sum'))[0]!.value).toBeCloseTo(0.25, 9)
    await first.stop()
    send('hits:40|c|#env:prod')
    await weir.said('cannot deliver')
    const second = await PrometheusServer.start(place, config, port)
    stops.push(() => second.stop())
    await waitFor('what was flushed meanwhile', async () => (await hits(second)) === 42)
    expect(weir.log('refused for good')).toEqual([])
  },
)
