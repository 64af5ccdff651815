import { expect, test } from 'vitest'
import { expressionOf, replacementOf } from '../../../../statsd/graphite/render/expression.ts'

const replaced = (text: string, search: string, replace: string) =>
  expressionOf(search).replaced(text, replacementOf(replace, search))

test.each([
  ['app.web1.cpu', 'web(\\d)', 'host \\1', 'app.host 1.cpu'],
  ['app.web1.cpu', '(?P<host>web\\d)', '<\\g<host>>', 'app.<web1>.cpu'],
  ['abxd', 'x*', '-', '-a-b--d-'],
  ['a.b', '\\.', '$1&\\\\', 'a$1&\\b'],
  ['ab', '(a)|(b)', '[\\1|\\2]', '[a|][|b]'],
  ['App', '(?i)^a.*\\Z', 'x', 'x'],
])('%s: %s becomes %s', (text, search, replace, result) => {
  expect(replaced(text, search, replace)).toBe(result)
})

test('what is not there, or cannot be run in linear time, is refused', () => {
  expect(() => replaced('a', '(a)', '\\2')).toThrow('no group 2')
  expect(() => replaced('a', '(a)', '\\g<b>')).toThrow('no group b')
  expect(() => replaced('a', 'a', '\\q')).toThrow('escape \\q')
  expect(() => expressionOf('(?=a)')).toThrow(SyntaxError)
  expect(() => expressionOf('(a')).toThrow(SyntaxError)
})

test('expressions and replacements do not explode', () => {
  expect(expressionOf('^(a+)+$').fits(`${'a'.repeat(5000)}b`)).toBe(false)
  expect(() => replaced('a'.repeat(1000), '', 'b'.repeat(1000))).toThrow('longer than 100000')
})
