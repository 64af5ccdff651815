import type { Arrival } from '../event/normalise.ts'
import type { IngestLimits } from './ingest_limits.ts'
import type { ItemWorld } from './items.ts'
import type { Parcel } from './parcel.ts'
import { type Answer, json, refused } from './refusal.ts'
import type { Sender } from './sender.ts'

/** What an endpoint works with, for one request. */
export interface Desk {
  readonly limits: IngestLimits
  readonly query: URLSearchParams
  newEventId(): string
  /** @throws IngestRefusal */
  sender(dsn?: unknown): Sender
  parcel(sender: Sender): Parcel
  /** What items need. @param envelope what its headers say. */
  items(parcel: Parcel, envelope?: Pick<Arrival, 'eventId' | 'sentAtMs'>): ItemWorld
  /** Resolves once all of it is durable. @throws IngestRefusal 503 */
  deliver(parcel: Parcel, eventId: string | undefined): Promise<void>
}

/**
 * The answer to a parcel that is durable as far as it was taken: 429 when a quota kept something out, 413 or 400 when
 * something was wrong, and nothing of it was any use.
 */
export function answerTo(parcel: Parcel, body: object): Answer {
  const { limits, causes } = parcel
  const { headers } = limits
  if (limits.isExceeded) {
    return refused({ status: 429, message: 'a quota is reached', causes, headers })
  }
  if (causes.length > 0 && (parcel.isEmpty || parcel.isTooLarge)) {
    const status = parcel.isTooLarge ? 413 : 400
    return refused({ status, message: causes[0]!, causes, headers })
  }
  return json(200, body, headers)
}
