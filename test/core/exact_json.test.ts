import { expect, test } from 'vitest'
import { isRecord } from '../../store/api/request_body.ts'
import { parseExact, textOfScalar } from '../../core/exact_json.ts'

test.each([
  '{"a":12345678901234567890,"b":[0.1234567890123456789,{"c":-9007199254740993}]}',
  '{"a":1,"b":"12345678901234567890"}',
  '{"a":1e400000000000000000,"b":1.5}',
  '[1234567890123456]',
])('%s comes out as it went in', (text) => {
  expect(JSON.stringify(parseExact(text))).toBe(text)
})

test('a long number is a scalar', () => {
  const { n } = parseExact('{"n":12345678901234567890}') as { n: never }
  expect(isRecord(n)).toBe(false)
  expect(textOfScalar(n)).toBe('12345678901234567890')
})
