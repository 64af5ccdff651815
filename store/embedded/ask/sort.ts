import { exactWhole } from '../../../core/exact_json.ts'
import type { Field } from '../../fields.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../../search.ts'
import { defaultDateFormat, formatDate } from '../../query/date_format.ts'
import { dateOf } from '../../query/date_math.ts'
import { all, any, sql, verbatim, type Sql } from '../sql.ts'
import type { Answered } from '../database.ts'
import type { Asked, Resolved } from './asked.ts'
import { brief, illegal, isRecord, malformed, onlyKeys, textOption } from './body_options.ts'
import { isAnalysed, isDate, isInteger } from './field_table.ts'
import { shortestFloat } from './hit_fields.ts'
import { addressDigits, addressOf, addressText } from './ip_values.ts'
import { booleanOf, numberOf, roundedTo, wholeOf } from './query_values.ts'

/** One thing to sort by. `keys` have all to be compared, the first first. */
export interface SortKey {
  readonly keys: readonly Sql[]
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** By `@timestamp` alone, so that older segments need not be read. */
  readonly byTime: boolean
  readonly isScore: boolean
  /** `sort` of a hit, of the keys' values. */
  shown(values: readonly Answered[]): JsonValue
  /** The keys' values, of what a `search_after` has. @throws SearchError */
  read(value: JsonValue): readonly (Sql | null)[]
}

const places = ['_doc', '_shard_doc']
const metadata = { nullsFirst: false, byTime: false, isScore: false }

/** The row's place, by which ties are broken: the order in which documents came. */
export function byPlace(descending: boolean): SortKey {
  return {
    ...metadata,
    keys: [verbatim('_journal'), verbatim('_ordinal')],
    descending,
    shown: ([journal, ordinal]) => `${String(journal)}-${String(ordinal)}`,
    read(value) {
      const [, journal, ordinal] = /^(.+)-(\d{1,10})$/.exec(String(value)) ?? []
      if (journal === undefined) {
        throw illegal(
          `Failed to parse search_after value [${brief(value)}] for field [_doc]: give back what a hit's sort had`,
        )
      }
      return [sql`${journal}`, verbatim(`(${ordinal})::bigint`)]
    },
  }
}

const byScore = (descending: boolean): SortKey => ({
  ...metadata,
  isScore: true,
  keys: [verbatim('1.0::double')],
  descending,
  shown: () => 1,
  read: (value) => [sql`cast(${numberOf(value as number, 'search_after')} as double)`],
})

/** @param given `sort` of the body: a name, `name:asc`, an object, or a list of such */
export function sortOf(given: JsonValue | undefined, asked: Asked): readonly SortKey[] {
  if (given === undefined || given === null) return []
  const list = Array.isArray(given) ? given : [given]
  return list.flatMap((each) => {
    if (typeof each === 'string') {
      const [, name, order] = /^(.*?)(?::(asc|desc))?$/s.exec(each) ?? []
      return [keyOf(name!, order === undefined ? {} : { order }, asked)]
    }
    if (!isRecord(each))
      throw malformed(`[sort] must be a name or an object, but is [${brief(each)}]`)
    return Object.entries(each).map(([name, options]) => {
      if (isRecord(options)) return keyOf(name, options, asked)
      return keyOf(name, { order: textOption(options, `sort.${name}`) ?? null }, asked)
    })
  })
}

const known = ['order', 'missing', 'mode', 'unmapped_type', 'format', 'numeric_type', 'nested']

function keyOf(name: string, options: JsonRecord, asked: Asked): SortKey {
  if (name === '_script' || name === '_geo_distance') {
    throw illegal(
      `sort by [${name}] is not supported: there are no ${name === '_script' ? 'scripts' : 'geo fields'}`,
    )
  }
  onlyKeys(options, `sort.${name}`, known)
  if (options.nested != null)
    throw illegal(`[nested] in sort.${name} is not supported: each document is one row`)
  const order = textOption(options.order, 'order')?.toLowerCase()
  if (order !== undefined && order !== 'asc' && order !== 'desc') {
    throw illegal(`No enum constant org.elasticsearch.search.sort.SortOrder.${order.toUpperCase()}`)
  }
  if (places.includes(name)) return byPlace(order === 'desc')
  if (name === '_score') return byScore(order !== 'asc')
  const descending = order === 'desc'
  const resolved = asked.field(name)
  if (!resolved) return unmapped(name, options, descending)
  if (isAnalysed(resolved.field.type)) throw onText(name)
  return byField(resolved, options, descending)
}

function unmapped(name: string, options: JsonRecord, descending: boolean): SortKey {
  if (options.unmapped_type == null) {
    const reason = `No mapping found for [${name}] in order to sort on`
    throw new SearchError(400, 'query_shard_exception', reason)
  }
  const nullsFirst = options.missing === '_first'
  const keys = [verbatim('null::bigint')]
  return { ...metadata, keys, descending, nullsFirst, shown: () => null, read: () => [null] }
}

const onText = (name: string) =>
  illegal(
    `Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [${name}] in order to load field data by uninverting the inverted index. Note that this can use significant memory.`,
  )

function byField(given: Resolved, options: JsonRecord, descending: boolean): SortKey {
  const { missing, format } = options
  const numericType = numericTypeOf(given.field, options)
  const isMissingValue = missing != null && missing !== '_last' && missing !== '_first'
  const mode = textOption(options.mode, 'mode') ?? (descending ? 'max' : 'min')
  const resolved = inMode(given, mode)
  const { field, scalar: value } = resolved
  const read = (after: JsonValue) => bound(resolved, after)
  const key = isMissingValue ? sql`coalesce(${value}, ${read(missing)})` : value
  return {
    keys: [numericType === 'double' ? sql`cast(${key} as double)` : key],
    descending,
    nullsFirst: missing === '_first',
    byTime: field.path === '@timestamp' && field.type === 'date' && !isMissingValue,
    isScore: false,
    shown: ([answered]) => shownAs(resolved, answered ?? null, textOption(format, 'format')),
    read: (after) => [isNoValue(after, resolved) ? null : read(after)],
  }
}

/** Dates sort by whole milliseconds, as they are shown: what is given back by `search_after` fits. */
const unit = ({ field }: Resolved, value: Sql): Sql => {
  if (field.type !== 'date') return value
  if (field.path === '@timestamp') return verbatim('epoch_ms("@timestamp")')
  return sql`cast(floor(${value} / 1000) as bigint)`
}

/** Values are compared as what they are; `double` makes whole numbers comparable with others. */
function numericTypeOf({ path, type }: Field, options: JsonRecord): string | undefined {
  const wanted = textOption(options.numeric_type, 'numeric_type')
  const own = isDate(type) ? type : isInteger(type) ? 'long' : 'double'
  if (wanted === undefined || wanted === own || (wanted === 'double' && own === 'long'))
    return wanted
  throw illegal(`[numeric_type] [${wanted.slice(0, 50)}] of sort.${path} is not supported`)
}

/** Null, and what stands for no value in Elasticsearch: the last longs of a date, a number that no field holds. */
function isNoValue(given: JsonValue, { field, type }: Resolved): boolean {
  if (given === null) return true
  const number = type === 'BIGINT' || type === 'DOUBLE' ? Number(given) : 0
  if (type === 'DOUBLE') return Math.abs(number) === Infinity
  return isDate(field.type) ? Math.abs(number) >= 2 ** 63 : isBeyondLong(given, number)
}

const isBeyondLong = (given: JsonValue, number: number): boolean =>
  Math.abs(number) > 2 ** 63 ||
  (Math.abs(number) === 2 ** 63 && !wholeOf(given as string, '').isExact)

/** What a document is sorted by: `scalar` of what is answered, and the field's type where that is another. */
function inMode(resolved: Resolved, mode: string): Resolved {
  const { field } = resolved
  const isComputed = resolved.list !== undefined && mode !== 'min' && mode !== 'max'
  const type = isComputed && field.type === 'half_float' ? 'float' : field.type
  const value = valueInMode(resolved, mode)
  const scalar =
    isComputed && type === 'float' ? sql`cast(cast(${value} as float) as double)` : value
  return { ...resolved, field: { ...field, type }, scalar }
}

function valueInMode(resolved: Resolved, by: string): Sql {
  const { list, scalar, type } = resolved
  if (!['min', 'max', 'avg', 'sum', 'median'].includes(by))
    throw illegal(`Unknown SortMode [${by}]`)
  if (type === 'VARCHAR' && by !== 'min' && by !== 'max') {
    throw illegal(`we only support AVG, MEDIAN and SUM on number based fields`)
  }
  if (resolved.field.type === 'ip') {
    const digits = list && sql`list_transform(${list}, lambda a: ${addressOf(verbatim('a'))})`
    return digits ? sql`${verbatim(`list_${by}`)}(${digits})` : addressOf(scalar)
  }
  if (!list) return unit(resolved, scalar)
  if (by === 'min' || by === 'max') return unit(resolved, sql`${verbatim(`list_${by}`)}(${list})`)
  const numbers = sql`list_${verbatim(by)}(${list})`
  return unit(resolved, type === 'BIGINT' ? sql`cast(round(${numbers}) as bigint)` : numbers)
}

/** A value that comes with the question, as the key's type has it. */
function bound({ field, type }: Resolved, value: JsonValue): Sql {
  if (typeof value === 'object')
    throw illegal(`[${brief(value)}] is no value to sort [${field.path}] by`)
  const at = `sort.${field.path}`
  if (field.type === 'date_nanos') {
    const nanos = wholeIn(value)
    return long(nanos === undefined ? microsOf(value) : nanos / 1000n)
  }
  if (isDate(field.type)) {
    const ms = wholeIn(value)
    if (ms !== undefined) return long(ms)
    const micros = microsOf(value)
    return long((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n)
  }
  if (type === 'BOOLEAN')
    return sql`${booleanOf(typeof value === 'number' ? value === 1 : value, at)}`
  if (field.type === 'ip') {
    const digits = addressDigits(String(value))
    if (digits === undefined)
      throw illegal(`'${String(value).slice(0, 100)}' is not an IP string literal.`)
    return sql`${digits}`
  }
  if (type === 'VARCHAR') return sql`${String(value)}`
  if (type === 'DOUBLE') return sql`cast(${roundedTo(field.type, numberOf(value, at))} as double)`
  const { floor, isExact } = wholeOf(value, at)
  return isExact ? long(floor) : sql`cast(${numberOf(value, at)} as double)`

  function microsOf(text: string | number | boolean): bigint {
    return dateOf(text, { format: field.format ?? defaultDateFormat, nowMs: 0 })
  }
}

/** A number, also one that is its text because a double does not hold it: no date has so many digits in a row. */
const wholeIn = (value: string | number | boolean): bigint | undefined => {
  if (typeof value === 'number') return BigInt(Math.trunc(value))
  return /^-?\d{16,}$/.test(String(value)) ? BigInt(value) : undefined
}
const long = (value: bigint): Sql => verbatim(`(${BigInt.asIntN(64, value)})::bigint`)

function shownAs(
  { field, type }: Resolved,
  value: Answered,
  format: string | undefined,
): JsonValue {
  if (value === null) return null
  if (field.type === 'ip') return addressText(String(value))
  if (type === 'BOOLEAN') return Number(value)
  if (field.type === 'float' || field.type === 'half_float') return shortestFloat(Number(value))
  if (isDate(field.type)) {
    const nanos = field.type === 'date_nanos'
    const micros = nanos ? BigInt(value as bigint) : BigInt(value as bigint) * 1000n
    if (format !== undefined) return formatDate(micros, format)
    return nanos ? exactWhole(micros * 1000n) : Number(value)
  }
  return typeof value === 'bigint' ? exactWhole(value) : (value as JsonValue)
}

/** SQL's ORDER BY, over the columns `_k0`, `_k1` … that `columnsOf` makes. */
export function orderOf(sort: readonly SortKey[]): Sql[] {
  const names = namesOf(sort)
  return sort.flatMap(({ descending, nullsFirst }, place) => {
    const nulls = nullsFirst ? 'first' : 'last'
    return names[place]!.map((name) =>
      verbatim(`${name} ${descending ? 'desc' : 'asc'} nulls ${nulls}`),
    )
  })
}

/** Names of each key's columns. */
export function namesOf(sort: readonly SortKey[]): readonly (readonly string[])[] {
  let count = 0
  return sort.map(({ keys }) => keys.map(() => `_k${count++}`))
}

export function columnsOf(sort: readonly SortKey[]): Sql[] {
  const names = namesOf(sort)
  return sort.flatMap(({ keys }, place) =>
    keys.map((key, at) => sql`${key} as ${verbatim(names[place]![at]!)}`),
  )
}

/** The rows behind the one with these values. @throws SearchError */
export function behind(sort: readonly SortKey[], after: readonly JsonValue[]): Sql {
  if (after.length !== sort.length) {
    throw illegal(`search_after has ${after.length} value(s) but sort has ${sort.length}.`)
  }
  const steps = sort.flatMap((key, place) => {
    return key.read(after[place]!).map((value, at) => ({ key, column: key.keys[at]!, value }))
  })
  return any(
    steps.map((step, place) =>
      all([
        ...steps.slice(0, place).map(({ column, value }) => isSame(column, value)),
        isAfter(step),
      ]),
    ),
  )
}

const isSame = (column: Sql, value: Sql | null) =>
  value === null ? sql`${column} is null` : sql`${column} = ${value}`

function isAfter(step: { key: SortKey; column: Sql; value: Sql | null }): Sql {
  const { key, column, value } = step
  if (value === null) return key.nullsFirst ? sql`${column} is not null` : verbatim('false')
  const beyond = sql`${column} ${verbatim(key.descending ? '<' : '>')} ${value}`
  return key.nullsFirst ? beyond : sql`(${beyond} or ${column} is null)`
}
