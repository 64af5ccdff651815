import type { DocumentFieldType, DocumentKind, DocumentValue } from './documents.ts'
import type { JsonRecord, JsonValue } from './search.ts'

/** A value of a declared field as engines index it: dates are milliseconds since the epoch. */
export type IndexedValue = string | number | boolean

/** The declared fields of a document. @throws TypeError on a value of another type. */
export function declaredValues(
  kind: DocumentKind,
  body: JsonRecord,
): [path: string, value: IndexedValue | null][] {
  return Object.keys(kind.fields).map((path) => {
    const value = valueAt(body, path)
    if (value === undefined || value === null) return [path, null]
    if (typeof value === 'object') throw mismatch(kind, path, value)
    return [path, declaredValue(kind, path, value)]
  })
}

/** @throws TypeError when the field is not declared, or the value is not of its type. */
export function declaredValue(
  kind: DocumentKind,
  path: string,
  value: DocumentValue,
): IndexedValue {
  const type = kind.fields[path]
  if (type === undefined) throw unknownField(kind, path, 'found')
  const indexed = converters[type](value)
  if (indexed === undefined) throw mismatch(kind, path, value)
  return indexed
}

const converters: Record<DocumentFieldType, (value: DocumentValue) => IndexedValue | undefined> = {
  keyword: (value) => (typeof value === 'string' ? value : undefined),
  long: (value) => (Number.isSafeInteger(value) ? value : undefined),
  double: (value) => (Number.isFinite(value) ? value : undefined),
  date: (value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : NaN
    return Number.isNaN(ms) ? undefined : ms
  },
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
}

export const unknownField = (kind: DocumentKind, path: string, by: 'found' | 'sorted') =>
  new TypeError(`${kind.name} has no field ${path} to be ${by} by`)

function mismatch(kind: DocumentKind, path: string, value: JsonValue): TypeError {
  const shown = JSON.stringify(value).slice(0, 100)
  return new TypeError(`${kind.name}.${path} has to be a ${kind.fields[path]}: ${shown}`)
}

function valueAt(body: JsonRecord, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = body
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}
