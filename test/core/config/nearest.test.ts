import { expect, test } from 'vitest'
import { editDistance, nearest } from '../../../core/config/nearest.ts'

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['hots', 'hosts', 1],
  ['tial', 'tail', 1],
  ['kitten', 'sitting', 3],
])('%s to %s is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
})

test('only what is near is suggested', () => {
  const known = ['hosts', 'max_disk', 'when_full', 'id']
  expect(nearest('hots', known)).toBe('hosts')
  expect(nearest('maxdisk', known)).toBe('max_disk')
  expect(nearest('HOSTS', known)).toBe('hosts')
  expect(nearest('when', known)).toBe('when_full')
  expect(nearest('zebra', known)).toBeUndefined()
  expect(nearest('x'.repeat(10_000), known)).toBeUndefined()
})
