import type { Position } from '../../core/journal/batch.ts'
import type { Places } from '../../core/journal/cursor.ts'
import type { FollowedPartition } from '../../core/journal/follower.ts'
import type { DurableMark } from '../../core/journal/writer.ts'
import type { StartNotice } from '../../core/threads/conversation.ts'
import type { PartitionNotice, PartitionSeed } from '../../core/threads/thread_partition.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { ErrorsConfig } from '../config.ts'
import type { Project } from '../projects/project.ts'

/** What main and the digest thread say to each other; everything is copied between threads. */

/** Of the config what the thread needs: plain data. */
export type DigestSettings = Pick<ErrorsConfig, 'digest' | 'grouping' | 'source_maps' | 'alerts'>

/** What the thread starts with. */
export interface DigestSeed extends PartitionSeed {
  readonly settings: DigestSettings
  readonly projects: readonly Project[]
  /** The partition of reports as it is now. */
  readonly reports: FollowedPartition
  /** Of the outbox, as the journal has it. */
  readonly sent: Position | undefined
  readonly logLevel: string
  readonly dataFolder: string
}

/** Requests of main, each answered once. */
export type DigestRequest =
  /** A question about errors, or a change: `call` names it (call.ts), params and answer are JSON. */
  | { readonly ask: 'api'; readonly call: string; readonly params: JsonValue }
  | { readonly ask: 'status' }
  | { readonly ask: 'metrics' }
  /** More of the partition of reports is durable, or a segment of it is gone. */
  | { readonly ask: 'mark'; readonly folder: string; readonly mark: DurableMark }
  | { readonly ask: 'dropped'; readonly segment: string }
  | { readonly ask: 'projects'; readonly projects: readonly Project[] }
  | { readonly ask: 'configure'; readonly settings: DigestSettings }
  /** Digests what is durable by now while there is time, and ends. */
  | { readonly ask: 'stop'; readonly withinMs: number }

export interface DigestAnswers {
  api: JsonValue
  status: JsonRecord
  /** prom-client's getMetricsAsJSON, opaque here. */
  metrics: object[]
  mark: undefined
  dropped: undefined
  projects: undefined
  configure: undefined
  stop: undefined
}

/** What the thread says unasked. */
export type DigestNotice =
  | StartNotice
  | PartitionNotice
  /** What lies before `places` is in errors.sqlite for good: the journal may let go of it. */
  | { readonly notice: 'advance'; readonly places: Places }
