import { hash } from 'node:crypto'
import type { Level, SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'
import type { Attachment } from '../reports.ts'
import { tagsOf } from './tags.ts'

/** What the digest needs to know of an event. Times are milliseconds since the epoch. */
export interface EventFacts {
  readonly project: number
  readonly key: string
  readonly eventId: string
  readonly receivedMs: number
  readonly timestampMs: number
  readonly event: SentryEvent
  readonly grouping: Grouping
  readonly level: Level
  readonly release: string | undefined
  readonly environment: string | undefined
  /** As `id:7`, and the number that it is told apart by. */
  readonly user: string | undefined
  readonly userNumber: bigint | undefined
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly attachments: readonly Attachment[]
}

export interface AcceptedEvent {
  readonly project: number
  readonly key: string
  readonly received_ms: number
  readonly event_id: string
  readonly event: SentryEvent
  readonly attachments?: readonly Attachment[]
}

/** The end of the year 9999: no later time can be written. */
const lastMs = 253_402_300_799_999

export function factsOf(report: AcceptedEvent, grouping: Grouping): EventFacts {
  const { event } = report
  const user = userOf(event.user)
  const sentMs = Math.round(event.timestamp * 1000)
  return {
    project: report.project,
    key: report.key,
    eventId: report.event_id,
    receivedMs: report.received_ms,
    timestampMs: sentMs >= 0 && sentMs <= lastMs ? sentMs : report.received_ms,
    event,
    grouping,
    level: event.level,
    release: event.release,
    environment: event.environment,
    user,
    userNumber: user === undefined ? undefined : userNumberOf(user),
    tags: tagsOf(event, user),
    attachments: report.attachments ?? [],
  }
}

/** What a user is known by: the first that is there, as Sentry's tag `user` has it. */
export function userOf(user: SentryEvent['user']): string | undefined {
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
