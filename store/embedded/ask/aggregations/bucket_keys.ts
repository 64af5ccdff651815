import { exactWhole, type ExactNumber, isExactNumber } from '../../../../core/exact_json.ts'
import type { JsonRecord } from '../../../search.ts'
import type { Answered } from '../../database.ts'
import { sql, verbatim, type Sql } from '../../sql.ts'
import { integer, type Values } from './values.ts'

/** What rows are grouped by when every value is a bucket of its own. Dates are cut to milliseconds. */
export function keyOf(values: Values): { expression: Sql; many: boolean; type: string } {
  const { scalar, list, type, kind } = values
  if (kind !== 'date') {
    if (!list) return { expression: scalar, many: false, type }
    return { expression: sql`list_distinct(${list})`, many: true, type }
  }
  const cut = (value: Sql) => {
    const thousand = integer(1000n)
    return sql`(${value} - ((${value} % ${thousand}) + ${thousand}) % ${thousand})`
  }
  if (!list) return { expression: cut(scalar), many: false, type }
  const each = sql`list_transform(${list}, lambda _d: ${cut(verbatim('_d'))})`
  return { expression: sql`list_distinct(${each})`, many: true, type }
}

/** A key as the answer has it: dates in milliseconds, booleans 0 and 1, with their text beside them. */
export function headOf(values: Values, key: Answered): JsonRecord {
  const value = jsonKey(values, key)
  if (typeof value === 'string' || values.format.isRaw) return { key: value }
  const number = isExactNumber(value) ? Number(value.rawJSON) : value
  return { key: value, key_as_string: values.format.text(number) }
}

/** Whole numbers have every digit. */
export function jsonKey({ kind }: Values, key: Answered): string | number | ExactNumber {
  if (kind === 'date') return Number(key) / 1000
  if (kind === 'boolean') return key === true ? 1 : 0
  if (kind === 'number') return typeof key === 'bigint' ? exactWhole(key) : Number(key)
  return String(key)
}
