import type { Registry } from 'prom-client'
import { pino } from 'pino'
import { systemClock } from '../../../core/clock.ts'
import type { Context } from '../../../core/context.ts'
import type { Chunk, ChunkPart } from '../../../core/journal/chunk.ts'
import { createMetrics, Registry as MetricsRegistry } from '../../../core/metrics.ts'
import type { Reason } from '../../../core/reasons.ts'

/** A run of events: lines without `\n`, or objects whose `@timestamp` comes first. */
export interface Run {
  readonly tag?: string
  readonly stream?: string
  readonly ordinal?: number
  readonly events: readonly (string | object)[]
}

export const segment = '01JD0000000000000000000000'

/** A chunk of the runs, with ordinals that follow on from 0 unless a run says its own. */
export function chunkOf(runs: readonly Run[], id = segment): Chunk {
  const parts: ChunkPart[] = []
  const lines: string[] = []
  let start = 0
  let ordinal = 0
  for (const run of runs) {
    const tag = run.tag ?? 'app'
    const text = run.events.map((event) => `${lineOf(event)}\n`).join('')
    ordinal = run.ordinal ?? ordinal
    const end = start + Buffer.byteLength(text)
    const stream = run.stream ?? `logs-${tag}-default`
    parts.push({ stream, tag, ordinal, count: run.events.length, start, end })
    lines.push(text)
    start = end
    ordinal += run.events.length
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  return { segment: id, parts, bytes: Buffer.from(lines.join('')), count }
}

const lineOf = (event: string | object) =>
  typeof event === 'string' ? event : JSON.stringify(event)

/** `count` numbered events of one tag. */
export function numbered(count: number, tag = 'app', more: object = {}): Run {
  const event = (n: number) => ({
    '@timestamp': '2026-11-21T10:17:37.123Z',
    message: `event ${n}`,
    n,
    ...more,
  })
  return { tag, events: Array.from({ length: count }, (_, n) => event(n)) }
}

/** A context whose counts can be looked at. */
export function testContext(id = 'output.test') {
  const counts = new Map<Reason, number>()
  const registry: Registry = new MetricsRegistry()
  const context: Context = {
    id,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    metrics: createMetrics(registry),
    count: (reason, amount = 1) => counts.set(reason, (counts.get(reason) ?? 0) + amount),
    random: Math.random,
    dataFolder: '/nonexistent',
  }
  return { context, counts }
}
