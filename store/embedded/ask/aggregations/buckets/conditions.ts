import type { JsonRecord } from '../../../../search.ts'
import { join, sql, verbatim, type Sql } from '../../../sql.ts'
import type { BucketHead, BucketsPlan, Group } from '../aggregation.ts'

/** A bucket that is known before the data are: those rows for which `condition` holds. */
export interface KnownBucket {
  readonly name: string
  readonly head: JsonRecord
  readonly condition: Sql
}

/**
 * Buckets by conditions, in the order given; a row is in every one that fits.
 *
 * @param apart whether a row fits one at most: then it need not be made several
 */
export function knownBuckets(
  known: readonly KnownBucket[],
  apart: boolean,
): Pick<BucketsPlan, 'key'> & {
  heads(groups: readonly Group[]): readonly BucketHead[]
} {
  const places = known.map(({ condition }, at) => {
    return sql`when ${condition} then ${verbatim(String(at))}`
  })
  const one = known.length === 0 ? sql`null::INTEGER` : sql`case ${join(places, ' ')} end`
  const each = known.map((_, at) => sql`case ${places[at]!} end`)
  const many = sql`list_filter([${join(each, ', ')}], lambda _b: _b is not null)`
  return {
    key: { expression: apart ? one : many, many: !apart, type: 'INTEGER' },
    heads(groups) {
      const byPlace = new Map(groups.map((group) => [Number(group.key), group]))
      return known.map(({ name, head }, at) => {
        const none = { key: at, count: 0, row: undefined, total: 0 }
        return { name, head, group: byPlace.get(at) ?? none }
      })
    },
  }
}
