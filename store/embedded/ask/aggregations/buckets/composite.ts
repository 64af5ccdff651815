import { SearchError, type JsonRecord, type JsonValue } from '../../../../search.ts'
import type { Answered, AnsweredStruct } from '../../../database.ts'
import { any, sql, verbatim, type Sql } from '../../../sql.ts'
import { addressDigits, addressOf } from '../../ip_values.ts'
import type { BucketsKind, BucketsPlan, Group, Planning } from '../aggregation.ts'
import { jsonKey, keyOf } from '../bucket_keys.ts'
import { parseDate, type DateContext } from '../dates.ts'
import { checkBuckets } from '../limits.ts'
import type { Options } from '../options.ts'
import { rounding } from '../rounding.ts'
import { timeZone } from '../time_zone.ts'
import {
  integer,
  numberLiteral,
  numberOf,
  numbersOf,
  sourceOf,
  valuesOf,
  type Values,
  type ValueSource,
} from '../values.ts'
import { durationMs } from '../intervals.ts'
import { keySql, rangeOf, readInterval, wholeMs } from './date_histogram.ts'
import { structKey } from './terms.ts'

/** One part of a composite key. */
interface Source {
  readonly name: string
  readonly descending: boolean
  readonly hasMissing: boolean
  /** Whether what is missing comes before all values. */
  readonly missingFirst: boolean
  plan(planning: Planning): Promise<SourcePlan>
}
interface SourcePlan {
  readonly key: { readonly expression: Sql; readonly many: boolean; readonly type: string }
  /** What SQL's value is ordered by. Default itself. */
  order?(value: Sql): Sql
  /** Between SQL's value and the answer's. */
  json(value: Answered): JsonValue
  /** The answer's as `after_key` has it, where that is not the same. */
  afterKey?(value: Answered): JsonValue
  /** What comes with the question, as `order` makes it. */
  literal(value: string | number | boolean): Sql
}

/** Every combination of its sources' values, page by page: `after_key` of one page is `after` of the next. */
export function composite(options: Options): BucketsKind {
  const size = options.integer('size', 1) ?? 10
  checkBuckets(size, options.limits.maxBuckets)
  const given = options.list('sources')
  if (!given || given.length === 0) {
    throw options.illegal('Composite [sources] cannot be null or empty')
  }
  const sources = given.map((each) => sourceFrom(options, each))
  const twice = sources.find(({ name }, at) =>
    sources.slice(0, at).some((other) => other.name === name),
  )
  if (twice) {
    throw options.illegal(
      `Composite source names must be unique, found duplicates: [${twice.name}]`,
    )
  }
  const after = options.record('after')
  if (after && Object.keys(after).length !== sources.length) {
    throw options.illegal(
      `[after] has ${Object.keys(after).length} value(s) but [sources] has ${sources.length}`,
    )
  }
  return {
    family: 'buckets',
    async plan(planning) {
      const plans: SourcePlan[] = []
      for (const source of sources) plans.push(await source.plan(planning))
      const key = structKey(
        plans.map((plan) => plan.key),
        sources.map(({ hasMissing }) => hasMissing),
      )
      const part = (whole: Sql, at: number) => sql`${whole}.${verbatim(`c${at}`)}`
      const plan: BucketsPlan = {
        key,
        having: after && ((whole) => isAfter(whole, sources, plans, after, options)),
        best: {
          limit: size,
          minDocCount: 1,
          shardSize: 0,
          order: (whole) =>
            sources.map(({ descending, missingFirst }, at) => {
              const direction = `${descending ? 'desc' : 'asc'} nulls ${missingFirst ? 'first' : 'last'}`
              const value = sql`(${part(whole, at)})`
              return sql`${plans[at]!.order?.(value) ?? value} ${verbatim(direction)}`
            }),
        },
        buckets(groups) {
          const record = (
            { key }: Group,
            json: (plan: SourcePlan, value: Answered) => JsonValue,
          ) => {
            const parts = sources.map(({ name }, at): [string, JsonValue] => {
              const value = (key as AnsweredStruct)[`c${at}`] ?? null
              return [name, value === null ? null : json(plans[at]!, value)]
            })
            return Object.fromEntries(parts)
          }
          const heads = groups.map((group) => {
            const key = record(group, (plan, value) => plan.json(value))
            return { name: '', head: { key }, group }
          })
          const last = groups.at(-1)
          const after = (plan: SourcePlan, value: Answered) =>
            plan.afterKey?.(value) ?? plan.json(value)
          const beside: JsonRecord = last ? { after_key: record(last, after) } : {}
          return { typed: 'composite', buckets: heads, keyed: false, beside }
        },
      }
      return plan
    },
  }
}

function sourceFrom(options: Options, each: JsonValue): Source {
  const [name, definition] =
    Object.entries(options.inner('sources', each) && (each as JsonRecord))[0] ?? []
  const [type, body] = Object.entries((definition ?? {}) as JsonRecord)[0] ?? []
  if (name === undefined || type === undefined || body == null) {
    throw options.illegal('A source of [composite] must have a name and one type')
  }
  const inner = options.inner(`sources.${name}.${type}`, body)
  const field = { ...sourceOf(inner), type: 'composite' }
  const order = inner.text('order') ?? 'asc'
  if (order !== 'asc' && order !== 'desc') throw inner.illegal(`Unknown sort order [${order}]`)
  const hasMissing = inner.boolean('missing_bucket') ?? false
  const missingFirst = readMissingOrder(inner, hasMissing) ?? order === 'asc'
  const plan = planOf(type, inner, field)
  inner.finish()
  return { name, descending: order === 'desc', hasMissing, missingFirst, plan }
}

/** Undefined by default: first, or last in descending order. */
function readMissingOrder(inner: Options, hasMissing: boolean): boolean | undefined {
  const given = inner.text('missing_order')?.toLowerCase() ?? 'default'
  if (given === 'default') return undefined
  if (given !== 'first' && given !== 'last') {
    throw inner.illegal(`[missing_order] must be first, last or default, but is [${given}]`)
  }
  if (!hasMissing) throw inner.illegal('[missing_order] requires [missing_bucket] to be true')
  return given === 'first'
}

const anything = ['text', 'number', 'date', 'boolean', 'ip'] as const

function planOf(type: string, inner: Options, field: ValueSource): Source['plan'] {
  if (type === 'terms') {
    return ({ asked }) => {
      const values = valuesOf(asked, field, anything)
      const json = (value: Answered) =>
        values.kind === 'boolean' ? value === true : jsonKey(values, value)
      return Promise.resolve({
        key: everyKey(values),
        ...(values.kind === 'ip' && { order: addressOf }),
        json,
        literal: (value) => literalOf(values, value, asked.nowMs, inner.at),
      })
    }
  }
  if (type === 'histogram') {
    const interval = inner.number('interval')
    if (interval === undefined || interval <= 0)
      throw inner.illegal('[interval] must be greater than 0 for [histogram] source')
    return ({ asked }) => {
      const values = valuesOf(asked, field, ['number'])
      const floor = (value: Sql) => sql`floor(${value} / ${interval}::DOUBLE) * ${interval}::DOUBLE`
      const list = numbersOf(values)
      const expression = list
        ? sql`list_transform(${list}, lambda _h: ${floor(verbatim('_h'))})`
        : floor(numberOf(values, values.scalar))
      return Promise.resolve({
        key: { expression, many: list !== undefined, type: 'DOUBLE' },
        json: Number,
        literal: (value) => sql`${Number(value)}::DOUBLE`,
      })
    }
  }
  if (type === 'date_histogram') {
    const interval = readInterval(inner)
    const zone = timeZone(field.timeZone)
    const shift = inner.text('offset')
    const offset =
      shift === undefined ? 0 : durationMs(shift.replace(/^[+-]/, ''), 'offset', inner.at)
    const rounded = rounding(interval, zone, shift?.startsWith('-') ? -offset : offset)
    return async ({ asked }) => {
      const values = valuesOf(asked, field, ['date'])
      const key = keySql(values, rounded, await rangeOf(asked, values, zone))
      const dates = {
        format: field.format,
        timeZone: field.timeZone,
        nowMs: asked.nowMs,
      }
      const msOf = (value: Answered) => wholeMs(Number(value))
      const json = (value: Answered) =>
        field.format === undefined ? msOf(value) : values.format.text(msOf(value))
      return {
        key: { ...key, type: 'BIGINT' },
        json,
        afterKey(value) {
          const written = json(value)
          return isReadAs(written, msOf(value), dates) ? written : msOf(value)
        },
        literal: (value) => instantSql(value, dates),
      }
    }
  }
  throw inner.illegal(`invalid source type: [${type}] of [composite]`)
}

/** Numbers that a document has twice are counted twice here, as in Elasticsearch; texts are not. */
function everyKey(values: Values) {
  const key = keyOf(values)
  return values.kind === 'number' && values.list ? { ...key, expression: values.list } : key
}

/** Whether a key is read as the time that it was written of: clocks show some times twice, formats leave parts out. */
function isReadAs(written: string | number, ms: number, dates: DateContext): boolean {
  try {
    return typeof written === 'number' || parseDate(written, dates) === ms
  } catch (failure) {
    if (failure instanceof SearchError) return false
    throw failure
  }
}

/** Numbers are milliseconds since the epoch, and so is all where the source has no format. */
function instantSql(value: string | number | boolean, dates: DateContext): Sql {
  const text = String(value)
  const isMs = typeof value === 'number' || dates.format === undefined
  if (isMs && !/^-?\d+(?:\.\d+)?$/.test(text)) {
    const reason = `For input string: ${JSON.stringify(text.slice(0, 100))}`
    throw new SearchError(400, 'number_format_exception', reason)
  }
  // It would be another page each time.
  if (text.startsWith('now'))
    throw new SearchError(400, 'parse_exception', 'now() is not supported in [after] key')
  const ms = parseDate(text, isMs ? { ...dates, format: 'epoch_millis' } : dates)
  return integer(BigInt(ms) * 1000n)
}

function literalOf(
  values: Values,
  value: string | number | boolean,
  nowMs: number,
  at: string,
): Sql {
  if (values.kind === 'date')
    return instantSql(value, { format: undefined, timeZone: undefined, nowMs })
  if (values.kind === 'boolean') return verbatim(String(value) === 'true' ? 'true' : 'false')
  if (values.kind === 'number')
    return numberLiteral(values.type, typeof value === 'boolean' ? Number(value) : value, at)
  if (values.kind === 'ip') {
    const digits = addressDigits(String(value))
    if (digits !== undefined) return sql`${digits}`
    const reason = `'${String(value).slice(0, 100)}' is not an IP string literal, at ${at}`
    throw new SearchError(400, 'illegal_argument_exception', reason)
  }
  return sql`${String(value)}`
}

/** Comes after the key of the page before, source by source. */
function isAfter(
  whole: Sql,
  sources: readonly Source[],
  plans: readonly SourcePlan[],
  after: JsonRecord,
  options: Options,
): Sql {
  const alternatives: Sql[] = []
  let same = sql`true`
  for (const [at, { name, descending, missingFirst }] of sources.entries()) {
    const value = after[name]
    if (value === undefined) throw options.illegal(`Missing value for [after.${name}]`)
    if (value !== null && typeof value === 'object') throw options.wrong('after', value)
    const plan = plans[at]!
    const own = sql`(${whole}).${verbatim(`c${at}`)}`
    const part = plan.order?.(own) ?? own
    const literal = value === null ? undefined : plan.literal(value)
    if (literal === undefined) {
      if (missingFirst) alternatives.push(sql`(${same} and ${part} is not null)`)
      same = sql`${same} and ${part} is null`
    } else {
      const further = sql`${part} ${verbatim(descending ? '<' : '>')} ${literal}`
      const rest = missingFirst ? further : sql`(${further} or ${part} is null)`
      alternatives.push(sql`(${same} and ${rest})`)
      same = sql`${same} and ${part} = ${literal}`
    }
  }
  return any(alternatives)
}
