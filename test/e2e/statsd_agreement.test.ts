import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodePoint, type MetricPoint } from '../../store/points.ts'
import { weir as runWeir } from '../commands/weir.ts'
import { FakeCarbon } from '../peers/fake_carbon.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

/**
 * One scripted set of lines, and everybody who can be asked about it: the console, `weir statsd`, the journal, what
 * goes to Graphite, `/graphite/render`, `/api/metrics`, `/metrics`. All of them say the same numbers.
 */

const lines = [
  'shop.orders:3|c',
  'shop.orders:2|c|@0.5',
  'shop.load:4.25|g',
  'shop.load:-1|g',
  'shop.time:10|ms',
  'shop.time:30|ms',
  'shop.time:20.5|ms',
  'shop.users:alice|s',
  'shop.users:bob|s',
  'shop.users:alice|s',
]

/** Between flushes: long enough for all the questions that are asked before one, on a busy machine too. */
const intervalS = 15

/** What Etsy's backend sends for them, by its names. */
const expected: Readonly<Record<string, number>> = {
  'stats_counts.shop.orders': 7,
  'stats.shop.orders': 7 / intervalS,
  'stats.gauges.shop.load': 3.25,
  'stats.sets.shop.users.count': 2,
  'stats.timers.shop.time.count': 3,
  'stats.timers.shop.time.count_ps': 3 / intervalS,
  'stats.timers.shop.time.sum': 60.5,
  'stats.timers.shop.time.sum_squares': 1420.25,
  'stats.timers.shop.time.mean': 60.5 / 3,
  'stats.timers.shop.time.median': 20.5,
  'stats.timers.shop.time.lower': 10,
  'stats.timers.shop.time.upper': 30,
  'stats.timers.shop.time.count_90': 3,
  'stats.timers.shop.time.upper_90': 30,
  'stats.timers.shop.time.mean_90': 60.5 / 3,
  'stats.timers.shop.time.sum_90': 60.5,
}

async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (part: string) => {
    answer += part
    if (answer.endsWith('END\n\n')) socket.end('quit\n')
  })
  socket.write(`${command}\n`)
  await once(socket, 'close')
  return answer
}

test('everybody says the same numbers', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-agreement-'))
  const [tcp, console] = [await freePort(), await freePort()]
  const carbon = new FakeCarbon(/graphiteStats|processing_time/)
  await carbon.start()
  const weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    statsd: {
      listen: `tcp://127.0.0.1:${tcp}`,
      console: { listen: `tcp://127.0.0.1:${console}` },
      flush_interval: `${intervalS}s`,
      align: true,
      host: { enabled: false },
      backends: [{ type: 'store' }, { type: 'graphite', host: '127.0.0.1', port: carbon.port }],
    },
    store: { metrics: { retention: [{ match: '', steps: `${intervalS}s:1d` }] } },
  })
  try {
    const flushes = carbon.all.length
    await waitFor('a flush', () => carbon.all.length > flushes)
    const sent = performance.now()
    const socket = connect(tcp, '127.0.0.1')
    socket.end(lines.map((line) => `${line}\n`).join(''))
    await once(socket, 'close')
    await waitFor('the lines', async () => (await ask(console, 'counters')).includes('shop.orders'))

    // Before the flush: who looks at what is being gathered.
    expect(await ask(console, 'counters')).toContain("'shop.orders': 7")
    expect(await ask(console, 'gauges')).toContain("'shop.load': 3.25")
    expect(await ask(console, 'timers')).toContain("'shop.time': [ 10, 30, 20.5 ]")
    const sets = await runWeir(['statsd', 'sets', '--json', '-d', weir.data])
    expect(sets.stdout).toContain('{"name":"shop.users","value":2}')
    expect(performance.now() - sent, 'the machine is too slow for this test').toBeLessThan(
      intervalS * 1_000,
    )

    // What is sent to Graphite.
    const isOurs = ({ values }: { values: ReadonlyMap<string, string> }) =>
      values.get('stats_counts.shop.orders') === '7'
    await waitFor('the flush at carbon', () => carbon.all.some(isOurs))
    const flush = carbon.all.find(isOurs)!
    for (const [name, value] of Object.entries(expected)) {
      expect(Number(flush.values.get(name)), name).toBe(value)
    }

    // Prometheus' view: counters add up, timers are in seconds. A set is that of the last flush, so soon.
    let metrics = ''
    const shown = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1])
    await waitFor('the flush at /metrics', async () => {
      metrics = await (await fetch(`${weir.url}/metrics`)).text()
      return shown('shop_orders') > 0
    })
    expect(shown('shop_orders')).toBe(7)
    expect(shown('shop_load')).toBe(3.25)
    expect(shown('shop_users')).toBe(2)
    expect(shown('shop_time_count')).toBe(3)
    expect(shown('shop_time_sum')).toBeCloseTo(0.0605, 12)

    // The journal.
    const { stdout } = await runWeir([
      'journal',
      'cat',
      '-d',
      weir.data,
      '--stream',
      'metrics-statsd-default',
    ])
    const points = stdout.trim().split('\n').map(decodePoint)
    const atMs = flush.seconds * 1000
    const of = (series: string): Partial<MetricPoint> =>
      points.find((point) => point.series === series && point.atMs === atMs) ?? {}
    expect(of('shop.orders')).toMatchObject({ type: 'counter', sum: 7, count: 2 })
    expect(of('shop.load')).toMatchObject({ type: 'gauge', last: 3.25 })
    expect(of('shop.time')).toMatchObject({ type: 'timer', count: 3, sum: 60.5 })
    expect(of('shop.users')).toMatchObject({ type: 'set', count: 2 })

    // /graphite/render, by Graphite's names.
    const until = flush.seconds + intervalS
    for (const [name, value] of Object.entries(expected)) {
      const target = new URLSearchParams({
        target: name,
        from: String(flush.seconds - intervalS),
        until: String(until),
        format: 'json',
      })
      const found = async () => {
        const response = await fetch(`${weir.url}/graphite/render?${target.toString()}`)
        const [series] = (await response.json()) as { datapoints: [number | null, number][] }[]
        return series?.datapoints.find(([, seconds]) => seconds === flush.seconds)?.[0]
      }
      await waitFor(`${name} in render`, async () => typeof (await found()) === 'number')
      expect(await found(), name).toBeCloseTo(value, 9)
    }

    // The store's own questions, by series and figure.
    const series = async (name: string, type: string, figure: string) => {
      const asked = new URLSearchParams({
        series: name,
        type,
        figure,
        from: String(atMs),
        until: String(atMs + intervalS * 1_000),
      })
      const answer = await (
        await fetch(`${weir.url}/api/metrics/series?${asked.toString()}`)
      ).json()
      const { series: found } = answer as { series: { values: (number | null)[] }[] }
      return found[0]?.values.find((value) => value !== null)
    }
    expect(await series('shop.orders', 'counter', 'sum')).toBe(7)
    expect(await series('shop.orders', 'counter', 'rate')).toBeCloseTo(7 / intervalS, 12)
    expect(await series('shop.load', 'gauge', 'last')).toBe(3.25)
    expect(await series('shop.users', 'set', 'count')).toBe(2)
    expect(await series('shop.time', 'timer', 'mean')).toBeCloseTo(60.5 / 3, 9)
  } finally {
    await weir.kill()
    carbon.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
