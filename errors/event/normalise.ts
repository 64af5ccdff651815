import type { JsonRecord } from '../../store/search.ts'
import { resolveAliases } from './aliases.ts'
import type { EventBounds } from './bounds.ts'
import { readBreadcrumbs } from './breadcrumbs.ts'
import { addUserAgent, readContexts } from './contexts.ts'
import { readEventId } from './event_id.ts'
import { readExceptions } from './exception.ts'
import { Findings, maxErrors } from './findings.ts'
import { readStacktrace } from './frames.ts'
import { readLevel } from './level.ts'
import { readLogEntry } from './logentry.ts'
import { Marks } from './marks.ts'
import { readMeta } from './meta.ts'
import { readNames } from './names.ts'
import { readAside } from './aside.ts'
import { readRequest } from './request.ts'
import { isRecord } from './reading.ts'
import type { EventType, SentryEvent } from './sentry_event.ts'
import { addNameTags } from './name_tags.ts'
import { readTags } from './tags.ts'
import { readThreads } from './threads.ts'
import { eventTime } from './timestamps.ts'
import { readUser, settleAddress } from './user.ts'

/** How an event came: what its request and its envelope say. */
export interface Arrival {
  /** Milliseconds since the epoch, by Weir's clock. */
  readonly receivedMs: number
  /** The envelope's `sent_at`, by the sender's clock. */
  readonly sentAtMs?: number
  /** The envelope's; it wins over the event's own. 32 lower-case hex characters. */
  readonly eventId?: string
  /** Asked for 32 lower-case hex characters when neither has an id. */
  readonly newEventId: () => string
  /** Address of the sender: behind proxies the first of X-Forwarded-For. */
  readonly clientIp?: string
  /** Header of the request that brought it. */
  readonly userAgent?: string
  /** `sentry_client` of its authentication, such as `raven-js/3.27.2`. */
  readonly client?: string
  /** `errors.events` of the config. */
  readonly bounds: EventBounds
}

/**
 * A Sentry event as the rest of Weir knows it, by Sentry's rules (develop.sentry.dev/sdk/data-model; Relay's store
 * normalisation): aliases resolved, single objects where lists belong taken as lists of one, types checked, sizes
 * bounded. What is wrong is left out with an entry in `errors`, what is too long is cut with a mark in `_meta`; no
 * JSON makes it throw.
 *
 * @param raw given away: the result shares parts with it
 */
export function normalise(raw: JsonRecord, arrival: Arrival): SentryEvent {
  const { bounds } = arrival
  const findings = new Findings(new Marks(readMeta(raw['_meta'])))
  const source = resolveAliases(raw)
  const time = eventTime(findings, source, arrival.receivedMs, arrival.sentAtMs, bounds)
  const event: SentryEvent = {
    event_id: arrival.eventId ?? readEventId(source['event_id']) ?? arrival.newEventId(),
    timestamp: time.seconds,
    received: arrival.receivedMs / 1000,
    type: 'default',
    level: 'error',
    platform: 'other',
  }
  readKind(findings, source, event)
  readNames(findings, source, event)
  readFailure(findings, source, event, bounds)
  const breadcrumbs = readBreadcrumbs(findings, source['breadcrumbs'], time.shift, bounds)
  if (breadcrumbs.length > 0) event.breadcrumbs = { values: breadcrumbs }
  readSurroundings(findings, source, event, arrival, bounds)
  const tags = readTags(findings, source['tags'], bounds)
  addNameTags(findings, source, event, tags)
  readAside(findings, source, event, bounds, arrival.client)
  event.type = typeOf(event)
  if (findings.errors.length > 0) {
    event.errors = [...(event.errors ?? []), ...findings.errors].slice(0, maxErrors)
  }
  if (findings.marks.root !== undefined) event._meta = findings.marks.root
  return event
}

/** As Sentry does: languages with a grouping or display of their own, and those of Sentry's SDKs. */
const platforms = new Set(
  (
    'as3 bun c cfml cocoa csharp dart deno elixir go groovy haskell java javascript kotlin native node objc ' +
    'other perl php powershell python ruby rust swift'
  ).split(' '),
)

function readKind(findings: Findings, raw: JsonRecord, event: SentryEvent): void {
  const { level: given, platform } = raw
  const level = readLevel(given)
  if (level !== undefined) event.level = level
  else if (given !== undefined && given !== null) findings.invalid('level', given, 'a level')
  if (typeof platform === 'string' && platforms.has(platform)) event.platform = platform
}

function readFailure(
  findings: Findings,
  raw: JsonRecord,
  event: SentryEvent,
  bounds: EventBounds,
): void {
  const entry =
    readLogEntry(findings, 'logentry', raw['logentry'], bounds) ??
    readLogEntry(findings, 'message', raw['message'], bounds)
  if (entry !== undefined) event.logentry = entry
  const exceptions = readExceptions(findings, raw['exception'], bounds)
  const threads = readThreads(findings, raw['threads'], bounds)
  const stacktrace = readStacktrace(findings, 'stacktrace', raw['stacktrace'], bounds)
  const only = exceptions.length === 1 ? exceptions[0] : undefined
  if (stacktrace !== undefined && only !== undefined && only.stacktrace === undefined) {
    only.stacktrace = stacktrace
  } else if (stacktrace !== undefined) event.stacktrace = stacktrace
  if (exceptions.length > 0) event.exception = { values: exceptions }
  if (threads.length > 0) event.threads = { values: threads }
}

function readSurroundings(
  findings: Findings,
  raw: JsonRecord,
  event: SentryEvent,
  arrival: Arrival,
  bounds: EventBounds,
): void {
  const request = readRequest(findings, raw['request'], bounds)
  if (request !== undefined) event.request = request
  const sent = readUser(findings, raw['user'])
  const user = settleAddress(sent, request, event.platform, arrival.clientIp, mayInfer(raw))
  if (user !== undefined) event.user = user
  const contexts = addUserAgent(
    readContexts(findings, raw['contexts'], bounds),
    request,
    event.platform,
    arrival.userAgent,
  )
  if (contexts !== undefined) event.contexts = contexts
}

/** SDKs that are told to send nothing personal say so. */
function mayInfer(raw: JsonRecord): boolean {
  const { sdk } = raw
  const settings = isRecord(sdk) ? sdk['settings'] : undefined
  return !(isRecord(settings) && settings['infer_ip'] === 'never')
}

function typeOf(event: SentryEvent): EventType {
  if (event.exception !== undefined) return 'error'
  for (const type of ['csp', 'hpkp', 'expectct', 'expectstaple'] as const) {
    if (event[type] !== undefined) return type
  }
  return 'default'
}
