import type { JsonRecord } from '../store/search.ts'
import type { SentryEvent } from './event/sentry_event.ts'

/** Tag of the journal's batches that hold error reports. It has a space, so that no event can have it. */
export const reportsTag = 'error reports'
/** Their stream: nothing is found under it; what the digest makes of them has streams of its own. */
export const reportsStream = 'errors-reports-default'
/** The journal's partition in which they are. */
export const reportsPartition = 'errors'

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
      readonly event: SentryEvent
      readonly attachments?: readonly Attachment[]
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
      /** Items that were not taken: by the SDK itself (client reports), by a quota, or because Weir has no use for them. */
      readonly kind: 'discarded'
      readonly outcomes: readonly {
        readonly source: 'sdk' | 'quota' | 'unsupported' | 'invalid' | 'too_large'
        readonly reason: string
        readonly category: string
        readonly quantity: number
      }[]
    })

/** A report as a line of the journal, with its `\n`. */
export function encodeReport(report: Report): string {
  const at = new Date(report.received_ms).toISOString()
  return `{"@timestamp":"${at}",${JSON.stringify(report).slice(1)}\n`
}

/** @throws SyntaxError when a line is none of `encodeReport`. */
export function decodeReport(line: string): Report {
  const report = JSON.parse(line) as Report
  if (typeof report.kind !== 'string') throw new SyntaxError(`no report: ${line.slice(0, 200)}`)
  return report
}
