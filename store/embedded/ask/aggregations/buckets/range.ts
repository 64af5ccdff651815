import type { JsonRecord } from '../../../../search.ts'
import { all, sql, verbatim, type Sql } from '../../../sql.ts'
import type { Asked } from '../../asked.ts'
import type { BucketsKind } from '../aggregation.ts'
import { parseDate } from '../dates.ts'
import type { Options } from '../options.ts'
import {
  integer,
  numberOf,
  numbersOf,
  sourceOf,
  valuesOf,
  type ValueKind,
  type Values,
} from '../values.ts'
import { knownBuckets, type KnownBucket } from './conditions.ts'

type End = string | number | undefined
export interface Range {
  readonly key: string | undefined
  readonly from: End
  readonly to: End
  readonly mask?: string | undefined
}

export function rangesOf(options: Options, withMasks: boolean): readonly Range[] {
  const given = options.list('ranges')
  if (!given || given.length === 0) {
    throw options.illegal(`No [ranges] specified for the [${options.name}] aggregation`)
  }
  return given.map((each) => {
    const inner = options.inner('ranges', each)
    const [from, to] = ['from', 'to'].map((name) => {
      const value = inner.raw(name)
      if (value == null) return undefined
      if (typeof value !== 'string' && typeof value !== 'number') throw inner.wrong(name, value)
      return value
    })
    const range = { key: inner.text('key'), from, to }
    const mask = withMasks ? inner.text('mask') : undefined
    inner.finish()
    return mask === undefined ? range : { ...range, mask }
  })
}

interface Numbered {
  readonly key: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
}

/** Ranges of numbers, from included, to excluded; in ascending order, as Elasticsearch answers them. */
function ranges(
  options: Options,
  typed: string,
  kinds: readonly ValueKind[],
  read: (end: End, values: Values, asked: Asked) => number | undefined,
): BucketsKind {
  const source = sourceOf(options)
  const keyed = options.boolean('keyed') ?? false
  const given = rangesOf(options, false)
  return {
    family: 'buckets',
    plan({ asked }) {
      const values = valuesOf(asked, source, kinds)
      const numbered = given
        .map(({ key, from, to }) => ({
          key,
          from: read(from, values, asked),
          to: read(to, values, asked),
        }))
        .toSorted((a, b) => byEnds(a, b))
      const known = numbered.map((range) => bucketOf(range, values, typed, keyed))
      const { key, heads } = knownBuckets(known, !values.list && areApart(numbered))
      return Promise.resolve({
        key,
        buckets: (groups) => ({ typed, buckets: heads(groups), keyed }),
      })
    },
  }
}

const byEnds = (a: Numbered, b: Numbered) =>
  (a.from ?? -Infinity) - (b.from ?? -Infinity) || (a.to ?? Infinity) - (b.to ?? Infinity) || 0

const areApart = (sorted: readonly Numbered[]) =>
  sorted.every(({ from = -Infinity }, at) => at === 0 || (sorted[at - 1]!.to ?? Infinity) <= from)

function bucketOf(
  { key, from, to }: Numbered,
  values: Values,
  typed: string,
  keyed: boolean,
): KnownBucket {
  const isDate = typed === 'date_range'
  const text = (ms: number) => (isDate ? values.format.text(ms) : numberText(ms, values))
  const head: JsonRecord = {}
  const ends: string[] = []
  for (const [name, end] of [
    ['from', from],
    ['to', to],
  ] as const) {
    ends.push(end === undefined ? '*' : text(end))
    if (end === undefined) continue
    head[name] = end
    if (!values.format.isRaw) head[`${name}_as_string`] = text(end)
  }
  const name = key ?? ends.join('-')
  return {
    name,
    head: { ...(!keyed && { key: name }), ...head },
    condition: inRange(values, from, to),
  }
}

const numberText = (value: number, { format }: Values) =>
  format.isRaw ? (Number.isInteger(value) ? `${value}.0` : String(value)) : format.text(value)

function inRange(values: Values, from: number | undefined, to: number | undefined): Sql {
  const isDate = values.kind === 'date'
  const bound = (end: number) =>
    isDate ? integer(BigInt(Math.ceil(end * 1000))) : sql`${end}::DOUBLE`
  const fits = (value: Sql) =>
    all([
      sql`${value} is not null`,
      ...(from === undefined ? [] : [sql`${value} >= ${bound(from)}`]),
      ...(to === undefined ? [] : [sql`${value} < ${bound(to)}`]),
    ])
  if (!values.list) return fits(isDate ? values.scalar : numberOf(values, values.scalar))
  const list = isDate ? values.list : numbersOf(values)!
  return sql`len(list_filter(${list}, lambda _e: ${fits(verbatim('_e'))})) > 0`
}

export const range = (options: Options) =>
  ranges(options, 'range', ['number', 'boolean'], (end) => {
    if (end === undefined) return undefined
    const number = Number(end)
    if (Number.isNaN(number)) throw options.illegal(`For input string: "${end}"`)
    return number
  })

export const dateRange = (options: Options) => {
  const format = options.text('format')
  const zone = options.text('time_zone')
  return ranges(options, 'date_range', ['date'], (end, values, asked) =>
    end === undefined
      ? undefined
      : parseDate(end, {
          format: format ?? values.fieldFormat,
          timeZone: zone,
          nowMs: asked.nowMs,
        }),
  )
}
