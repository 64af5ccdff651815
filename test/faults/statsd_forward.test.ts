import { createSocket } from 'node:dgram'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { MetricPoint } from '../../store/points.ts'
import { badDay } from '../peers/bulk_script.ts'
import { seeded, startBulkSink } from '../peers/bulk_sink.ts'
import { freePort, type Program, waitFor } from '../peers/process.ts'
import { WeirFolder } from '../peers/weir_folder.ts'

/**
 * Two edges hand their flushes to a third Weir, and all of them are killed on the way, while Elasticsearch has a bad
 * day: what the edges flushed is in the third one's flushes, once. FAULT_SEED makes another day of it.
 */
const seed = Number(process.env['FAULT_SEED'] ?? 1)
const kills = Number(process.env['FAULT_KILLS'] ?? 6)
const edges = ['a', 'b'] as const

/** What arrived of one Weir's flushes. */
interface Sums {
  counter: number
  timers: number
  values: number
}

test('two edges and a third that merges, killed: each flush arrives once', async () => {
  const random = seeded(seed)
  const byInstance = new Map<string, Sums>()
  const sink = await startBulkSink({
    script: badDay(seeded(seed + 1), 0.2),
    onStored: (_segment, _ordinal, event) => add(byInstance, JSON.parse(event) as MetricPoint),
  })
  const http = await freePort()
  const third = new WeirFolder('merging')
  third.configure(
    `store: { enabled: false }
collector: { inputs: [] }
statsd:
  listen: []
${common(sink.url)}`,
    `127.0.0.1:${http}`,
  )
  const ports = await Promise.all(edges.map(() => freePort()))
  const folders = [third, ...edges.map((name, i) => edge(name, ports[i]!, http, sink.url))]
  const programs = new Map<WeirFolder, Program>()
  const traffic = new AbortController()
  const sending = send(ports, traffic.signal)
  try {
    for (const folder of folders) programs.set(folder, folder.start())
    await waitFor('flushes of all three', () => byInstance.size === 3, 120_000)
    const instances = () => [...byInstance.values()]
    for (let kill = 0; kill < kills; kill++) {
      const victim = folders[Math.floor(random() * folders.length)]!
      await sleep(random() * 4000)
      await programs.get(victim)!.end('SIGKILL')
      if (random() < 0.5) await sleep(random() * 2000)
      programs.set(victim, victim.start())
    }
    await sleep(2000)
    traffic.abort()
    // Only the third has merged flushes: its sums are those of the two others together.
    const told = () => instances().map(({ counter, timers, values }) => [counter, timers, values])
    const settled = () => {
      const sums = told().toSorted(([one = 0], [other = 0]) => other - one)
      const [merged, ...own] = sums as [number[], ...number[][]]
      return merged.every((sum, i) => sum === own.reduce((total, each) => total + each[i]!, 0))
    }
    await waitFor(
      'the third to have what the edges flushed',
      stays(settled, told, 8000),
      180_000,
    ).catch(() => undefined)
    expect({ settled: settled(), told: told() }).toMatchObject({ settled: true })
    expect(sink.counts.doubled).toBe(0)
    expect(Math.min(...instances().map(({ counter }) => counter))).toBeGreaterThan(100)
  } finally {
    traffic.abort()
    await sending
    for (const program of programs.values()) await program.end('SIGKILL')
    for (const folder of folders) folder.remove()
    await sink.stop()
  }
}, 600_000)

const common = (url: string) => `  flush_interval: 300ms
  console: { listen: [] }
  host: { enabled: false }
  backends: [{ type: elasticsearch, hosts: ["${url}"], manage_templates: false, retry_max_wait: 500ms, timeout: 2s }]
`

function edge(name: string, port: number, http: number, url: string): WeirFolder {
  const folder = new WeirFolder(`edge-${name}`)
  folder.configure(`store: { enabled: false }
collector: { inputs: [] }
statsd:
  listen: udp://127.0.0.1:${port}
  forward: http://127.0.0.1:${http}
${common(url)}`)
  return folder
}

/** Packets to both edges until the signal fires; what meets no Weir is gone, as UDP is. */
async function send(ports: readonly number[], signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined)
  for (let i = 0; !signal.aborted; i++) {
    for (const port of ports) socket.send(`hits:3|c\ntime:${i % 50}|ms`, port, '127.0.0.1')
    await sleep(5)
  }
  socket.close()
}

function add(byInstance: Map<string, Sums>, point: MetricPoint): void {
  const known = byInstance.get(point.instance)
  const sums = known ?? { counter: 0, timers: 0, values: 0 }
  byInstance.set(point.instance, sums)
  if (point.series === 'hits') sums.counter += point.sum ?? 0
  if (point.series !== 'time') return
  sums.timers += point.count ?? 0
  sums.values += point.sum ?? 0
}

/** Whether `condition` holds, and has held with the same facts for `ms`. */
function stays(condition: () => boolean, facts: () => unknown, ms: number): () => boolean {
  let known = ''
  let since = 0
  return () => {
    const now = performance.now()
    const text = JSON.stringify(facts())
    if (!condition() || text !== known) since = now
    known = text
    return now - since >= ms
  }
}
