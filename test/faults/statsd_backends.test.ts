import { createSocket } from 'node:dgram'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { MetricPoint } from '../../store/points.ts'
import { seeded, startBulkSink } from '../peers/bulk_sink.ts'
import { type CarbonSink, startCarbonSink } from '../peers/carbon_sink.ts'
import { freePort, type Program, waitFor } from '../peers/process.ts'
import { WeirFolder } from '../peers/weir_folder.ts'

/**
 * carbon hangs, resets connections in the middle and is away for many flushes, and Weir is killed: every flush is in
 * carbon in the end, and the backend beside it, Elasticsearch, is held up by none of it. FAULT_SEED makes another day.
 */
const seed = Number(process.env['FAULT_SEED'] ?? 1)
const kills = Number(process.env['FAULT_KILLS'] ?? 3)

test('a carbon on a bad day has every flush in the end', async () => {
  const random = seeded(seed)
  /** The sum of `hits` by the second of its flush; of several in one second the last one, as carbon has it. */
  const flushed = new Map<number, number>()
  const sink = await startBulkSink({
    onStored: (_segment, _ordinal, event) => {
      const {
        series,
        sum,
        '@timestamp': time,
      } = JSON.parse(event) as MetricPoint & {
        '@timestamp': string
      }
      if (series === 'hits') flushed.set(Date.parse(time) / 1000, sum!)
    },
  })
  const ports = { udp: await freePort(), carbon: await freePort() }
  const folder = new WeirFolder('bad-carbon')
  folder.configure(`store: { enabled: false }
collector: { inputs: [] }
statsd:
  listen: udp://127.0.0.1:${ports.udp}
  flush_interval: 1s
  console: { listen: [] }
  host: { enabled: false }
  backends:
    - { type: graphite, host: 127.0.0.1, port: ${ports.carbon}, timeout: 1s, retry_max_wait: 300ms }
    - { type: elasticsearch, hosts: ["${sink.url}"], manage_templates: false, retry_max_wait: 300ms }
`)
  const traffic = new AbortController()
  const sending = send(ports.udp, traffic.signal)
  let weir: Program = folder.start()
  let carbon: CarbonSink | undefined
  const values = new Map<string, string>()
  const missing = () => {
    for (const [name, value] of carbon?.values ?? []) values.set(name, value)
    return [...flushed].filter(([second, sum]) => {
      return values.get(`stats_counts.hits ${second}`) !== String(sum)
    })
  }
  try {
    await waitFor('flushes while carbon is away', () => flushed.size >= 4, 120_000)
    for (let kill = 0; kill < kills; kill++) {
      carbon = await startCarbonSink(ports.carbon)
      carbon.manner = () => {
        const way = random()
        return way < 0.3 ? 'hang' : way < 0.6 ? { resetAfter: Math.floor(random() * 2000) } : 'read'
      }
      await sleep(random() * 5000)
      missing()
      await weir.end('SIGKILL')
      await carbon.stop()
      carbon = undefined
      weir = folder.start()
      const before = flushed.size
      await waitFor('flushes after the restart', () => flushed.size >= before + 3, 120_000)
    }
    carbon = await startCarbonSink(ports.carbon)
    traffic.abort()
    await sleep(2500)
    await waitFor('carbon to have everything', () => missing().length === 0).catch(() => undefined)
    expect(missing()).toEqual([])
    expect(sink.counts.doubled).toBe(0)
    expect(flushed.size).toBeGreaterThan(4 + 3 * kills)
  } finally {
    traffic.abort()
    await sending
    await weir.end('SIGKILL')
    await carbon?.stop()
    await sink.stop()
    folder.remove()
  }
}, 600_000)

async function send(port: number, signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined)
  while (!signal.aborted) {
    socket.send('hits:1|c', port, '127.0.0.1')
    await sleep(10)
  }
  socket.close()
}
