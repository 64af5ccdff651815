import { userOf } from '../digest/facts.ts'
import { metadataOf } from '../digest/issue_texts.ts'
import { tagsOf } from '../digest/tags.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import { group } from '../grouping/group.ts'
import type { Title } from '../grouping/title.ts'
import { eventOf } from '../search/kept_events.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { iso, type Asked, type Row } from './asked.ts'
import { entriesOf } from './entries_json.ts'

/** A kept event: its row, and its body. */
export interface KeptEvent {
  readonly id: number
  readonly project: number
  readonly eventId: string
  readonly issue: number
  readonly hash: string
  readonly receivedMs: number
  readonly timestampMs: number
  readonly why: number
  readonly bytes: number
  readonly event: SentryEvent
}

export const eventColumns =
  'e.id, e.project, e.event_id, e.issue, e.hash, e.received_ms, e.timestamp_ms, e.why, e.bytes, b.body'
export const eventTables = 'events e join event_bodies b on b.event = e.id'

export const keptEvent = (row: Row): KeptEvent => ({
  id: Number(row['id']),
  project: Number(row['project']),
  eventId: Buffer.from(row['event_id'] as Uint8Array).toString('hex'),
  issue: Number(row['issue']),
  hash: String(row['hash']),
  receivedMs: Number(row['received_ms']),
  timestampMs: Number(row['timestamp_ms']),
  why: Number(row['why']),
  bytes: Number(row['bytes']),
  event: eventOf(row['body'] as Uint8Array),
})

/** What an event is called, and where it happened: as it would name an issue. */
export const calledOf = (event: SentryEvent, project: number, asked: Asked): Title =>
  group(event, asked.world.rulesOf(project))

/** Tags as they are shown: the event's, derived ones, release and environment; by key. */
export function tagsJson(event: SentryEvent): { key: string; value: string }[] {
  const tags: (readonly [string, string])[] = [...tagsOf(event, userOf(event.user))]
  if (event.release !== undefined) tags.push(['release', event.release])
  if (event.environment !== undefined) tags.push(['environment', event.environment])
  return tags.map(([key, value]) => ({ key, value })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function userJson(user: SentryEvent['user']): JsonRecord | null {
  if (!user) return null
  const { id = null, email = null, username = null, ip_address: ip = null, name = null } = user
  return {
    id,
    email,
    username,
    ip_address: ip,
    name,
    geo: user.geo ?? null,
    data: user.data ?? {},
  }
}

/** An event as lists have it. */
export function eventBrief(kept: KeptEvent, asked: Asked): JsonRecord {
  const { event, eventId } = kept
  const called = calledOf(event, kept.project, asked)
  return {
    id: eventId,
    eventID: eventId,
    groupID: String(kept.issue),
    projectID: String(kept.project),
    'event.type': event.type,
    title: called.title,
    message: event.logentry?.formatted ?? called.value,
    location: called.location || null,
    culprit: called.culprit,
    user: userJson(event.user),
    tags: tagsJson(event),
    platform: event.platform,
    dateCreated: iso(kept.timestampMs),
    crashFile: null,
    metadata: metadataOf(called),
  }
}

/** An event whole, in the shape of Sentry's event endpoints. */
export function eventFull(kept: KeptEvent, asked: Asked): JsonRecord {
  const { event } = kept
  const entries = entriesOf(event)
  return {
    ...eventBrief(kept, asked),
    entries: entries.map(({ type, data }) => ({ type, data })),
    size: kept.bytes,
    type: event.type,
    dist: event.dist ?? null,
    contexts: (event.contexts as JsonRecord | undefined) ?? {},
    context: event.extra ?? {},
    packages: event.modules ?? {},
    sdk: (event.sdk as JsonRecord | undefined) ?? null,
    dateReceived: iso(kept.receivedMs),
    errors: (event.errors ?? []).map(errorJson),
    fingerprints: [kept.hash],
    groupingConfig: groupingOf(kept, asked),
    release: releaseOf(event, kept, asked),
    userReport: null,
    occurrence: null,
    sdkUpdates: [],
    resolvedWith: [],
    nextEventID: beside(kept, 'next', asked),
    previousEventID: beside(kept, 'previous', asked),
    _meta: metaOf(event, entries),
  }
}

/** What was wrong with the event as it came. */
function errorJson(error: NonNullable<SentryEvent['errors']>[number]): JsonRecord {
  const { type, name, value, reason } = error
  const data: Record<string, JsonValue> = {}
  if (name !== undefined) data['name'] = name
  if (value !== undefined) data['value'] = value
  if (reason !== undefined) data['reason'] = reason
  const message = [type.replaceAll('_', ' '), name, reason].filter((part) => part !== undefined)
  return { type, message: message.join(': '), data }
}

function groupingOf(kept: KeptEvent, asked: Asked): JsonRecord {
  const row = asked.row(
    'select version, variant from issue_hashes where project = ? and hash = ?',
    kept.project,
    kept.hash,
  )
  return {
    id: String(row?.['version'] ?? ''),
    enhancements: '',
    variant: row?.['variant'] ?? null,
  } as JsonRecord
}

function releaseOf(event: SentryEvent, kept: KeptEvent, asked: Asked): JsonRecord | null {
  if (event.release === undefined) return null
  const row = asked.row(
    'select created_ms, released_ms, ref, url from releases where project = ? and version = ?',
    kept.project,
    event.release,
  )
  return {
    version: event.release,
    shortVersion: event.release,
    dateCreated: iso(Number(row?.['created_ms'] ?? kept.timestampMs)),
    dateReleased: typeof row?.['released_ms'] === 'number' ? iso(row['released_ms']) : null,
    ref: (row?.['ref'] as string | null) ?? null,
    url: (row?.['url'] as string | null) ?? null,
  }
}

/** The kept event of the issue that was digested next, or before. */
function beside(kept: KeptEvent, which: 'next' | 'previous', asked: Asked): string | null {
  const [operator, direction] = which === 'next' ? ['>', 'asc'] : ['<', 'desc']
  const row = asked.row(
    `select event_id from events where issue = ? and id ${operator} ? order by id ${direction} limit 1`,
    kept.issue,
    kept.id,
  )
  return row ? Buffer.from(row['event_id'] as Uint8Array).toString('hex') : null
}

/** Marks of what was cut or removed, by entry and part as Sentry has them. */
function metaOf(event: SentryEvent, entries: readonly { part: string }[]): JsonRecord {
  const meta = event._meta ?? {}
  const byEntry: Record<string, JsonValue> = {}
  for (const [place, { part }] of entries.entries()) {
    const marks = meta[part]
    if (marks !== undefined) byEntry[String(place)] = { data: marks }
  }
  return {
    entries: byEntry,
    message: meta['logentry'] ?? null,
    user: meta['user'] ?? null,
    contexts: meta['contexts'] ?? null,
    context: meta['extra'] ?? null,
    packages: meta['modules'] ?? null,
    tags: meta['tags'] ?? {},
    sdk: meta['sdk'] ?? null,
  }
}
