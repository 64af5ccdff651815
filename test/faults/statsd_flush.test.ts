import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { MetricPoint } from '../../store/points.ts'
import { decodePoint } from '../../store/points.ts'
import { weir as runWeir } from '../commands/weir.ts'
import { RunningWeir } from '../e2e/running_weir.ts'
import { FakeCarbon } from '../peers/fake_carbon.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { seeded } from '../peers/bulk_sink.ts'

/** What came in is flushed at TERM, and a flush that is durable arrives once, whenever the process is killed. */

const runs = Number(process.env['FAULT_RUNS'] ?? 6)

interface Given {
  readonly tcp: number
  readonly carbon?: number
  readonly interval?: string
}

const config = ({ tcp, carbon, interval = '1s' }: Given) => ({
  http: { listen: '127.0.0.1:0' },
  // Nothing goes before it was looked at.
  store: { enabled: false },
  statsd: {
    listen: `tcp://127.0.0.1:${tcp}`,
    console: { listen: [] },
    host: { enabled: false },
    flush_interval: interval,
    backends:
      carbon === undefined
        ? []
        : [{ type: 'graphite', host: '127.0.0.1', port: carbon, retry_max_wait: '1s' }],
  },
})

/** Every point in the journal of a stopped Weir, flushed under `series`. */
async function flushed(data: string, series: string): Promise<MetricPoint[]> {
  const { stdout, stderr, code } = await runWeir(['journal', 'cat', '-d', data])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  // None, when it was killed before the first flush.
  const points = stdout.split('\n').filter(Boolean).map(decodePoint)
  return points.filter((point) => point.series === series)
}

async function sendLines(port: number, count: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.end('hits:1|c\n'.repeat(count))
  await once(socket, 'close')
}

const linesOf = async (weir: RunningWeir) => {
  const { statsd } = (await weir.status()) as unknown as {
    statsd: { server: { received: { lines: number } } }
  }
  return statsd.server.received.lines
}

test('at TERM the interval that has begun is flushed; numbers go on after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-flush-'))
  const tcp = await freePort()
  let data = ''
  for (let run = 0; run < 3; run++) {
    // Nobody takes the flushes, so that all are still there at the end.
    const weir = await RunningWeir.start(folder, config({ tcp, carbon: 1, interval: '1h' }))
    data = weir.data
    await sendLines(tcp, 1000)
    await waitFor('the lines', async () => (await linesOf(weir)) === 1000)
    weir.process.child.kill('SIGTERM')
    expect(await weir.process.ended).toMatchObject({ code: 0 })
  }
  const points = await flushed(data, 'hits')
  expect(points.map(({ sum, flush }) => [sum, flush])).toEqual([
    [1000, 1],
    [1000, 2],
    [1000, 3],
  ])
  expect(new Set(points.map(({ instance }) => instance)).size).toBe(1)
  rmSync(folder, { recursive: true })
})

test('a flush that is durable arrives, and never as another', { timeout: 300_000 }, async () => {
  const random = seeded(Number(process.env['FAULT_SEED'] ?? 1))
  const folder = mkdtempSync(join(tmpdir(), 'weir-flush-'))
  const [tcp, port] = [await freePort(), await freePort()]
  const points = new Map<number, MetricPoint>()
  const arrived: { name: string; seconds: number; value: string }[] = []
  let data = ''
  for (let run = 0; run < runs; run++) {
    // In the first run nobody is there to take it: the kill is between flush and delivery for sure.
    const carbon = new FakeCarbon(/graphiteStats|processing_time/)
    if (run > 0) await carbon.start(port)
    const weir = await RunningWeir.start(folder, config({ tcp, carbon: port }))
    data = weir.data
    const until = performance.now() + 2000 + random() * 1500
    while (performance.now() < until) {
      await sendLines(tcp, 1)
      await sleep(20)
    }
    await weir.kill()
    carbon.stop()
    for (const { seconds, values } of carbon.all) {
      for (const [name, value] of values) arrived.push({ name, seconds, value })
    }
    // What every reader has passed goes; so each is noted while it is there.
    const present = await flushed(data, 'hits')
    const flushes = present.map(({ flush }) => flush!)
    expect(flushes).toEqual([...new Set(flushes)].toSorted((a, b) => a - b))
    for (const point of present) {
      expect(points.get(point.flush!) ?? point, 'a flush is never another one').toEqual(point)
      points.set(point.flush!, point)
    }
  }

  // The last run delivers what is left.
  const carbon = new FakeCarbon(/graphiteStats|processing_time/)
  await carbon.start(port)
  const weir = await RunningWeir.start(folder, config({ tcp, carbon: port }))
  const last = Math.max(...[...points.values()].map(({ atMs }) => atMs)) / 1000
  await waitFor('the last flush', () => carbon.all.some(({ seconds }) => seconds >= last))
  await weir.kill()
  carbon.stop()
  for (const { seconds, values } of carbon.all) {
    for (const [name, value] of values) arrived.push({ name, seconds, value })
  }
  const counts = arrived.filter(({ name }) => name === 'stats_counts.hits')
  const bySecond = new Map<number, Set<string>>()
  for (const { seconds, value } of counts) {
    bySecond.set(seconds, (bySecond.get(seconds) ?? new Set()).add(value))
  }
  for (const { atMs, sum } of points.values()) {
    expect([...(bySecond.get(atMs / 1000) ?? [])], `flush at ${atMs}`).toEqual([String(sum)])
  }
  console.log(`${points.size} flushes over ${runs} kills; ${counts.length} arrived`)
  rmSync(folder, { recursive: true })
})
