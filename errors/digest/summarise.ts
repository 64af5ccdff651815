import type { SentryEvent, SentryUser } from '../event/sentry_event.ts'
import type { EventSummary, GroupingSummary } from '../event_summary.ts'
import type { Grouping } from '../grouping/grouping.ts'
import { imagesOf } from '../symbolicate/places.ts'
import { userOf } from './facts.ts'
import { tagsOf } from './tags.ts'

/** @param rules id of the rules by which it was grouped. */
export function summarise(event: SentryEvent, grouping: Grouping, rules: string): EventSummary {
  const { contexts, request } = event
  const trace = contexts?.['trace']
  const traceId = trace?.['trace_id']
  const spanId = trace?.['span_id']
  const { id, username, email, ip_address } = event.user ?? {}
  // What is undefined is left out of the JSON.
  const summary: { [Key in keyof EventSummary]: EventSummary[Key] | undefined } = {
    rules,
    script: event.platform === 'javascript' || event.platform === 'node' ? true : undefined,
    type: event.type,
    level: event.level,
    platform: event.platform,
    timestamp: event.timestamp,
    logger: event.logger,
    release: event.release,
    environment: event.environment,
    transaction: event.transaction,
    server_name: event.server_name,
    user: event.user && ({ id, username, email, ip_address } as SentryUser),
    trace_id: typeof traceId === 'string' ? traceId : undefined,
    span_id: typeof spanId === 'string' ? spanId : undefined,
    url: request?.url,
    method: request?.method,
    tags: tagsOf(event, userOf(event.user)),
    grouping: groupingSummary(grouping),
  }
  return summary as EventSummary
}

function groupingSummary(grouping: Grouping): GroupingSummary {
  const { version, hashes, variants, previous } = grouping
  return {
    version,
    hashes,
    variants: hashes.map((hash) => variants.find((each) => each.hash === hash)?.name ?? 'default'),
    ...(previous && { previous: { version: previous.version, hashes: previous.hashes } }),
    title: grouping.title,
    type: grouping.type,
    value: grouping.value,
    culprit: grouping.culprit,
    location: grouping.location,
    function: grouping.function,
  }
}

/** Whether its scripts have debug ids: then source maps may change it whatever else holds, so that it is of no use to sum it up before. */
export const namesMaps = (event: SentryEvent): boolean =>
  event.debug_meta !== undefined && imagesOf(event).size > 0
