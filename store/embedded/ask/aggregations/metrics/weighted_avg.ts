import { sql } from '../../../sql.ts'
import type { MetricKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import { numberIn, numberOf, numbersOf, sourceOf, valuesOf, type ValueKind } from '../values.ts'
import { single } from './answers.ts'

const numeric: readonly ValueKind[] = ['number', 'date', 'boolean']

/** The sum of value times weight, by the sum of weights. A document has one weight. */
export function weightedAvg(options: Options): MetricKind {
  const format = options.text('format')
  options.ignore('value_type')
  const part = (key: string) => {
    const given = options.raw(key)
    if (given == null) throw options.illegal(`Required [${key}] missing`)
    const inner = options.inner(key, given)
    const source = sourceOf(inner)
    inner.finish()
    return source
  }
  const [value, weight] = [part('value'), part('weight')]
  return {
    family: 'metric',
    plan({ asked }) {
      const values = valuesOf(asked, { ...value, ...(format && { format }) }, numeric)
      const weights = valuesOf(asked, weight, numeric)
      const w = numberOf(weights, weights.scalar)
      const list = numbersOf(values)
      const one = numberOf(values, values.scalar)
      const v = list ? sql`list_sum(${list})` : one
      const times = list ? sql`len(${list})` : sql`case when ${one} is not null then 1 end`
      return {
        typed: 'weighted_avg',
        columns: [
          (filter) => sql`sum(${v} * ${w})${filter}`,
          (filter) => sql`sum(${times} * ${w})${filter}`,
        ],
        answer([total, weighed]) {
          const by = numberIn(weighed)
          const mean = by === null || by === 0 ? null : Number(total) / by
          return single('weighted_avg', mean, values.format)
        },
        order: (property, [total, by]) =>
          property === undefined || property === 'value'
            ? sql`${total!} / nullif(${by!}, 0)`
            : undefined,
      }
    },
  }
}
