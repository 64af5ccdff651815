import { expect, test } from 'vitest'
import { documentRows, readOnce, seldom } from '../../../store/embedded/read_once.ts'
import { sql, verbatim } from '../../../store/embedded/sql.ts'

const rows = documentRows(sql`read_parquet(${'/a'})`)
const value = (path: string) => sql`json_extract_string(_source, ${path})`

test('one value is taken as it stands', () => {
  const query = sql`select ${value('$."a"')} from ${rows} where x = ${1}`
  expect(readOnce(query)).toEqual({
    text: 'select json_extract_string(_source, ?) from (select * from read_parquet(?)) where x = ?',
    values: ['$."a"', '/a', 1],
  })
})

test('several are taken at once, each path once, and the other values keep their places', () => {
  const [a, b] = [value('$."a"'), value('$."b"')]
  const query = sql`select ${a}, ${b} || ${'?'}, 'it''s ?', "odd?" from ${rows} where ${a} = ${'x'}`
  const all = 'case when random() >= 0 then json_extract_string(_source, [?, ?]) end as _values'
  expect(readOnce(query)).toEqual({
    text: `select _values[1], _values[2] || ?, 'it''s ?', "odd?" from (select *, ${all} from read_parquet(?)) where _values[1] = ?`,
    values: ['?', '$."a"', '$."b"', '/a', 'x'],
  })
})

test('lists, and what is computed for few rows, are left as they are', () => {
  const list = value('$."l"[*]')
  const query = sql`select ${list}, ${seldom(value('$."s"'))}, ${value('$."a"')}, ${value('$."b"')} from ${rows}`
  const { text, values } = readOnce(query)
  expect(text).toContain(
    'select json_extract_string(_source, ?), json_extract_string((_source), ?), _values[1], _values[2] from',
  )
  expect(values).toEqual(['$."l"[*]', '$."s"', '$."a"', '$."b"', '/a'])
})

test('what does not read documents is as it was', () => {
  const query = sql`select ${value('$."a"')}, ${value('$."b"')} from ${verbatim('t')} where y = ${null}`
  expect(readOnce(query)).toEqual(query)
})
