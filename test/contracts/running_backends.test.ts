import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemFiles } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { PartitionWriter } from '../../core/journal/writer.ts'
import { makeBackends } from '../../statsd/backends/running.ts'
import { statsdConfig } from '../../statsd/config.ts'
import type { StatsdPart, StatsdWorld } from '../../statsd/part.ts'
import { encodePoint, metricPointsTag, type MetricPoint, pointStream } from '../../store/points.ts'
import { testContext } from '../collector/outputs/chunks.ts'
import { openJournal, startWriter } from '../core/journal/setup.ts'
import { type CarbonSink, startCarbonSink } from '../peers/carbon_sink.ts'
import { freePort } from '../peers/process.ts'
import { atMs, flush, instance } from '../statsd/backends/points.ts'
import { eventually } from '../eventually.ts'

let folder: string
let journal: Journal
let writer: PartitionWriter
let carbon: CarbonSink
let part: StatsdPart | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-backends-'))
  const world = { files: systemFiles, dataFolder: folder }
  journal = await openJournal(world)
  writer = await startWriter(journal, world, 'statsd')
  carbon = await startCarbonSink()
})
afterEach(async () => {
  await part?.stop(soon())
  await writer.close(soon())
  await carbon.stop()
  rmSync(folder, { recursive: true })
})

const soon = () => AbortSignal.timeout(10_000)
const configOf = (...backends: object[]) => statsdConfig.parse({ backends })
const graphite = (port: number, more: object = {}) => {
  return { type: 'graphite', host: '127.0.0.1', port, retry_max_wait: '100ms', ...more }
}

async function start(...backends: object[]): Promise<StatsdPart> {
  const contextOf = (id: string) => ({ ...testContext(id).context, dataFolder: folder })
  // What the part does not touch is not there.
  const world = { files: systemFiles, journal, contextOf } as unknown as StatsdWorld
  part = makeBackends(configOf(...backends), world)
  await part.start()
  return part
}

async function append(points: readonly MetricPoint[], source: 'statsd' | 'host' = 'statsd') {
  const bytes = Buffer.from(points.map((point) => encodePoint(point)).join(''))
  const stream = pointStream(source)
  await writer.append([{ stream, tag: metricPointsTag, bytes, count: points.length }])
}
const seconds = (number: number) => atMs / 1000 + number * 10
const has = (name: string, number: number) =>
  eventually(() => expect([...carbon.values.keys()]).toContain(`${name} ${seconds(number)}`))

test('a flush goes to every backend, and one that is away gets it when it is back', async () => {
  const port = await freePort()
  const running = await start(graphite(carbon.port), graphite(port, { id: 'away' }))
  await append(flush(1))
  await has('stats.hits', 1)
  await eventually(() => {
    expect(running.status?.()).toMatchObject([
      { state: 'ok' },
      { id: 'statsd.away', state: 'retrying' },
    ])
  })
  const back = await startCarbonSink(port)
  await eventually(() => expect(back.values.has(`stats.hits ${seconds(1)}`)).toBe(true))
  await back.stop()
})

test('what others measured goes only to who wants all', async () => {
  await start(
    graphite(carbon.port),
    graphite(carbon.port, { id: 'all', metrics: 'all', global_suffix: 'x' }),
  )
  const cpu = { atMs: atMs + 10_000, series: 'host.cpu', type: 'value', instance, last: 1 } as const
  await append([cpu], 'host')
  await append(flush(2))
  await has('stats.hits', 2)
  await has('stats.hits.x', 2)
  expect([...carbon.values.keys()].filter((name) => name.startsWith('host.cpu'))).toHaveLength(1)
})

test('a reload starts what is new, and leaves what stays alone', async () => {
  const running = await start(graphite(carbon.port))
  await append(flush(1))
  await has('stats.hits', 1)
  const before = running.output?.('statsd.graphite')
  await running.reload?.(
    configOf(graphite(carbon.port), graphite(carbon.port, { id: 'b', global_suffix: 'b' })),
  )
  expect(running.output?.('statsd.graphite')).toBe(before)
  // A new reader begins at the oldest.
  await has('stats.hits.b', 1)
  await running.reload?.(configOf(graphite(carbon.port, { id: 'b', global_suffix: 'b' })))
  expect(running.output?.('statsd.graphite')).toBeUndefined()
  expect([...(running.stats?.() ?? [])].map(([group, name]) => `${group}.${name}`)).toContain(
    'graphite.last_flush',
  )
})

test('to begin with forwarding needs a restart', async () => {
  const running = await start(graphite(carbon.port))
  const forward = { type: 'forward', url: 'http://127.0.0.1:1' }
  await expect(running.reload?.(configOf(forward))).rejects.toThrow(/restart Weir/)
})
