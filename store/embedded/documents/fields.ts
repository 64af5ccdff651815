import type { DocumentFieldType, DocumentKind, DocumentValue } from '../../documents.ts'
import { declaredValue, declaredValues, type IndexedValue } from '../../document_values.ts'
import type { JsonRecord } from '../../search.ts'

/** A value as SQLite keeps it: booleans are 0 and 1. */
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
export const columnsOf = (kind: DocumentKind, body: JsonRecord): Column[] =>
  declaredValues(kind, body).map(([, value]) => (value === null ? null : asColumn(value)))

/** @throws TypeError when the value is not of the field's type, or the field is not declared. */
export const columnOf = (kind: DocumentKind, path: string, value: DocumentValue): Column =>
  asColumn(declaredValue(kind, path, value))

const asColumn = (value: IndexedValue) => (typeof value === 'boolean' ? Number(value) : value)
