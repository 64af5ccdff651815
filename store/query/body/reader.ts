import type { JsonValue } from '../../search.ts'
import type { QueryLimits } from '../limits.ts'
import type { Query } from '../query.ts'

/** What queries within queries are read with. */
export interface Reader {
  readonly limits: QueryLimits
  /** Reads a query that stands within another. */
  inner(value: JsonValue | undefined, place: string): Query
}
