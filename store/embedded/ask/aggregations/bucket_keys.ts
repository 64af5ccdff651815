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
  return { key: value, key_as_string: values.format.text(value) }
}

export function jsonKey({ kind }: Values, key: Answered): string | number {
  if (kind === 'date') return Number(key) / 1000
  if (kind === 'boolean') return key === true ? 1 : 0
  if (kind === 'number') return Number(key)
  return String(key)
}

/** Addresses are in the order of their 16 bytes, where IPv4 ones are those behind `::ffff:`. */
export function orderOfIp(key: Sql): Sql {
  const four = sql`'00000000000000000000ffff' || array_to_string(list_transform(
    string_split(${key}, '.'), lambda _p: lpad(to_hex(try_cast(_p as INTEGER)), 2, '0')), '')`
  const group = (part: Sql) =>
    sql`list_filter(string_split(coalesce(${part}, ''), ':'), lambda _p: _p <> '')`
  const [left, right] = [1, 2].map((at) =>
    group(sql`string_split(${key}, '::')[${verbatim(String(at))}]`),
  ) as [Sql, Sql]
  const zeros = sql`list_transform(range(8 - len(${left}) - len(${right})), lambda _z: '0')`
  const six = sql`array_to_string(list_transform(${left} || ${zeros} || ${right},
    lambda _p: lpad(_p, 4, '0')), '')`
  return sql`case when contains(${key}, ':') then ${six} else ${four} end`
}
