import type { SearchLimits } from '../../query/limits.ts'
import type { Database } from '../database.ts'
import type { Sql } from '../sql.ts'
import type { Sources } from './asked.ts'
import type { AskedIndex } from './field_table.ts'
import type { ByTime } from './time_spans.ts'
import type { Needs } from './needs.ts'

/** What a question is asked of. */
export interface World {
  readonly indices: readonly AskedIndex[]
  /** The rows of these indices, those that may fit `needs` at least. */
  open(needs: Needs): OpenedRows | Promise<OpenedRows>
  /**
   * The same for a question that depends on no more than the minute of `@timestamp`, and `log.level`: a row may
   * stand for many, column `_weight` says for how many. It need not be told in which of `grain` minutes it is, which
   * begin at a multiple of them since the epoch.
   */
  openCounts?(needs: Needs, grain: number): OpenedRows
  readonly database: Database
  /** For rows that have `filename` and `file_row_number`. */
  readonly sources?: Sources
  /** Ends the question. */
  readonly deadline: AbortSignal
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly limits: SearchLimits
  /** Milliseconds of a clock that only goes forward: for `took`. */
  monotonicMs(): number
  /** A signal that fires after so long, or when `deadline` does: for `timeout`. */
  deadlineIn?(timeoutMs: number): AbortSignal
}

/** Rows that stay where they are until `close`. */
export interface OpenedRows {
  /** FROM-able: has all of `baseColumns` and `promotedColumns`; replaced and deleted rows are not in it. */
  readonly from: Sql
  /** No row of `from` is outside of the bounds of time that it was opened for. */
  readonly isInTime?: boolean
  /** Undefined where a row stands for many. */
  readonly byTime: ByTime | undefined
  readonly scanned: Scanned
  close(): void
}

/** For `profile`, and `_shards`. */
export interface Scanned {
  readonly segments: number
  /** Segments that need not be read, by their times, words or columns. */
  readonly skipped: number
  readonly rows: number
  readonly bytes: number
  /** Files that cannot be read, and why: what is in them is missing from the answer. */
  readonly damaged: readonly { readonly file: string; readonly reason: string }[]
}
