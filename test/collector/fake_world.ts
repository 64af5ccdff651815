import { pino } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { type Chunk, type ChunkPart } from '../../core/journal/chunk.ts'
import { createMetrics, Registry } from '../../core/metrics.ts'
import type { Reason } from '../../core/reasons.ts'

/** A clock that stands at `ms` and whose sleeps end at once, so that a test never waits. */
export function stillClock(
  ms = Date.parse('2026-01-02T03:04:05.678Z'),
): Clock & { slept: number[] } {
  const slept: number[] = []
  let passed = 0
  return {
    slept,
    now: () => ms + passed,
    monotonic: () => passed,
    sleep: async (wait) => {
      slept.push(wait)
      passed += wait
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** A component's context that remembers what was counted. */
export function fakeContext(
  clock: Clock = stillClock(),
  id = 'test',
): Context & {
  counted: Map<Reason, number>
} {
  const counted = new Map<Reason, number>()
  return {
    id,
    log: pino({ level: 'silent' }),
    clock,
    metrics: createMetrics(new Registry()),
    counted,
    count: (reason, amount = 1) => void counted.set(reason, (counted.get(reason) ?? 0) + amount),
    random: () => 0.5,
    dataFolder: '/nonexistent',
  }
}

/** A chunk with one event for each text, all of one stream. */
export function chunkOf(messages: readonly string[], ordinal = 0): Chunk {
  const lines = messages.map((message) =>
    JSON.stringify({ '@timestamp': '2026-01-02T03:04:05.678Z', message }),
  )
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const part: ChunkPart = {
    stream: 'logs-test-default',
    tag: 'test',
    ordinal,
    count: messages.length,
    start: 0,
    end: bytes.length,
  }
  const parts = messages.length > 0 ? [part] : []
  return { segment: '01J00000000000000000000000', parts, bytes, count: messages.length }
}
