import type { DocumentFieldType, DocumentKind, DocumentValue } from '../../documents.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'

/** A value as SQLite keeps it: dates are milliseconds since the epoch, booleans 0 and 1. */
export type Column = string | number | null

/** SQLite's type for a declared field; TEXT compares by bytes, as a keyword does. */
export const columnTypes: Readonly<Record<DocumentFieldType, 'TEXT' | 'INTEGER' | 'REAL'>> = {
  keyword: 'TEXT',
  long: 'INTEGER',
  double: 'REAL',
  date: 'INTEGER',
  boolean: 'INTEGER',
}

/** The columns of a document, in the order of the kind's fields. @throws TypeError on a value of another type. */
export function columnsOf(kind: DocumentKind, body: JsonRecord): Column[] {
  return Object.entries(kind.fields).map(([path, type]) => {
    const value = valueAt(body, path)
    if (value === undefined || value === null) return null
    if (typeof value === 'object') throw mismatch(kind, path, type, value)
    return columnOf(kind, path, value)
  })
}

/** @throws TypeError when the value is not of the field's type, or the field is not declared. */
export function columnOf(kind: DocumentKind, path: string, value: DocumentValue): Column {
  const type = kind.fields[path]
  if (type === undefined) throw new TypeError(`${kind.name} has no field ${path} to be found by`)
  const column = converters[type](value)
  if (column === undefined) throw mismatch(kind, path, type, value)
  return column
}

const converters: Record<DocumentFieldType, (value: DocumentValue) => Column | undefined> = {
  keyword: (value) => (typeof value === 'string' ? value : undefined),
  long: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  double: (value) => (Number.isFinite(value) ? (value as number) : undefined),
  date: (value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : NaN
    return Number.isNaN(ms) ? undefined : ms
  },
  boolean: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
}

function mismatch(kind: DocumentKind, path: string, type: DocumentFieldType, value: JsonValue) {
  const shown = JSON.stringify(value).slice(0, 100)
  return new TypeError(`${kind.name}.${path} has to be a ${type}: ${shown}`)
}

function valueAt(body: JsonRecord, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = body
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}
