import { sql, verbatim, type Sql } from '../../../sql.ts'
import type { BucketsKind, BucketsPlan } from '../aggregation.ts'
import { boundsOf, checkInside, mapBounds, type Bounds } from '../bounds.ts'
import { compareBuckets, ordersOf, type BucketOrder } from '../bucket_order.ts'
import { fillGaps } from '../fill.ts'
import type { Options } from '../options.ts'
import { numberOf, numbersOf, sourceOf, valuesOf } from '../values.ts'

/** By time or number: ascending, unless `order` says otherwise. */
export function orderOfHistogram(orders: readonly BucketOrder[] | undefined) {
  return orders ? { order: compareBuckets(orders) } : {}
}

export function histogram(options: Options): BucketsKind {
  const source = sourceOf(options)
  const interval = options.number('interval')
  if (interval === undefined || interval <= 0) {
    throw options.illegal(`[interval] must be >0 for histogram aggregation [${options.name}]`)
  }
  const offset = options.number('offset') ?? 0
  const minDocCount = options.integer('min_doc_count', 0) ?? 0
  const keyed = options.boolean('keyed') ?? false
  const orders = ordersOf(options)
  const bounds = boundsOf(options, 'extended_bounds', Number)
  const hard = boundsOf(options, 'hard_bounds', Number)
  if (bounds && hard) checkInside(options, bounds, hard)
  const place = (value: number) => Math.floor((value - offset) / interval)
  return {
    family: 'buckets',
    plan({ asked }) {
      const { maxBuckets } = asked.limits
      const values = valuesOf(asked, source, ['number', 'boolean'])
      const [i, o] = [interval, offset].map((each) => sql`${each}::DOUBLE`) as [Sql, Sql]
      const floor = (value: Sql) => sql`floor((${value} - ${o}) / ${i})`
      const list = numbersOf(values)
      const plan: BucketsPlan = {
        key: list
          ? {
              expression: sql`list_distinct(list_transform(${list}, lambda _h: ${floor(verbatim('_h'))}))`,
              many: true,
              type: 'DOUBLE',
            }
          : { expression: floor(numberOf(values, values.scalar)), many: false, type: 'DOUBLE' },
        // The servers ask for the key as it is without the offset.
        having: hard && ((key) => within(sql`${key} * ${i}`, hard)),
        buckets(groups) {
          const places = groups
            .map((group) => ({ at: Number(group.key), group }))
            .filter(({ group }) => group.count >= minDocCount)
            .toSorted((a, b) => a.at - b.at)
          const ends = bounds && mapBounds(bounds, place)
          const all =
            minDocCount === 0 ? fillGaps(places, (at) => at + 1, ends, maxBuckets) : places
          const heads = all.map(({ at, group }) => {
            const key = at * interval + offset
            const text = values.format.isRaw ? {} : { key_as_string: values.format.text(key) }
            const name = values.format.isRaw ? numberName(key) : values.format.text(key)
            return { name, head: { key, ...text }, group }
          })
          return { typed: 'histogram', buckets: heads, keyed, ...orderOfHistogram(orders) }
        },
      }
      return Promise.resolve(plan)
    },
  }
}

const numberName = (key: number) => (Number.isInteger(key) ? `${key}.0` : String(key))

/** Buckets outside the hard bounds are none; of numbers the upper bound is still inside. */
function within(key: Sql, { min, max }: Bounds<number>): Sql {
  const low = min === undefined ? sql`true` : sql`${key} >= ${min}::DOUBLE`
  const high = max === undefined ? sql`true` : sql`${key} <= ${max}::DOUBLE`
  return sql`(${low} and ${high})`
}
