import process from 'node:process'
import type { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { z } from 'zod'
import type { Delivery, Rejected } from '../../core/delivery/output.ts'
import { RetryableError } from '../../core/errors.ts'
import type { MetricPoint } from '../../store/points.ts'
import { type Backend, defineBackend } from './backend.ts'
import { pointsOf } from './chunk_points.ts'

/** Etsy's backend `console`: for a look at what is flushed. */
export const consoleBackend = defineBackend(
  'console',
  'Prints every flush on standard output',
  {
    prettyprint: z
      .boolean()
      .default(true)
      .describe("As Node shows an object, as Etsy's statsd does; false: a JSON object a line"),
  },
  (config): Backend => printTo(process.stdout, config),
)

/** One flush as it is printed. */
interface Printed {
  readonly timestamp: number
  readonly counters: Record<string, number>
  readonly gauges: Record<string, number>
  readonly timer_data: Record<string, Record<string, number>>
  readonly counter_rates: Record<string, number>
  readonly sets: Record<string, number>
  readonly values: Record<string, number>
}

/** A backend to a stream. A write resolves when the stream has handed the text on. At least once. */
export function printTo(
  stream: Writable & { readonly isTTY?: boolean },
  config: { readonly prettyprint: boolean },
): Backend {
  let broken: Error | undefined
  // Without a listener a reader that ends (EPIPE) would end Weir.
  const onError = (failure: Error) => {
    broken = failure
  }
  const textOf = (flush: Printed) =>
    config.prettyprint ? pretty(flush, stream.isTTY === true) : `${JSON.stringify(flush)}\n`
  return {
    async start() {
      stream.on('error', onError)
    },
    async stop() {
      stream.off('error', onError)
    },
    async write(delivery, deadline) {
      const { flushes, rejected } = flushesOf(delivery)
      const text = flushes.map(textOf).join('')
      if (broken) throw unavailable(broken)
      await new Promise<void>((resolve, reject) => {
        const abandon = () => reject(unavailable(new Error('nobody reads it')))
        deadline.addEventListener('abort', abandon, { once: true })
        stream.write(text, (failure) => {
          deadline.removeEventListener('abort', abandon)
          if (failure) reject(unavailable(failure))
          else resolve()
        })
      })
      return rejected
    },
    check: async () => [],
    status: () => ({ broken: broken?.message ?? null }),
  }
}

/** What a chunk holds, by the time of the flush, oldest first as they come. */
function flushesOf({ chunk }: Delivery) {
  const rejected: Rejected[] = []
  const flushes = new Map<number, Printed>()
  for (const { point } of pointsOf(chunk, rejected)) {
    const flush = flushes.get(point.atMs) ?? emptyFlush(point.atMs)
    flushes.set(point.atMs, flush)
    put(flush, point)
  }
  return { flushes: [...flushes.values()], rejected }
}

/** Names are what senders like, `__proto__` too. */
const empty = <Value>() => Object.create(null) as Record<string, Value>

const emptyFlush = (atMs: number): Printed => ({
  timestamp: Math.round(atMs / 1000),
  counters: empty(),
  gauges: empty(),
  timer_data: empty(),
  counter_rates: empty(),
  sets: empty(),
  values: empty(),
})

function put(flush: Printed, { type, series, sum, count, last, exact, intervalMs }: MetricPoint) {
  if (type === 'counter') {
    flush.counters[series] = sum ?? 0
    if (intervalMs !== undefined) flush.counter_rates[series] = (sum ?? 0) / (intervalMs / 1000)
  } else if (type === 'gauge') flush.gauges[series] = last ?? 0
  else if (type === 'timer') flush.timer_data[series] = { ...exact }
  else if (type === 'set') flush.sets[series] = count ?? 0
  else flush.values[series] = last ?? 0
}

/** The line and the object that Etsy's backend prints; plain objects, which Node shows without their prototype. */
function pretty({ timestamp, ...flush }: Printed, colors: boolean): string {
  const shown = Object.fromEntries(
    Object.entries(flush).map(([kind, values]) => [kind, { ...values }]),
  )
  const time = new Date(timestamp * 1000).toString()
  return `Flushing stats at  ${time}\n${inspect(shown, { depth: 5, colors, maxArrayLength: null })}\n`
}

function unavailable(cause: Error): RetryableError {
  const text = `standard output: ${cause.message}`
  return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { fateUnknown: true, cause })
}
