import type { Operations } from '../core/control.ts'
import { WeirError } from '../core/errors.ts'
import { isShown } from '../statsd/console/commands.ts'
import type { Shown } from '../statsd/console/series.ts'
import type { SeenLine } from '../statsd/receive/protocol.ts'
import type { Statsd } from '../statsd/statsd.ts'

/** What `statsd.show` yields for each series. */
export interface ShownRow {
  readonly name: string
  /** A counter's sum, a gauge's value, how many members a set has; timers: the values. */
  readonly value: number | readonly number[]
}

/** What `statsd.delete` yields for each name that was asked for. */
export interface DeletedRow {
  readonly bucket: string
  readonly deleted: readonly string[]
}

/** What `statsd.live` yields: a line, or how many came between and are not shown. */
export type LiveRow = SeenLine | { readonly unseen: number }

/** Lines that wait for a slow reader; more are left out, counted. */
const mostWaiting = 10_000

/** What `weir statsd` asks of a running Weir. */
export function statsdOperations(statsd: () => Statsd | undefined): Operations {
  const server = () => {
    const running = statsd()
    if (running) return running.server
    throw new WeirError('WEIR_REQUEST_INVALID', 'this Weir takes in no metrics: statsd is off')
  }
  const kindOf = (value: unknown): Shown => {
    const kind = String(value)
    if (isShown(kind)) return kind
    throw new WeirError('WEIR_REQUEST_INVALID', `there is no kind of series "${kind}"`)
  }
  return {
    async *'statsd.show'({ kind }) {
      const all = await server().series.all(kindOf(kind))
      for (const [name, value] of Object.entries(all)) yield { name, value } satisfies ShownRow
    },
    async *'statsd.delete'({ kind, buckets }) {
      const wanted = Array.isArray(buckets) ? buckets.map(String) : []
      for (const bucket of wanted) {
        const deleted = await server().series.delete(kindOf(kind), bucket)
        yield { bucket, deleted } satisfies DeletedRow
      }
    },
    async *'statsd.live'() {
      const waiting: LiveRow[] = []
      let wake = () => {}
      let unseen = 0
      const end = server().receiver.watch('lines', (notice) => {
        if (notice.notice !== 'lines') return
        unseen += notice.unseen
        for (const line of notice.lines) {
          if (waiting.length < mostWaiting) waiting.push(line)
          else unseen += 1
        }
        wake()
      })
      try {
        for (;;) {
          if (waiting.length === 0 && unseen === 0) {
            await new Promise<void>((resolve) => (wake = resolve))
          }
          yield* waiting.splice(0)
          if (unseen > 0) yield { unseen }
          unseen = 0
        }
      } finally {
        end()
      }
    },
  }
}
