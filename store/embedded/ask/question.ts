import { defaultSearchLimits, type SearchLimits } from '../../query/limits.ts'
import type { Query } from '../../query/query.ts'
import type { Database } from '../database.ts'
import { documentRows } from '../read_once.ts'
import { all, sql, verbatim, type Sql } from '../sql.ts'
import type { Asked, Sources } from './asked.ts'
import { conditionOf, type Meaning } from './condition.ts'
import { FieldTable, type AskedIndex } from './field_table.ts'

export interface QuestionOptions {
  readonly indices: readonly AskedIndex[]
  readonly query: Query
  /** Rows of the indices, and of no others. */
  readonly from: Sql
  readonly database: Database
  readonly sources?: Sources
  readonly deadline: AbortSignal
  readonly nowMs: number
  readonly limits?: SearchLimits
  readonly fields?: FieldTable
}

/** @throws SearchError when the fields do not allow the query */
export function askedOf(options: QuestionOptions): Asked {
  const { indices, query, from, database, sources, deadline, nowMs } = options
  const { limits = defaultSearchLimits, fields = new FieldTable(indices) } = options
  // Fields that one name with `*` may stand for, as in Elasticsearch.
  const maxFields = limits.maxClauses
  const meaning: Meaning = { fields, nowMs, maxFields }
  return {
    from: documentRows(from),
    where: all([conditionOf(query, meaning), ...filtersOf(indices, meaning)]),
    database,
    ...(sources && { sources }),
    deadline,
    nowMs,
    limits,
    field: (path) => fields.field(path),
    fieldsLike: (pattern) => fields.like(pattern, maxFields),
    condition: (each) => sql`coalesce(${conditionOf(each, meaning)}, false)`,
  }
}

/** What an alias leaves out is not there for whoever asks by it. */
function filtersOf(indices: readonly AskedIndex[], meaning: Meaning): readonly Sql[] {
  return indices.flatMap(({ name, filter }) => {
    if (!filter) return []
    const fits = conditionOf(filter, meaning)
    return [sql`(_stream <> ${name} or coalesce(${fits}, ${verbatim('false')}))`]
  })
}
