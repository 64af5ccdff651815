import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import type { PlantedIssue } from '../search/planted.ts'
import { nowMs } from './asking.ts'

const hour = 3_600_000

export const eventOf = (more: Partial<SentryEvent> = {}): SentryEvent => ({
  event_id: '',
  timestamp: nowMs / 1000 - 60,
  received: nowMs / 1000,
  type: 'error',
  level: 'error',
  platform: 'python',
  exception: { values: [{ type: 'ValueError', value: 'no such key\nsecond line' }] },
  ...more,
})

/** An issue like any other, with what a test says of it. */
export const issueOf = (id: number, more: Partial<PlantedIssue> = {}): PlantedIssue => ({
  id,
  project: 1,
  level: 'error',
  status: 'unresolved',
  substatus: 'new',
  assignee: null,
  title: `ValueError: problem ${id}`,
  culprit: 'cart in get_cart',
  errorType: 'ValueError',
  errorValue: `problem ${id}`,
  platform: 'python',
  firstSeenMs: nowMs - id * hour,
  lastSeenMs: nowMs - id * 60_000,
  events: id,
  users: 0,
  bookmarkedBy: [],
  kept: [eventOf()],
  ...more,
})
