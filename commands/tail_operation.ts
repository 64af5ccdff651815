import type { Clock } from '../core/clock.ts'
import type { Operations } from '../core/control.ts'
import type { LiveTail } from '../store/live_tail.ts'
import type { QueryLimits } from '../store/query/limits.ts'
import { inWords } from './ask/in_words.ts'

/** What `weir tail` asks of a running Weir. */
export function tailOperations(
  tail: () => LiveTail,
  clock: Clock,
  limits: QueryLimits,
): Operations {
  return {
    async *'store.tail'(args) {
      const { query = '', target = '*' } = args
      const { liveQuery } = await import('../store/live_query.ts')
      const wanted = Promise.try(liveQuery, String(query), String(target), clock.now(), limits)
      const { matches, wants } = await inWords(wanted)
      const stop = new AbortController()
      try {
        yield* tail().follow(matches, wants, stop.signal)
      } finally {
        stop.abort()
      }
    },
  }
}
