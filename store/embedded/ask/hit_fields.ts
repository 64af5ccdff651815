import { exactWhole, isExactNumber } from '../../../core/exact_json.ts'
import type { Field } from '../../fields.ts'
import { defaultDateFormat, formatDate, formatNanos, parseDate } from '../../query/date_format.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'
import type { Asked } from './asked.ts'
import { formatOf } from './aggregations/format.ts'
import { brief, flag, illegal, isRecord, malformed, onlyKeys, textOption } from './body_options.ts'
import { isAnalysed, isDate, isDecimal, isInteger } from './field_table.ts'
import { addressDigits, addressText } from './ip_values.ts'
import { metadataFields } from './metadata_fields.ts'

/** `fields` or `docvalue_fields` of a body: names or patterns, and how their dates are written. */
export interface WantedField {
  readonly pattern: string
  readonly format: string | undefined
  readonly includeUnmapped: boolean
}

/** @param name for errors */
export function wantedFields(given: JsonValue | undefined, name: string): readonly WantedField[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw malformed(`Unknown key for a value in [${name}]: it is a list.`)
  return given.map((each) => {
    if (typeof each === 'string')
      return { pattern: each, format: undefined, includeUnmapped: false }
    if (!isRecord(each))
      throw malformed(`[${name}] must be names or objects, but has [${brief(each)}]`)
    onlyKeys(each, name, ['field', 'format', 'include_unmapped'])
    const pattern = textOption(each.field, `${name}.field`)
    if (pattern === undefined) throw malformed(`[${name}] needs [field] in [${brief(each)}]`)
    const format = textOption(each.format, `${name}.format`)
    return {
      pattern,
      format: format === 'use_field_mapping' ? undefined : format,
      includeUnmapped: flag(each.include_unmapped, `${name}.include_unmapped`) ?? false,
    }
  })
}

/** Values of a document as its fields' types have them, by the fields' names. */
export type FieldValues = (source: JsonRecord) => JsonRecord

export function fieldValues(
  wanted: readonly WantedField[],
  asked: Asked,
  fromDocValues: boolean,
): FieldValues {
  const found = wanted.flatMap(({ pattern, format }) => {
    return asked.fieldsLike(pattern).flatMap(({ field }) => {
      if (metadataFields.has(field.path)) return []
      if (fromDocValues && isAnalysed(field.type)) {
        if (pattern.includes('*')) return []
        throw illegal(
          `Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [${field.path}] in order to load field data by uninverting the inverted index. Note that this can use significant memory.`,
        )
      }
      return [{ field, format: formatOfField(field, format, fromDocValues) }]
    })
  })
  const unmapped = wanted.flatMap(({ pattern, includeUnmapped }) => {
    return includeUnmapped
      ? [
          new RegExp(
            `^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`,
            's',
          ),
        ]
      : []
  })
  return (source) => {
    const values = valuesByPath(source)
    const answer = new Map<string, JsonValue[]>()
    for (const { field, format } of found) {
      const shown = (values.get(field.source) ?? []).flatMap((value) =>
        shownAs(field, value === null ? (field.nullValue ?? null) : value, format.dates),
      )
      if (shown.length === 0) continue
      answer.set(field.path, fromDocValues ? asDocValues(field, shown, format.numbers) : shown)
    }
    for (const [path, all] of values) {
      const each = all.filter((value) => value !== null)
      if (each.length > 0 && !answer.has(path) && unmapped.some((pattern) => pattern.test(path)))
        answer.set(path, each)
    }
    return Object.fromEntries(answer)
  }
}

interface FieldFormat {
  readonly dates: string | undefined
  readonly numbers: ((value: number) => string) | undefined
}

/** @throws SearchError where a format is given that means nothing */
function formatOfField(
  field: Field,
  format: string | undefined,
  fromDocValues: boolean,
): FieldFormat {
  if (format === undefined || isDate(field.type)) return { dates: format, numbers: undefined }
  const isNumber = isInteger(field.type) || isDecimal(field.type)
  if (!fromDocValues || !isNumber) {
    throw illegal(`Field [${field.path}] of type [${field.type}] doesn't support formats.`)
  }
  return {
    dates: undefined,
    numbers: formatOf('number', format, undefined, 'docvalue_fields').text,
  }
}

/** Scalars by dotted path, in the order of the document; of objects too, for flattened fields. */
function valuesByPath(source: JsonRecord): Map<string, JsonValue[]> {
  const values = new Map<string, JsonValue[]>()
  const walk = (value: JsonValue, path: string): void => {
    if (Array.isArray(value)) {
      for (const each of value) walk(each, path)
    } else if (isRecord(value)) {
      for (const [name, inner] of Object.entries(value))
        walk(inner, path === '' ? name : `${path}.${name}`)
    } else {
      const known = values.get(path)
      if (known) known.push(value)
      else values.set(path, [value])
    }
  }
  walk(source, '')
  return values
}

function shownAs(field: Field, given: JsonValue, format: string | undefined): JsonValue[] {
  if (given === null) return []
  const isWhole = isExactNumber(given) && /^-?\d+$/.test(given.rawJSON)
  if (isWhole && isInteger(field.type)) return [exactWhole(BigInt(given.rawJSON))]
  const value = isExactNumber(given) ? Number(given.rawJSON) : given
  if (isDate(field.type)) return dateAs(field, value, format)
  if (isInteger(field.type) || isDecimal(field.type)) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) return []
    if (isInteger(field.type)) return [Math.trunc(number)]
    const held = heldBy(field, number)
    if (!Number.isFinite(held)) return []
    const isSingle = field.type === 'float' || field.type === 'half_float'
    return [isSingle ? shortestFloat(held) : held]
  }
  if (field.type === 'boolean') {
    if (value === true || value === 'true') return [true]
    return value === false || value === 'false' || value === '' ? [false] : []
  }
  if (field.type === 'ip') {
    const digits = addressDigits(String(value))
    return digits === undefined ? [] : [addressText(digits)]
  }
  const text = isWhole ? given.rawJSON : String(value)
  const { ignoreAbove } = field
  return ignoreAbove !== undefined && text.length > ignoreAbove ? [] : [text]
}

/** A number as the field's bits have it, infinite where they are too few. */
function heldBy({ type }: Field, number: number): number {
  if (type === 'half_float') return Math.f16round(number)
  return type === 'float' ? Math.fround(number) : number
}

function dateAs(field: Field, value: JsonValue, format: string | undefined): JsonValue[] {
  const own = field.format ?? defaultDateFormat
  try {
    const nanos = parseDate(String(value), own, { roundUp: false, timeZone: 'Z' })
    const wanted = (format ?? own).split('||')[0]!
    if (field.type === 'date_nanos') {
      return [
        formatNanos(nanos, format ?? (field.format ? wanted : 'strict_date_optional_time_nanos')),
      ]
    }
    const ms = nanos / 1_000_000n - (nanos < 0n && nanos % 1_000_000n !== 0n ? 1n : 0n)
    return [formatDate(ms * 1000n, wanted)]
  } catch {
    // It is no date: it has no value, as in the store.
    return []
  }
}

/** The shortest decimal number that is this one in 32 bits. */
export function shortestFloat(value: number): number {
  const single = Math.fround(value)
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return short
  }
  return single
}

const numberOf = (value: JsonValue) => Number(isExactNumber(value) ? value.rawJSON : value)

function inOrder(one: JsonValue, other: JsonValue): number {
  if (isExactNumber(one) || isExactNumber(other)) return numberOf(one) - numberOf(other)
  return one! < other! ? -1 : Number(one! > other!)
}

/** Doc values are sorted; of keywords each is there once. */
function asDocValues(
  field: Field,
  values: JsonValue[],
  format: FieldFormat['numbers'],
): JsonValue[] {
  const isWord = field.type === 'keyword' || field.type === 'ip' || field.type === 'flattened'
  const each = isWord ? [...new Set(values)] : values
  const sorted = each.toSorted(inOrder)
  if (format) return sorted.map((value) => format(numberOf(value)))
  const isSingle = field.type === 'float' || field.type === 'half_float'
  return isSingle ? sorted.map((value) => Math.fround(Number(value))) : sorted
}
