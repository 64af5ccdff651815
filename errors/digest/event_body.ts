import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'

/** An event beyond its facts: only of few it is needed. */
export interface EventBody {
  readonly event: SentryEvent
  /** The same as JSON, as it is kept. */
  readonly json: Buffer
  readonly grouping: Pick<Grouping, 'splitHashes' | 'previous'>
}

/** Of an event that is an object anyway. */
export function bodyOf(event: SentryEvent, grouping: Grouping): EventBody {
  return {
    event,
    grouping,
    get json() {
      return Buffer.from(JSON.stringify(event))
    },
  }
}

/**
 * Of an event that nobody has read yet.
 *
 * @param json is read as long as the digest of its batch takes.
 */
export function unreadBody(json: Buffer, group: (event: SentryEvent) => Grouping): EventBody {
  let event: SentryEvent | undefined
  const read = () => (event ??= JSON.parse(json.toString()) as SentryEvent)
  return {
    json,
    get event() {
      return read()
    },
    get grouping() {
      return group(read())
    },
  }
}
