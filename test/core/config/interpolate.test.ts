import { expect, test } from 'vitest'
import { interpolate } from '../../../core/config/interpolate.ts'

const environment = { A: 'one', EMPTY: '' }

test.each([
  ['plain', 'plain'],
  ['${A}', 'one'],
  ['x${A}y${A}', 'xoney' + 'one'],
  ['${NOPE:-two}', 'two'],
  ['${EMPTY:-two}', 'two'],
  ['${EMPTY}', ''],
  ['${NOPE:-}', ''],
  ['${NOPE:-a:b-c}', 'a:b-c'],
  ['$${A}', '${A}'],
  ['$$${A}', '$${A}'],
  ['^a$', '^a$'],
  ['$A {A}', '$A {A}'],
])('%s is %s', (text, expected) => {
  expect(interpolate(text, environment)).toMatchObject({ text: expected, missing: [] })
})

test('what is missing or malformed is named', () => {
  expect(interpolate('${NOPE} ${A} ${NADA}', environment).missing).toEqual(['NOPE', 'NADA'])
  expect(interpolate('${A-b}', environment).malformed).toBe('${A-b}')
  expect(interpolate('${A', environment).malformed).toBe('${A')
})

test('a value that looks like a variable is not replaced again', () => {
  expect(interpolate('${A}', { A: '${B}', B: 'x' }).text).toBe('${B}')
})
