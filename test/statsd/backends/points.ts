import type { Backend, DaemonFacts } from '../../../statsd/backends/backend.ts'
import { backends } from '../../../statsd/backends/all.ts'
import type { Chunk, ChunkPart } from '../../../core/journal/chunk.ts'
import {
  encodePoint,
  metricPointsTag,
  type MetricPoint,
  pointStream,
} from '../../../store/points.ts'
import { testContext } from '../../collector/outputs/chunks.ts'

export const instance = '01JD0000000000000000000000'
export const atMs = Date.parse('2026-11-21T10:17:30.000Z')
export const facts: DaemonFacts = { prefix_stats: 'statsd', key_name_sanitize: true }

/** The points of one flush. */
export const flush = (number = 1): MetricPoint[] => {
  const base = { atMs: atMs + number * 10_000, instance, flush: number, intervalMs: 10_000 }
  return [
    { ...base, series: 'hits', type: 'counter', sum: 25, count: 5 },
    { ...base, series: 'web;zone=1', type: 'counter', sum: 10, count: 1 },
    { ...base, series: 'load', type: 'gauge', last: -1.5 },
    { ...base, series: 'users', type: 'set', count: 3 },
    {
      ...base,
      series: 'time',
      type: 'timer',
      count: 2,
      sum: 30,
      min: 10,
      max: 20,
      exact: { mean: 15, upper_90: 20, 'histogram.bin_10': 1 },
      sketch: { zero: 0, positive: { offset: 110, counts: [2] } },
    },
    { ...base, series: 'statsd.numStats', type: 'value', last: 5 },
  ]
}

/** A chunk of flushes, a part each. */
export function chunkOfFlushes(
  flushes: readonly (readonly MetricPoint[])[],
  stream = pointStream('statsd'),
): Chunk {
  const parts: ChunkPart[] = []
  const texts = flushes.map((points) => points.map((point) => encodePoint(point)).join(''))
  let [start, ordinal] = [0, 0]
  for (const [index, text] of texts.entries()) {
    const end = start + Buffer.byteLength(text)
    const count = flushes[index]!.length
    parts.push({ stream, tag: metricPointsTag, ordinal, count, start, end })
    start = end
    ordinal += count
  }
  return { segment: instance, parts, bytes: Buffer.from(texts.join('')), count: ordinal }
}

/** A backend as the config makes it. */
export function backendOf(config: { type: string; [key: string]: unknown }): Backend {
  const parsed = backends.schema.parse(config)
  return backends.create(parsed, testContext('statsd.test').context, facts)
}

export const soon = () => AbortSignal.timeout(10_000)
