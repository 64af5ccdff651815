import type { Query } from '../../query/query.ts'
import type { JsonRecord } from '../../search.ts'
import type { Aggregation } from './aggregations/aggregation.ts'
import { isDate, type AskedIndex, type FieldTable } from './field_table.ts'

export interface Countable {
  readonly body: JsonRecord
  readonly query: Query
  readonly aggregations: readonly Aggregation[]
  readonly fields: FieldTable
  readonly indices: readonly AskedIndex[]
}

/** Whether a question depends on no more than bounds of `@timestamp`, its minute, and `log.level`. */
export function isCountable({ body, query, aggregations, fields, indices }: Countable): boolean {
  if (body.size !== 0 || body.post_filter != null || body.terminate_after != null) return false
  if (indices.some(({ filter }) => filter !== undefined)) return false
  const time = fields.field('@timestamp')
  if (!time || time.field.path !== '@timestamp' || !isDate(time.field.type)) return false
  if (!isOfTimeOnly(query)) return false
  const level = fields.field('log.level')
  const isLevelPlain = !level || (level.field.source === 'log.level' && !level.list)
  return areCounted(aggregations, isLevelPlain)
}

function isOfTimeOnly(query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return true
    case 'range':
      return query.field === '@timestamp'
    case 'bool': {
      const { must, filter, should, mustNot } = query
      return (
        [should, mustNot].every(({ length }) => length === 0) &&
        [...must, ...filter].every(isOfTimeOnly)
      )
    }
    default:
      return false
  }
}

function areCounted(aggregations: readonly Aggregation[], isLevelPlain: boolean): boolean {
  return aggregations.every(({ kind, children }) => {
    if (kind.family === 'pipeline') return true
    if (kind.family !== 'buckets' || kind.countedBy === undefined) return false
    return (isLevelPlain || kind.countedBy !== 'log.level') && areCounted(children, isLevelPlain)
  })
}
