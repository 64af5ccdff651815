import { expect, test } from 'vitest'
import { linearRegExp } from '../../core/linear_regexp.ts'

test('finds, with groups by number and by name', () => {
  const expression = linearRegExp(String.raw`(?P<host>\w+)\.(\d+)?x(y)?`)
  expect(expression.match('__ web.12x, db.x', 0)).toEqual({
    start: 3,
    end: 10,
    groups: ['web.12x', 'web', '12', undefined],
    named: { host: 'web' },
  })
  expect(expression.match('web.12x, db.x', 8)).toMatchObject({ start: 9, end: 13 })
  expect(expression.match('web.12x', 7)).toBeUndefined()
  expect(expression.match('web.12x', 99)).toBeUndefined()
  expect(expression.test('a.x')).toBe(true)
  expect(expression.test('ax')).toBe(false)
})

test('works in UTF-16 positions, as JavaScript does', () => {
  expect(linearRegExp('b').match('😀ab')).toMatchObject({ start: 3, end: 4 })
})

test.each([
  ['(a', 'missing'],
  ['a{1001}', 'repeat'],
  ['(?=a)', 'invalid'],
  [String.raw`(a)\1`, 'escape'],
  ['((a{100}){100}){100}', 'repetition|repeat|large'],
  ['a'.repeat(5000), 'longer'],
])('%s is refused with the reason', (source, reason) => {
  expect(() => linearRegExp(source)).toThrow(SyntaxError)
  expect(() => linearRegExp(source)).toThrow(new RegExp(reason))
})

test('an expression that makes others explode takes no time', () => {
  const text = `${'a'.repeat(5_000)}!`
  for (const source of ['^(a+)+$', '^(a|a)*$', '^(a?){50}a{50}b$', '(.*)*x']) {
    expect(linearRegExp(source).test(text)).toBe(false)
  }
})
