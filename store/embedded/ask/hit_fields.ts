import { isExactNumber } from '../../../core/exact_json.ts'
import type { Field } from '../../fields.ts'
import { defaultDateFormat, formatDate, formatNanos, parseDate } from '../../query/date_format.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'
import type { Asked } from './asked.ts'
import { brief, flag, illegal, isRecord, malformed, onlyKeys, textOption } from './body_options.ts'
import { isAnalysed, isDate, isDecimal, isInteger } from './field_table.ts'

/** `fields` or `docvalue_fields` of a body: names or patterns, and how their dates are written. */
export interface WantedField {
  readonly pattern: string
  readonly format: string | undefined
  readonly includeUnmapped: boolean
}

/** @param name for errors */
export function wantedFields(given: JsonValue | undefined, name: string): readonly WantedField[] {
  if (given === undefined || given === null) return []
  const list = Array.isArray(given) ? given : [given]
  return list.map((each) => {
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
      if (field.path.startsWith('_')) return []
      if (fromDocValues && isAnalysed(field.type)) {
        if (pattern.includes('*')) return []
        throw illegal(
          `Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [${field.path}] in order to load field data by uninverting the inverted index. Note that this can use significant memory.`,
        )
      }
      return [{ field, format }]
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
        shownAs(field, value, format),
      )
      if (shown.length > 0)
        answer.set(field.path, fromDocValues ? asDocValues(field, shown) : shown)
    }
    for (const [path, each] of values) {
      if (!answer.has(path) && unmapped.some((pattern) => pattern.test(path)))
        answer.set(path, each)
    }
    return Object.fromEntries(answer)
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
    } else if (value !== null) {
      const known = values.get(path)
      if (known) known.push(value)
      else values.set(path, [value])
    }
  }
  walk(source, '')
  return values
}

function shownAs(field: Field, given: JsonValue, format: string | undefined): JsonValue[] {
  if (isExactNumber(given) && isInteger(field.type)) return [given]
  const value = isExactNumber(given) ? Number(given.rawJSON) : given
  if (isDate(field.type)) return dateAs(field, value, format)
  if (isInteger(field.type) || isDecimal(field.type)) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) return []
    return [isInteger(field.type) ? Math.trunc(number) : number]
  }
  if (field.type === 'boolean') {
    if (value === true || value === 'true') return [true]
    return value === false || value === 'false' || value === '' ? [false] : []
  }
  const text = String(value)
  const { ignoreAbove } = field
  return ignoreAbove !== undefined && text.length > ignoreAbove ? [] : [text]
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

/** Doc values are sorted; of keywords each is there once. */
function asDocValues(field: Field, values: JsonValue[]): JsonValue[] {
  const isWord = field.type === 'keyword' || field.type === 'ip' || field.type === 'flattened'
  const each = isWord ? [...new Set(values)] : values
  return each.toSorted((a, b) => (a! < b! ? -1 : Number(a! > b!)))
}
