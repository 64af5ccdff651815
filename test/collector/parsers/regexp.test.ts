import { expect, test } from 'vitest'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { bothWays } from './agreement.ts'

const parse = (expression: string, text: string, options: object = {}) =>
  bothWays(parserFrom({ type: 'regexp', expression, ...options }, 'none'), text).event

test.each([
  ['^(?<a>\\w+) (?<b>.*)$', 'x y z', { a: 'x', b: 'y z' }],
  ['^(?<a>x)?(?<b>y)$', 'y', { b: 'y' }],
  ['/(?<a>b.c)/m', 'ab\ncd', { a: 'b\nc' }],
  ['/^(?<a>b.*)$/', 'a\nbc\nd', { a: 'bc' }],
  ['/\\A(?<a>.*)\\z/m', 'a\nb', { a: 'a\nb' }],
  ['/(?<a>ab[c-e]\\x41\\d)/i', 'aBDA7', { a: 'aBDA7' }],
  ['/^(?<a>[[:alpha:]]+)(?<b>\\h+)$/', 'xyz09', { a: 'xyz', b: '09' }],
  ['^(?<a>/[^/]*/)$', '/x/', { a: '/x/' }],
  ['^(?<__proto__>.)$', 'x', JSON.parse('{"__proto__":"x"}')],
])('%s', (expression, text, expected) => {
  const event = parse(expression, text)
  expect(JSON.stringify(event)).toBe(JSON.stringify(expected))
})

test('look-around is taken when asked for', () => {
  expect(parse('^(?<a>x)(?=y)', 'xy', { allow_backtracking: true })).toEqual({ a: 'x' })
})

test('a longer message than max_length is refused', () => {
  expect(parse('^(?<a>.*)$', 'xxxx', { max_length: 3 })).toMatchObject({ reason: 'unmatched' })
})
