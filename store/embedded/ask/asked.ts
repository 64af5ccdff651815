import type { SearchLimits } from '../../query/limits.ts'
import type { Query } from '../../query/query.ts'
import type { Field } from '../../fields.ts'
import type { Database } from '../database.ts'
import type { Sql } from '../sql.ts'

/** How SQL holds a field's values. Dates are microseconds since the epoch, as BIGINT; ips and texts VARCHAR. */
export type ValueType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN'

/** A field of the indices that are asked, and the SQL that reads it from a row. */
export interface Resolved {
  /** Where the indices differ: the type that holds all (a number beside a text is a keyword). */
  readonly field: Field
  readonly type: ValueType
  /** A value of `type`, or NULL; of several values the first. */
  readonly scalar: Sql
  /** All values of `type`, without NULLs; undefined when no document has more than one. */
  readonly list: Sql | undefined
}

/** Reads documents by where they lie. */
export interface Sources {
  /**
   * @param places `file` as a row's `filename`, `row` its `file_row_number`
   * @returns their JSON texts in this order; undefined when the database has to be asked
   */
  read(
    places: readonly { readonly file: string; readonly row: number }[],
    deadline: AbortSignal,
  ): Promise<readonly string[] | undefined>
}

/** One question on its way, over the rows that it may touch. */
export interface Asked {
  /** FROM-able: has all of `baseColumns` and `promotedColumns`. What it may touch at most, not yet filtered. */
  readonly from: Sql
  /** How many documents a row of `from` stands for; undefined: one. */
  readonly weight?: Sql
  /** Which of those rows the question's `query` finds. */
  readonly where: Sql
  readonly database: Database
  /** With it `from` has `filename` and `file_row_number` too. */
  readonly sources?: Sources
  readonly deadline: AbortSignal
  /** Milliseconds since the epoch, the same for the whole question: what `now` means. */
  readonly nowMs: number
  readonly limits: SearchLimits
  /** Undefined for a field that no index has. */
  field(path: string): Resolved | undefined
  /** Names that fit a pattern such as `http.*`. */
  fieldsLike(pattern: string): readonly Resolved[]
  /** The condition of a query, for filter aggregations. @throws SearchError */
  condition(query: Query): Sql
}
