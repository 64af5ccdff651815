import type {
  DocumentCondition,
  DocumentFieldType,
  DocumentKind,
  DocumentValue,
  FindRequest,
} from '../documents.ts'
import { declaredValue, declaredValues, unknownField } from '../document_values.ts'
import type { JsonRecord } from '../search.ts'

/** The declared fields beside the body; a dot in a path is no object here (`stats.count` is one name). */
export interface StoredFields {
  readonly fields: JsonRecord
}

const types: Readonly<Record<DocumentFieldType, JsonRecord>> = {
  keyword: { type: 'keyword', ignore_above: 32_000 },
  long: { type: 'long' },
  double: { type: 'double' },
  date: { type: 'date', format: 'epoch_millis' },
  boolean: { type: 'boolean' },
}

/** A dot would make an object, and a path could then be both field and object. */
const nameOf = (path: string) => `fields.${path.replaceAll('.', '/')}`

export function mappingOf(kind: DocumentKind): JsonRecord {
  const properties = Object.entries(kind.fields).map(([path, type]) => {
    return [path.replaceAll('.', '/'), types[type]] as const
  })
  return {
    dynamic: 'strict',
    _meta: { fields: Object.keys(kind.fields) },
    properties: {
      id: { type: 'keyword' },
      body: { type: 'keyword', index: false, doc_values: false },
      fields: { type: 'object', dynamic: 'strict', properties: Object.fromEntries(properties) },
    },
  }
}

export function fieldValues(kind: DocumentKind, body: JsonRecord): JsonRecord {
  const values = declaredValues(kind, body).flatMap(([path, value]) => {
    return value === null ? [] : [[path.replaceAll('.', '/'), value] as const]
  })
  return Object.fromEntries(values)
}

export function conditionsOf(kind: DocumentKind, where: FindRequest['where']): JsonRecord {
  const filter: JsonRecord[] = []
  const absent: JsonRecord[] = []
  for (const [path, condition] of Object.entries(where ?? {})) {
    if (condition === null) {
      if (!(path in kind.fields)) throw unknownField(kind, path, 'found')
      absent.push({ exists: { field: nameOf(path) } })
    } else filter.push(conditionOf(kind, path, condition))
  }
  return { bool: { filter, must_not: absent } }
}

function conditionOf(
  kind: DocumentKind,
  path: string,
  condition: Exclude<DocumentCondition, null>,
): JsonRecord {
  const value = (each: DocumentValue) => declaredValue(kind, path, each)
  const name = nameOf(path)
  if (typeof condition !== 'object') return { term: { [name]: value(condition) } }
  if ('in' in condition) return { terms: { [name]: condition.in.map(value) } }
  if ('prefix' in condition) return { prefix: { [name]: value(condition.prefix) } }
  const bounds = Object.entries(condition as Record<string, DocumentValue>)
  return { range: { [name]: Object.fromEntries(bounds.map(([key, each]) => [key, value(each)])) } }
}

/** Missing values last, ties by id. */
export function sortOf(kind: DocumentKind, sort: NonNullable<FindRequest['sort']>): JsonRecord[] {
  const keys = sort.map(({ field, order }): JsonRecord => {
    if (!(field in kind.fields)) throw unknownField(kind, field, 'sorted')
    return { [nameOf(field)]: { order, missing: '_last' } }
  })
  return [...keys, { id: { order: 'asc' } }]
}
