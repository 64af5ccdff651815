import type { Query } from '../../query/query.ts'
import type { JsonRecord } from '../../search.ts'
import type { Aggregation } from './aggregations/aggregation.ts'
import { greatestCommon } from './aggregations/intervals.ts'
import { isDate, type AskedIndex, type FieldTable } from './field_table.ts'

export interface Countable {
  readonly body: JsonRecord
  readonly query: Query
  readonly aggregations: readonly Aggregation[]
  readonly fields: FieldTable
  readonly indices: readonly AskedIndex[]
}

/** Whether a question depends on no more than bounds of `@timestamp`, its minute, and `log.level`. */
export function isCountable(asked: Countable): boolean {
  const { query, indices } = asked
  if (indices.some(({ filter }) => filter !== undefined)) return false
  return isOfTimeOnly(query) && isGroupable(asked)
}

/** Whether what is asked of the rows that are found depends on no more than the minute of `@timestamp`, and `log.level`. */
export function isGroupable({ body, aggregations, fields }: Countable): boolean {
  if (body.size !== 0 || body.post_filter != null || body.terminate_after != null) return false
  const time = fields.field('@timestamp')
  if (!time || time.field.path !== '@timestamp' || !isDate(time.field.type)) return false
  return areCounted(aggregations, isLevelPlain(fields))
}

function isLevelPlain(fields: FieldTable): boolean {
  const level = fields.field('log.level')
  if (!level) return true
  const { field, list, type } = level
  const isColumn = field.source === 'log.level' && type === 'VARCHAR' && !list
  return isColumn && field.nullValue === undefined
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

function areCounted(aggregations: readonly Aggregation[], isPlain: boolean): boolean {
  return aggregations.every(({ kind, children }) => {
    if (kind.family === 'pipeline') return true
    if (kind.family !== 'buckets' || kind.countedBy === undefined) return false
    return (isPlain || kind.countedBy !== 'log.level') && areCounted(children, isPlain)
  })
}

/** The minutes since the epoch that need not be told apart, so many each, by aggregations that are all counted. */
export function grainOf(aggregations: readonly Aggregation[]): number {
  return greatestCommon(grainsOf(aggregations)) || dayMinutes
}
const dayMinutes = 1_440

function grainsOf(aggregations: readonly Aggregation[]): number[] {
  return aggregations.flatMap(({ kind, children }) => {
    const by = kind.family === 'buckets' ? kind.countedBy : undefined
    return [...(typeof by === 'object' ? [by.minutes] : []), ...grainsOf(children)]
  })
}
