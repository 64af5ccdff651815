import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'

/** An event beyond its facts: only of few it is needed. */
export interface EventBody {
  readonly event: SentryEvent
  /** The same as JSON, as it is kept. */
  readonly json: Buffer
  readonly grouping: Pick<Grouping, 'splitHashes' | 'previous'>
}

// Classes, for their getters: an object with one of its own has a hidden class of its own, which is kept, with the
// event, until all of the heap is collected.

/** Of an event that is an object anyway. */
export function bodyOf(event: SentryEvent, grouping: Grouping): EventBody {
  return new ReadBody(event, grouping)
}

class ReadBody implements EventBody {
  readonly event: SentryEvent
  readonly grouping: Grouping

  constructor(event: SentryEvent, grouping: Grouping) {
    this.event = event
    this.grouping = grouping
  }

  get json(): Buffer {
    return Buffer.from(JSON.stringify(this.event))
  }
}

/**
 * Of an event that nobody has read yet.
 *
 * @param json is read as long as the digest of its batch takes.
 */
export function unreadBody(json: Buffer, group: (event: SentryEvent) => Grouping): EventBody {
  return new UnreadBody(json, group)
}

class UnreadBody implements EventBody {
  readonly json: Buffer
  readonly #group: (event: SentryEvent) => Grouping
  #event: SentryEvent | undefined

  constructor(json: Buffer, group: (event: SentryEvent) => Grouping) {
    this.json = json
    this.#group = group
  }

  get event(): SentryEvent {
    return (this.#event ??= JSON.parse(this.json.toString()) as SentryEvent)
  }

  get grouping(): Grouping {
    return this.#group(this.event)
  }
}
