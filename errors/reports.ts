import type { JsonRecord } from '../store/search.ts'
import type { SentryEvent } from './event/sentry_event.ts'
import type { EventSummary } from './event_summary.ts'

/** Tag of the journal's batches that hold error reports. It has a space, so that no event can have it. */
export const reportsTag = 'error reports'
/** Their stream: nothing is found under it; what the digest makes of them has streams of its own. */
export const reportsStream = 'errors-reports-default'
/** The journal's partition in which they are. */
export { errorReportsPartition as reportsPartition } from '../store/error_events.ts'
/** The partition of log events that come as SDKs' reports do; for the store and outputs they are like any other. */
export const logsPartition = 'error-logs'
/** The journal's reader that makes issues of them. */
export const reportsReader = 'errors.digest'

/** A file that came with a report: its bytes are a blob, named by their SHA-256 in hex. */
export interface Attachment {
  readonly name: string
  /** As Sentry's item header has it: `event.attachment`, `event.minidump`, `event.view_hierarchy`, … */
  readonly type: string
  readonly content_type: string
  readonly size: number
  readonly blob: string
}

interface Accepted {
  readonly project: number
  /** Public key that it came with; empty for Spotlight's. */
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly received_ms: number
}

/**
 * One accepted item, normalised and scrubbed: nothing of a report that is secret gets any further than memory.
 * A line of the journal is this object behind `"@timestamp"`, which is the time of receipt (docs/formats/reports.md).
 */
export type Report =
  | (Accepted & {
      readonly kind: 'event'
      /** 32 lower-case hex characters. */
      readonly event_id: string
      readonly attachments?: readonly Attachment[]
      readonly summary?: EventSummary
      readonly event: SentryEvent
    })
  | (Accepted & {
      /** Files of an event that came in another envelope. */
      readonly kind: 'attachments'
      readonly event_id: string
      readonly attachments: readonly Attachment[]
    })
  | (Accepted & {
      readonly kind: 'feedback'
      readonly event_id?: string
      readonly feedback: {
        readonly name?: string
        readonly email?: string
        readonly message: string
        readonly url?: string
        readonly source: string
      }
    })
  | (Accepted & {
      /** Single updates and aggregates, as SDKs send them. */
      readonly kind: 'session' | 'sessions' | 'check_in'
      readonly body: JsonRecord
    })
  | (Accepted & {
      /** Log items that are durable; they themselves are in a partition of their own. */
      readonly kind: 'logs'
      readonly items: number
      /** As Sentry counts them. */
      readonly bytes: number
    })
  | (Accepted & {
      /** Items that were not taken: by the SDK itself (client reports), by a quota, or because Weir has no use for them. */
      readonly kind: 'discarded'
      readonly outcomes: readonly {
        readonly source: 'sdk' | 'quota' | 'unsupported' | 'invalid' | 'too_large'
        readonly reason: string
        readonly category: string
        readonly quantity: number
      }[]
    })

/** A report as a line of the journal, with its `\n`. An event comes last in it, for `readReport`. */
export function encodeReport(report: Report): string {
  if (report.kind !== 'event') {
    const at = new Date(report.received_ms).toISOString()
    return `{"@timestamp":"${at}",${JSON.stringify(report).slice(1)}\n`
  }
  const { event, ...head } = report
  return `${eventReportHead(head)}${JSON.stringify(event)}${eventReportEnd}`
}

/** As `encodeReport`, what comes before the JSON of the event. */
export function eventReportHead(head: Omit<Extract<Report, { kind: 'event' }>, 'event'>): string {
  const at = new Date(head.received_ms).toISOString()
  return `{"@timestamp":"${at}",${JSON.stringify(head).slice(1, -1)}${eventKey}`
}

/** What comes behind it. */
export const eventReportEnd = '}\n'

/** @throws SyntaxError when a line is none of `encodeReport`. */
export function decodeReport(line: string): Report {
  const report = JSON.parse(line) as Report
  if (typeof report.kind !== 'string') throw new SyntaxError(`no report: ${line.slice(0, 200)}`)
  return report
}

/** Within a text the quotes would be escaped, and nothing before it has keys of others' choice. */
const eventKey = ',"event":'

/** An event's report of which only the summary was read. */
export type UnreadReport = Omit<Extract<Report, { kind: 'event' }>, 'event' | 'summary'> & {
  readonly summary: EventSummary
  /** The event's JSON. */
  readonly json: Buffer
}

/**
 * A line without its `\n`: an event that came with a summary stays unread.
 *
 * @throws SyntaxError when a line is none of `encodeReport`.
 */
export function readReport(line: Buffer): Report | UnreadReport {
  const at = line.indexOf(eventKey)
  const head = at < 0 ? undefined : headOf(line, at)
  if (head?.kind !== 'event' || head.summary === undefined) return decodeReport(line.toString())
  return { ...head, json: line.subarray(at + eventKey.length, -1) }
}

/** Of another report, in which the key is further down, this is no JSON. */
function headOf(line: Buffer, end: number): Omit<UnreadReport, 'json'> | undefined {
  try {
    return JSON.parse(`${line.toString('utf8', 0, end)}}`) as Omit<UnreadReport, 'json'>
  } catch {
    return undefined
  }
}
