import { expect, test } from 'vitest'
import { documentRows, readOnce, seldom } from '../../../store/embedded/read_once.ts'
import { sql, verbatim } from '../../../store/embedded/sql.ts'

const rows = documentRows(sql`read_parquet(${'/a'})`)
const value = (path: string) => sql`json_extract_string(_source, ${path})`

test('one value is taken as it stands', () => {
  const query = sql`select ${value('$."a"')} from ${rows} where x = ${1}`
  expect(readOnce(query)).toEqual({
    text: 'select json_extract_string(_source, ?) from (select * from (select * from read_parquet(?))) where x = ?',
    values: ['$."a"', '/a', 1],
  })
})

test('several are taken at once, each path once, and the other values keep their places', () => {
  const [a, b] = [value('$."a"'), value('$."b"')]
  const query = sql`select ${a}, ${b} || ${'?'}, 'it''s ?', "odd?" from ${rows} where ${a} = ${'x'}`
  const all = 'case when random() >= 0 then json_extract_string(_source, [?, ?]) end as _values'
  expect(readOnce(query)).toEqual({
    text: `select _values[1], _values[2] || ?, 'it''s ?', "odd?" from (select * from (select *, ${all} from read_parquet(?))) where _values[1] = ?`,
    values: ['?', '$."a"', '$."b"', '/a', 'x'],
  })
})

test('lists of one array are taken together, each element once', () => {
  const [a, b, inner] = [value('$."l"[*]."a"'), value('$."l"[*]."b"'), value('$."m"[*]."x"[*]')]
  const query = sql`select ${a}, ${b}, ${inner}, ${value('$."m"[*]')} from ${rows} where ${a} = ${'x'}`
  const arrays =
    'case when random() >= 0 then json_extract(_source, [?, ?]) end as _arrays from read_parquet(?)'
  const of = (array: number, paths: string) =>
    `list_transform(json_extract(_arrays[${array}], '$[*]'), lambda _element: json_extract_string(_element, [${paths}]))`
  const lists = `case when random() >= 0 then [${of(1, '?, ?')}, ${of(2, '?')}] end as _lists`
  const one = (list: number, at: number) =>
    `list_transform(_lists[${list}], lambda _one: _one[${at}])`
  expect(readOnce(query)).toEqual({
    text: `select ${one(1, 1)}, ${one(1, 2)}, json_extract_string(_source, ?), ${one(2, 1)} from (select *, ${lists} from (select *, ${arrays})) where ${one(1, 1)} = ?`,
    values: ['$."m"[*]."x"[*]', '$."a"', '$."b"', '$', '$."l"', '$."m"', '/a', 'x'],
  })
})

test('one list, and what is computed for few rows, are left as they are', () => {
  const query = sql`select ${value('$."l"[*]')}, ${seldom(value('$."s"'))} from ${rows}`
  const { text, values } = readOnce(query)
  expect(text).toContain(
    'select json_extract_string(_source, ?), json_extract_string((_source), ?) from',
  )
  expect(values).toEqual(['$."l"[*]', '$."s"', '/a'])
})

test('what does not read documents is as it was', () => {
  const query = sql`select ${value('$."a"')}, ${value('$."b"')} from ${verbatim('t')} where y = ${null}`
  expect(readOnce(query)).toEqual(query)
})
