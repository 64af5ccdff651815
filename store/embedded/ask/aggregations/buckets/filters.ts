import type { Query } from '../../../../query/query.ts'
import { any, sql } from '../../../sql.ts'
import type { BucketsKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import { knownBuckets } from './conditions.ts'

/** Buckets by queries: named ones in an object, anonymous ones in a list. */
export function filters(options: Options): BucketsKind {
  const given = options.raw('filters')
  if (given == null || typeof given !== 'object') {
    throw options.illegal('[filters] cannot be empty.')
  }
  const isNamed = !Array.isArray(given)
  const keyed = options.boolean('keyed') ?? isNamed
  const otherKey = options.text('other_bucket_key')
  const hasOther = options.boolean('other_bucket') ?? otherKey !== undefined
  const queries: readonly (readonly [string, Query])[] = Object.entries(given).map(
    ([name, body]) => [name, options.query(body, `${options.at}.filters.${name}`)],
  )
  if (queries.length === 0) throw options.illegal('[filters] cannot be empty.')
  // Elasticsearch answers named filters in the order of their names.
  const ordered = isNamed ? queries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : queries
  return {
    family: 'buckets',
    plan({ asked }) {
      const conditions = ordered.map(([, query]) => sql`(${asked.condition(query)})`)
      const known = ordered.map(([name], at) => ({
        name,
        head: isNamed && !keyed ? { key: name } : {},
        condition: conditions[at]!,
      }))
      const name = otherKey ?? '_other_'
      const other = {
        name,
        head: isNamed && !keyed ? { key: name } : {},
        condition: sql`not coalesce(${any(conditions)}, false)`,
      }
      const { key, heads } = knownBuckets(hasOther ? [...known, other] : known, false)
      return Promise.resolve({
        key,
        buckets: (groups) => ({
          typed: 'filters',
          buckets: heads(groups),
          keyed: isNamed && keyed,
        }),
      })
    },
  }
}
