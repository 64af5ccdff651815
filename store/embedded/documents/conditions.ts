import type {
  DocumentCondition,
  DocumentKind,
  DocumentValue,
  FindRequest,
} from '../../documents.ts'
import { unknownField } from '../../document_values.ts'
import { columnOf, type Column } from './fields.ts'

/** A piece of SQLite's SQL and its bound values. */
export interface Condition {
  readonly text: string
  readonly values: readonly Column[]
}

type Sort = NonNullable<FindRequest['sort']>

/** The name of a declared field's column, quoted. */
export const columnName = (path: string): string => `"f.${path.replaceAll('"', '""')}"`

export function whereOf(kind: DocumentKind, where: FindRequest['where']): Condition {
  const parts = Object.entries(where ?? {}).map(([path, each]) => conditionOf(kind, path, each))
  return allOf(parts)
}

function conditionOf(kind: DocumentKind, path: string, condition: DocumentCondition): Condition {
  const name = columnName(path)
  const column = (value: DocumentValue) => columnOf(kind, path, value)
  if (!(path in kind.fields)) throw unknownField(kind, path, 'found')
  if (condition === null) return { text: `${name} is null`, values: [] }
  if (typeof condition !== 'object') return { text: `${name} = ?`, values: [column(condition)] }
  if ('in' in condition) {
    const marks = condition.in.map(() => '?').join(', ')
    return { text: `${name} in (${marks})`, values: condition.in.map(column) }
  }
  if ('prefix' in condition) {
    // The bounds let the index be used; the last character of all has no successor to be a bound.
    const { prefix } = condition
    const text = `(${name} >= ? and substr(${name}, 1, ?) = ?)`
    return { text, values: [prefix, Array.from(prefix).length, prefix] }
  }
  const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
  const bounds = Object.entries(operators).flatMap(([key, operator]) => {
    const bound = condition[key as keyof typeof operators]
    return bound === undefined ? [] : [{ text: `${name} ${operator} ?`, values: [column(bound)] }]
  })
  return allOf(bounds)
}

/** Missing values are last in either order, as Elasticsearch has it; ties go by id. */
export function orderOf(sort: Sort): string {
  const keys = sort.map(({ field, order }) => {
    const name = columnName(field)
    return `${name} is null, ${name} ${order}`
  })
  return [...keys, 'id asc'].join(', ')
}

/** What comes behind the document that had these values and this id. */
export function behind(sort: Sort, values: readonly Column[], id: string): Condition {
  const alternatives: Condition[] = []
  const equal: Condition[] = []
  for (const [place, { field, order }] of sort.entries()) {
    const name = columnName(field)
    const value = values[place] ?? null
    if (value !== null) {
      const text = `(${name} ${order === 'asc' ? '>' : '<'} ? or ${name} is null)`
      alternatives.push(allOf([...equal, { text, values: [value] }]))
    }
    equal.push({ text: `${name} is ?`, values: [value] })
  }
  alternatives.push(allOf([...equal, { text: 'id > ?', values: [id] }]))
  return {
    text: `(${alternatives.map(({ text }) => text).join(' or ')})`,
    values: alternatives.flatMap((each) => each.values),
  }
}

export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { text: 'true', values: [] }
  return {
    text: `(${conditions.map(({ text }) => text).join(' and ')})`,
    values: conditions.flatMap(({ values }) => values),
  }
}
