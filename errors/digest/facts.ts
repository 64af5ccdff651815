import { hash } from 'node:crypto'
import type { Level, SentryUser } from '../event/sentry_event.ts'
import type { EventSummary, GroupingSummary } from '../event_summary.ts'
import type { Attachment } from '../reports.ts'

/** What the digest needs to know of an event. Times are milliseconds since the epoch. */
export interface EventFacts {
  readonly project: number
  readonly key: string
  readonly eventId: string
  readonly receivedMs: number
  readonly timestampMs: number
  readonly summary: EventSummary
  readonly grouping: GroupingSummary
  readonly level: Level
  readonly release: string | undefined
  readonly environment: string | undefined
  /** As `id:7`, and the number that it is told apart by. */
  readonly user: string | undefined
  readonly userNumber: bigint | undefined
  readonly tags: EventSummary['tags']
  readonly attachments: readonly Attachment[]
}

/** An event's report without the event. */
export interface AcceptedEvent {
  readonly project: number
  readonly key: string
  readonly received_ms: number
  readonly event_id: string
  readonly attachments?: readonly Attachment[]
}

/** The end of the year 9999: no later time can be written. */
const lastMs = 253_402_300_799_999

export function factsOf(report: AcceptedEvent, summary: EventSummary): EventFacts {
  const user = userOf(summary.user)
  const sentMs = Math.round(summary.timestamp * 1000)
  return {
    project: report.project,
    key: report.key,
    eventId: report.event_id,
    receivedMs: report.received_ms,
    timestampMs: sentMs >= 0 && sentMs <= lastMs ? sentMs : report.received_ms,
    summary,
    grouping: summary.grouping,
    level: summary.level,
    release: summary.release,
    environment: summary.environment,
    user,
    userNumber: user === undefined ? undefined : userNumberOf(user),
    tags: summary.tags,
    attachments: report.attachments ?? [],
  }
}

/** What a user is known by: the first that is there, as Sentry's tag `user` has it. */
export function userOf(
  user: Pick<SentryUser, 'id' | 'username' | 'email' | 'ip_address'> | undefined,
): string | undefined {
  if (!user) return undefined
  if (user.id) return `id:${user.id}`
  if (user.username) return `username:${user.username}`
  if (user.email) return `email:${user.email}`
  if (user.ip_address) return `ip:${user.ip_address}`
  return undefined
}

/** The first 8 bytes of the SHA-256, as a signed number. */
export const userNumberOf = (user: string): bigint =>
  hash('sha256', user, 'buffer').readBigInt64BE(0)
