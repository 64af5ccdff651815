import { eventBounds } from '../../../errors/event/bounds.ts'
import type { EventBounds } from '../../../errors/event/bounds.ts'
import type { Arrival } from '../../../errors/event/normalise.ts'

/** 2023-11-14T22:13:20Z, when events of tests are received. */
export const receivedMs = 1_700_000_000_000

/** How an event of a test came. */
export function arrival(rest: Partial<Arrival> = {}, bounds: Partial<EventBounds> = {}): Arrival {
  return {
    receivedMs,
    newEventId: () => '0'.repeat(32),
    bounds: { ...standard, ...bounds },
    ...rest,
  }
}

const standard = eventBounds.parse({})
