import { SearchError, type JsonValue } from '../../../search.ts'
import type { FieldType } from '../../../fields.ts'
import type { Answered } from '../../database.ts'
import { sql, verbatim, type Sql } from '../../sql.ts'
import type { Asked, Resolved, ValueType } from '../asked.ts'
import { canonicalAddress } from '../ip_values.ts'
import { wholeOf } from '../query_values.ts'
import { formatOf, type ValueFormat, type ValueKind } from './format.ts'

export type { ValueKind }
import type { Options } from './options.ts'
import { parseDate } from './dates.ts'

/** Where an aggregation's values come from, as its body says. */
export interface ValueSource {
  readonly field: string
  readonly missing: JsonValue | undefined
  readonly format: string | undefined
  readonly timeZone: string | undefined
  readonly valueType: string | undefined
  readonly type: string
  readonly at: string
}

/** `field`, `missing`, `format`, `time_zone`, `value_type`. @throws SearchError without a field */
export function sourceOf(options: Options): ValueSource {
  refuseScripts(options)
  const field = options.text('field')
  if (field === undefined) {
    const reason = 'Required one of fields [field, script], but none were specified.'
    throw options.illegal(reason)
  }
  return {
    field,
    missing: options.raw('missing') ?? undefined,
    format: options.text('format'),
    timeZone: options.text('time_zone'),
    valueType: options.text('value_type') ?? options.text('valueType'),
    type: options.type,
    at: options.at,
  }
}

export function refuseScripts(options: Options) {
  if (options.raw('script') == null) return
  throw options.illegal(`[${options.type}] with [script] is not supported: use a [field]`)
}

/** A field's values as SQL, `missing` put in. Dates are microseconds, as BIGINT. */
export interface Values {
  readonly mapped: boolean
  readonly kind: ValueKind
  readonly type: ValueType
  readonly scalar: Sql
  readonly list: Sql | undefined
  readonly fieldType: FieldType
  readonly fieldFormat: string | undefined
  readonly format: ValueFormat
}

const dateTypes: ReadonlySet<string> = new Set(['date', 'date_nanos'])
const textTypes: ReadonlySet<string> = new Set(['text', 'match_only_text'])

/**
 * The field as `asked` knows it.
 *
 * @param kinds what the aggregation can work with
 * @throws SearchError for a field of another kind
 */
export function valuesOf(asked: Asked, source: ValueSource, kinds: readonly ValueKind[]): Values {
  const { field: path, type, at } = source
  const resolved = asked.field(path)
  if (!resolved) return unmapped(asked, source, kinds)
  const { field } = resolved
  if (textTypes.has(field.type)) throw textRefused(path, at)
  const kind = kindOf(field.type, resolved.type)
  if (!kinds.includes(kind) || !field.indexed) {
    const reason = `Field [${path}] of type [${field.type}] is not supported for aggregation [${type}]`
    throw new SearchError(400, 'illegal_argument_exception', `${reason}, at ${at}`)
  }
  const format = formatOf(
    kind,
    source.format ?? dateFormat(kind, field.format),
    source.timeZone,
    at,
  )
  const values = {
    mapped: true,
    kind,
    type: resolved.type,
    fieldType: field.type,
    fieldFormat: field.format,
    format,
  }
  if (source.missing === undefined) return { ...values, ...plain(written(resolved)) }
  const missing = literalOf(source, kind, resolved.type, asked.nowMs, field.format)
  const { scalar: found, list } = written(resolved)
  const scalar = sql`coalesce(${found}, ${missing})`
  if (!list) return { ...values, scalar, list: undefined }
  const filled = sql`case when coalesce(len(${list}), 0) = 0 then [${missing}] else ${list} end`
  return { ...values, scalar, list: filled }
}

/** Addresses in one spelling: those that are written in several are one bucket. */
function written({ field, scalar, list }: Resolved): Pick<Resolved, 'scalar' | 'list'> {
  if (field.type !== 'ip') return { scalar, list }
  return {
    scalar: canonicalAddress(scalar),
    list: list && addressesOf(list),
  }
}

const addressesOf = (list: Sql) =>
  sql`list_filter(list_transform(${list}, lambda a: ${canonicalAddress(verbatim('a'))}), lambda a: a is not null)`

const plain = ({ scalar, list }: { scalar: Sql; list: Sql | undefined }) => ({ scalar, list })
const dateFormat = (kind: ValueKind, format: string | undefined) =>
  kind === 'date' ? format : undefined

function kindOf(fieldType: FieldType, type: ValueType): ValueKind {
  if (dateTypes.has(fieldType)) return 'date'
  if (fieldType === 'ip') return 'ip'
  if (type === 'BOOLEAN') return 'boolean'
  return type === 'VARCHAR' ? 'text' : 'number'
}

function textRefused(path: string, at: string): SearchError {
  const reason =
    'Text fields are not optimised for operations that require per-document field data like aggregations ' +
    `and sorting, so these operations are disabled by default. Please use a keyword field instead of [${path}]`
  return new SearchError(400, 'illegal_argument_exception', `${reason}, at ${at}`)
}

const namedTypes: Readonly<Record<string, ValueKind>> = {
  string: 'text',
  long: 'number',
  integer: 'number',
  double: 'number',
  number: 'number',
  numeric: 'number',
  date: 'date',
  ip: 'ip',
  boolean: 'boolean',
}

/** A field that no index has: no values, but `missing` for every document. */
function unmapped(asked: Asked, source: ValueSource, kinds: readonly ValueKind[]): Values {
  const named = namedTypes[source.valueType ?? '']
  const guessed = typeof source.missing === 'string' ? 'text' : 'number'
  const kind = named ?? (kinds.includes(guessed) ? guessed : kinds[0]!)
  const type = sqlTypes[kind]
  const scalar =
    source.missing === undefined
      ? sql`null::${verbatim(type)}`
      : literalOf(source, kind, type, asked.nowMs, undefined)
  return {
    mapped: false,
    kind,
    type,
    scalar,
    list: undefined,
    fieldType: kind === 'date' ? 'date' : kind === 'number' ? 'double' : 'keyword',
    fieldFormat: undefined,
    format: formatOf(kind, source.format, source.timeZone, source.at),
  }
}

const sqlTypes: Readonly<Record<ValueKind, ValueType>> = {
  text: 'VARCHAR',
  ip: 'VARCHAR',
  number: 'DOUBLE',
  date: 'BIGINT',
  boolean: 'BOOLEAN',
}

/** `missing` as a value of the field. */
function literalOf(
  { missing, timeZone, at, format, type: aggregation }: ValueSource,
  kind: ValueKind,
  type: ValueType,
  nowMs: number,
  fieldFormat: string | undefined,
): Sql {
  if (missing === null || typeof missing === 'object') {
    const reason = `[missing] must be a value, at ${at}`
    throw new SearchError(400, 'illegal_argument_exception', reason)
  }
  if (kind === 'date') {
    const ms = parseDate(missing as string | number, {
      format: fieldFormat ?? format,
      timeZone,
      nowMs,
    })
    return integer(BigInt(ms) * 1000n)
  }
  if (kind === 'boolean')
    return verbatim(missing === 'true' || missing === true || missing === 1 ? 'true' : 'false')
  if (kind !== 'number') return sql`${String(missing)}::VARCHAR`
  const number = Number(missing)
  if (String(missing).trim() === '' || Number.isNaN(number)) {
    throw new SearchError(
      400,
      'number_format_exception',
      `For input string: "${missing}", at ${at}`,
    )
  }
  // A term is a whole number when the field's are; other numbers are computed with as fractions.
  if (type === 'BIGINT' && aggregation === 'terms' && !Number.isInteger(number))
    return integer(BigInt(Math.trunc(number)))
  return numberLiteral(type, typeof missing === 'string' ? missing : number, at)
}

/** A number that comes with the question, as values of `type` are compared with it: whole ones have every digit. */
export function numberLiteral(type: ValueType, value: string | number, at: string): Sql {
  const whole = type === 'BIGINT' ? wholeOf(value, at) : undefined
  return whole?.isExact ? integer(whole.floor) : sql`${Number(value)}::DOUBLE`
}

/** A whole number as it stands in SQL: a bound one would make the arithmetic wider and slower. */
export const integer = (value: bigint): Sql => verbatim(`(${value.toString()})::BIGINT`)

/** The values as what Elasticsearch computes with: doubles; dates in milliseconds, booleans 0 and 1. */
export function numberOf(values: Values, value: Sql): Sql {
  if (values.kind === 'date') return sql`floor(${value} / 1000.0)`
  if (values.kind === 'boolean') return sql`(${value})::INTEGER::DOUBLE`
  return values.type === 'DOUBLE' ? value : sql`(${value})::DOUBLE`
}

/** All values of a row as a list of doubles, or undefined when it has one at most. */
export function numbersOf(values: Values): Sql | undefined {
  if (!values.list) return undefined
  return sql`list_transform(${values.list}, lambda _v: ${numberOf(values, verbatim('_v'))})`
}

export const numberIn = (value: Answered | undefined): number | null =>
  value == null ? null : Number(value)
