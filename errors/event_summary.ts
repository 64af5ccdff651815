import type { EventType, Level, SentryUser } from './event/sentry_event.ts'
import type { VariantName } from './grouping/grouping.ts'

/**
 * What the digest counts of an event, made where the event is an object anyway: with it most events are digested
 * without their body being read (docs/formats/reports.md).
 */
export interface EventSummary {
  /** Of the rules that grouped it (`GroupingRules.id`): by others it is grouped again. */
  readonly rules: string
  /** Of JavaScript: in projects with uploads source maps may change it. */
  readonly script?: true
  readonly type: EventType
  readonly level: Level
  readonly platform: string
  /** Seconds since the epoch. */
  readonly timestamp: number
  readonly logger?: string
  readonly release?: string
  readonly environment?: string
  readonly transaction?: string
  readonly server_name?: string
  readonly user?: Pick<SentryUser, 'id' | 'username' | 'email' | 'ip_address'>
  readonly trace_id?: string
  readonly span_id?: string
  readonly url?: string
  readonly method?: string
  /** All that it is counted by: its own tags, and those that Sentry derives. */
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly grouping: GroupingSummary
}

/** A grouping without its components. */
export interface GroupingSummary {
  readonly version: string
  /** In the order in which they are looked up. */
  readonly hashes: readonly string[]
  /** For each of them the variant that made it. */
  readonly variants: readonly VariantName[]
  readonly previous?: { readonly version: string; readonly hashes: readonly string[] }
  readonly title: string
  readonly type: string
  readonly value: string
  readonly culprit: string
  readonly location: string
  readonly function: string
}
