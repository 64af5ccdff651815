import type { JsonRecord } from '../../../../search.ts'
import type { Sql } from '../../../sql.ts'
import type { Asked } from '../../asked.ts'
import { addressDigits, addressRange, addressText, isMappedV4, neighbour } from '../../ip_values.ts'
import type { BucketsKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import { sourceOf, valuesOf } from '../values.ts'
import { knownBuckets } from './conditions.ts'
import { rangesOf, type Range } from './range.ts'

/** Addresses from (included) to (excluded), or those of a network; in ascending order, as Elasticsearch has them. */
export function ipRange(options: Options): BucketsKind {
  const source = sourceOf(options)
  const keyed = options.boolean('keyed') ?? false
  const given = rangesOf(options, true)
  return {
    family: 'buckets',
    plan({ asked }) {
      valuesOf(asked, source, ['ip'])
      const known = given
        .map((range) => {
          // First, as it refuses what is no address.
          const condition = conditionOf(range, source.field, asked, options.at)
          const { from, to } = endsOf(range)
          const name = range.key ?? range.mask ?? `${from ?? '*'}-${to ?? '*'}`
          const head: JsonRecord = { ...(!keyed && { key: name }), ...endsShown(from, to) }
          return { name, head, condition, from: orderOf(from, ''), to: orderOf(to, 'g') }
        })
        .toSorted((a, b) => compare(a.from, b.from) || compare(a.to, b.to))
      const { key, heads } = knownBuckets(known, false)
      return Promise.resolve({
        key,
        buckets: (groups) => ({ typed: 'ip_range', buckets: heads(groups), keyed }),
      })
    },
  }
}

function conditionOf({ from, to, mask }: Range, field: string, asked: Asked, at: string): Sql {
  if (mask !== undefined) {
    return asked.condition({ kind: 'term', field, values: [mask], caseInsensitive: false, at })
  }
  const ends = { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) }
  return asked.condition({ kind: 'range', field, ...ends, at })
}

interface Ends {
  readonly from: string | undefined
  readonly to: string | undefined
}

function endsOf({ from, to, mask }: Range): Ends {
  if (mask !== undefined) return networkEnds(mask)
  const text = (end: typeof from) => (end === undefined ? undefined : String(end))
  return { from: text(from), to: text(to) }
}

/** The first address of a network, and the one after its last where there is one. */
function networkEnds(mask: string): Ends {
  const { from, to } = addressRange(mask)!
  const next = neighbour(to, 1n)
  const isThere = next !== undefined && isMappedV4(next) === isMappedV4(from)
  return { from: addressText(from), to: isThere ? addressText(next) : undefined }
}

const endsShown = (from: string | undefined, to: string | undefined): JsonRecord => ({
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
})

const orderOf = (end: string | undefined, without: string) =>
  end === undefined ? without : addressDigits(end)!

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other))
