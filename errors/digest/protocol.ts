import type { DurableMark } from '../../core/journal/writer.ts'
import type { Places } from '../../core/journal/cursor.ts'
import type { StartNotice } from '../../core/threads/conversation.ts'
import type { PartitionNotice } from '../../core/threads/thread_partition.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

/** What main and the digest thread say to each other; everything is copied between threads. */

/** Requests of main, each answered once. */
export type DigestRequest =
  /** A question about errors, or a change: `call` names it (call.ts), params and answer are JSON. */
  | { readonly ask: 'api'; readonly call: string; readonly params: JsonValue }
  | { readonly ask: 'status' }
  | { readonly ask: 'metrics' }
  /** More of the partition of reports is durable, or a segment of it is gone. */
  | { readonly ask: 'mark'; readonly folder: string; readonly mark: DurableMark }
  | { readonly ask: 'dropped'; readonly segment: string }
  /** Digests what is durable by now while there is time, and ends. */
  | { readonly ask: 'stop'; readonly withinMs: number }

export interface DigestAnswers {
  api: JsonValue
  status: JsonRecord
  /** prom-client's getMetricsAsJSON, opaque here. */
  metrics: object[]
  mark: undefined
  dropped: undefined
  stop: undefined
}

/** What the thread says unasked. */
export type DigestNotice =
  | StartNotice
  | PartitionNotice
  /** What lies before `places` is kept for good in errors.sqlite: the journal may let go of it. */
  | { readonly notice: 'advance'; readonly places: Places }
