import { expect, test } from 'vitest'
import { parseExact } from '../../../core/exact_json.ts'
import { fieldFits } from '../../../store/api/field_fits.ts'
import type { Field } from '../../../store/fields.ts'
import type { JsonValue } from '../../../store/search.ts'

const fits = (type: string, json: string, more: Partial<Field> = {}) => {
  const field = { path: 'f', source: 'f', type: type as Field['type'], indexed: true, ...more }
  return fieldFits(field, parseExact(json) as JsonValue)
}

/** Of each type what it holds and what it does not, as Elasticsearch 8.19 has it. */
const cases: Readonly<Record<string, readonly [held: string[], refused: string[]]>> = {
  byte: [
    ['127', '-128', '"12"', '1.5'],
    ['128', '-129', '""', 'true', '{}'],
  ],
  integer: [
    ['2147483647', '"-2147483648"'],
    ['2147483648', '1e400'],
  ],
  long: [
    ['9223372036854775807', '-9223372036854775808', '"9223372036854775807"', '9e18'],
    ['9223372036854775808', '-9223372036854775809', '"9223372036854775808"', '1e19', '"x"'],
  ],
  unsigned_long: [
    ['18446744073709551615', '0'],
    ['18446744073709551616', '-1'],
  ],
  float: [
    ['3.4028235e38', '"1e-50"'],
    ['1e39', '"-1e39"', '3.5e38'],
  ],
  half_float: [
    ['65504', '65519'],
    ['65520', '70000', '-70000'],
  ],
  double: [
    ['1e308', '"1.5"'],
    ['1e400', '"1e400"'],
  ],
  scaled_float: [['1e308'], ['"x"', '1e400']],
  date: [
    ['"1800-01-01"', '"9999-12-31T23:59:59Z"', '1767312000000'],
    ['"x"', 'true'],
  ],
  date_nanos: [
    ['"1970-01-01"', '"2262-04-11T23:47:16.854Z"', '"2262-04-11T23:47:16.854775807Z"', '0'],
    ['"1800-01-01"', '"2263-01-01"', '"2262-04-11T23:47:16.854775808Z"', '-1'],
  ],
  ip: [
    ['"10.0.0.1"', '"::ffff:1.2.3.4"', '"FE80::1"'],
    ['"fe80::1%eth0"', '"1.2.3.4%eth0"', '"1.2.3"', '1'],
  ],
  boolean: [
    ['true', '"false"', '""'],
    ['1', '"yes"'],
  ],
}
test.each(Object.entries(cases))('what a field of type %s holds', (type, [held, refused]) => {
  expect(held.filter((json) => !fits(type, json))).toEqual([])
  expect(refused.filter((json) => fits(type, json))).toEqual([])
})

test('date_nanos of a format of their own hold no more', () => {
  const format = { format: 'yyyy/MM/dd' }
  expect(fits('date_nanos', '"2262/04/11"', format)).toBe(true)
  expect(fits('date_nanos', '"2262/04/12"', format)).toBe(false)
  expect(fits('date_nanos', '"1969/12/31"', format)).toBe(false)
})
