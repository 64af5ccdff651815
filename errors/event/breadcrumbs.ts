import { objectBag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import { readEventId } from './event_id.ts'
import type { Findings } from './findings.ts'
import { readLevel } from './level.ts'
import { messageAllowance } from './logentry.ts'
import { isEmpty, isRecord, jsonText, text, valuesOf } from './reading.ts'
import type { Raw } from './reading.ts'
import type { Breadcrumb } from './sentry_event.ts'
import { readTimestamp, shifted } from './timestamps.ts'
import type { JsonRecord } from '../../store/search.ts'

/** Breadcrumbs, oldest first; of too many the newest. Their times are moved as the event's is. */
export function readBreadcrumbs(
  findings: Findings,
  value: Raw,
  shift: number,
  bounds: EventBounds,
): Breadcrumb[] {
  const list = valuesOf(value)
  if (list === undefined) {
    if (!isEmpty(value) && !isRecord(value)) findings.invalid('breadcrumbs', value, 'breadcrumbs')
    return []
  }
  const breadcrumbs: Breadcrumb[] = []
  const first = Math.max(0, list.length - bounds.max_breadcrumbs)
  findings.enter('breadcrumbs')
  if (first > 0) findings.marks.remark('values', undefined, list.length)
  findings.enter('values')
  for (let index = first; index < list.length; index++) {
    const raw = list[index]!
    findings.enter(breadcrumbs.length)
    if (isRecord(raw)) breadcrumbs.push(readBreadcrumb(findings, raw, shift, bounds))
    else if (raw !== null) findings.invalid('message', raw, 'a breadcrumb')
    findings.leave()
  }
  findings.leave()
  findings.leave()
  return breadcrumbs
}

function readBreadcrumb(
  findings: Findings,
  raw: JsonRecord,
  shift: number,
  bounds: EventBounds,
): Breadcrumb {
  // Python's SDK once called it `ty`.
  const type = text(findings, raw, 'type', 128) ?? text(findings, raw, 'ty', 128) ?? 'default'
  const breadcrumb: Breadcrumb = { type }
  const { timestamp, level, event_id: id } = raw
  if (timestamp !== undefined && timestamp !== null) {
    const seconds = readTimestamp(timestamp)
    if (seconds === undefined) findings.invalid('timestamp', timestamp, 'a time')
    else breadcrumb.timestamp = shifted(seconds, shift)
  }
  const category = text(findings, raw, 'category', 128)
  if (category !== undefined) breadcrumb.category = category
  breadcrumb.level = readLevel(level) ?? 'info'
  const message = jsonText(findings, raw, 'message', bounds.max_message, messageAllowance)
  if (message !== undefined) breadcrumb.message = message
  const data = objectBag(findings, raw, 'data', 5, bounds.max_breadcrumb_size)
  if (data !== undefined) breadcrumb.data = data
  const eventId = readEventId(id)
  if (eventId !== undefined) breadcrumb.event_id = eventId
  return breadcrumb
}
