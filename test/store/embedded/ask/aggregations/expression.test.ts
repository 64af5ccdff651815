import { expect, test } from 'vitest'
import { parseExpression } from '../../../../../store/embedded/ask/aggregations/expression.ts'

const numbers = { a: 6, b: 4, _value: 2 }

test.each([
  ['params.a / params.b', 1.5],
  ["params['a'] - params.b * 2", -2],
  ['return params.a % params.b;', 2],
  ['1 / 2', 0],
  ['1.0 / 2', 0.5],
  ['-(a + b) * -1', 10],
  ['_value * 100', 200],
  ['Math.max(params.a, 9) + Math.pow(2, 3)', 17],
  ['Math.round(2.5) + Math.floor(-0.5)', 2],
  ['a > b && !(b >= a) ? 1 : 0', 1],
  ['a == 6 || nothing', true],
  ['a < 1 ? 2 : b != 4 ? 3 : 5', 5],
  ['1e3 + .5', 1000.5],
  ['params.a != null && params.a > 5', true],
  ['null == params.a ? 1 : 2', 2],
  ['null == null', true],
] as const)('%s', (script, expected) => {
  expect(parseExpression(script)({ numbers })).toBe(expected)
})

test.each([
  ['a +', 'unexpected end, column 4'],
  ['a b', 'unexpected [b], column 3'],
  ['a ; import x', 'unexpected [import]'],
  ['this.constructor("x")()', 'unexpected [x]'],
  ['this.constructor(1)', 'function [this.constructor] is not supported'],
  ['a # b', 'unexpected character [#]'],
  ['Math.random()', 'function [Math.random] is not supported'],
  ['Math.constructor(1)', 'function [Math.constructor] is not supported'],
])('refuses %s', (script, words) => {
  expect(() => parseExpression(script)).toThrow(words)
})

test.each(['null', 'a > null', 'null + 1', '!null'])(
  'refuses null where no value is: %s',
  (script) => {
    expect(() => parseExpression(script)({ numbers })).toThrow('null can only be compared')
  },
)

test('refuses what is too deep or too long', () => {
  expect(() => parseExpression('('.repeat(500))).toThrow('nested deeper')
  expect(() => parseExpression('-'.repeat(500))).toThrow('unexpected')
  expect(() => parseExpression('a'.repeat(5_000))).toThrow('longer than 4096')
})

test('a name that is not given is no property of anything', () => {
  const expression = parseExpression('params.__proto__')
  expect(() => expression({ numbers: {} })).toThrow('cannot resolve symbol [params.__proto__]')
})
