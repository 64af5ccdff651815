import { expect, test } from 'vitest'
import { isRecord } from '../../store/api/request_body.ts'
import { exactWhole, parseExact, parseLongAsText, textOfScalar } from '../../core/exact_json.ts'

test.each([
  '{"a":12345678901234567890,"b":[0.1234567890123456789,{"c":-9007199254740993}]}',
  '{"a":1,"b":"12345678901234567890"}',
  '{"a":1e400000000000000000,"b":1.5}',
  '[1234567890123456]',
  '{"v":1e400,"n":-1e999,"t":5e-400}',
  '{"v":1.0,"w":1e2,"x":-0,"o":{"x":1.50}}',
  '[0.10,1.10,100.0,-0.0,2E5,1e-7,0.0000001,1e+21,123456789.123456789,5]',
  '{"ends":12.50 }',
  '1.0',
  '{"text":"took:1.50,or[2.0]","\\":1.50,":1.0,":":"\\\\"}',
  '{"\\"":[1.50,"\\",1.0,"],"\\u0001":"\\u00011.50"}',
  '{"text":"\\u00011.50","list":["a",1.50]}',
  '{"__proto__":1.50,"o":{"__proto__":[2.0]}}',
])('%s comes out as it went in', (text) => {
  expect(JSON.stringify(parseExact(text))).toBe(text.replaceAll(' ', ''))
})

test.each([
  '{1.50:2}',
  '{"a":01.50,"a":1}',
  '[1.5.0]',
  '[1.50 2.50]',
  '["1.50]',
  '{"a":1.50',
  '-1.0e',
])('%s is refused as it is otherwise', (text) => {
  const refused = (parse: (text: string) => unknown) => {
    try {
      return parse(text)
    } catch (failure) {
      return String(failure)
    }
  }
  expect(refused(parseExact)).toBe(refused(JSON.parse))
})

test('a long number is a scalar', () => {
  const { n } = parseExact('{"n":12345678901234567890}') as { n: never }
  expect(isRecord(n)).toBe(false)
  expect(textOfScalar(n)).toBe('12345678901234567890')
})

test('numbers that are written as JavaScript does it are plain ones', () => {
  const text = '{"a":1.5,"b":[0,-7,1e+21,1e-7,0.1234567890123456],"c":"1.0","d":1.0}'
  const { d, ...others } = parseExact(text) as { d: never }
  expect(others).toEqual({ a: 1.5, b: [0, -7, 1e21, 1e-7, 0.1234567890123456], c: '1.0' })
  expect(textOfScalar(d)).toBe('1.0')
})

test('of a question, whole numbers that a double may not hold are their texts', () => {
  expect(parseLongAsText('[9007199254740991,9007199254740993,-1234567890123456789,1e19]')).toEqual([
    9007199254740991,
    '9007199254740993',
    '-1234567890123456789',
    1e19,
  ])
})

test.each([
  [5n, '5'],
  [2n ** 53n, '9007199254740992'],
  [-(2n ** 63n), '-9223372036854775808'],
])('%d as JSON', (value, text) => {
  expect(JSON.stringify(exactWhole(value))).toBe(text)
})
