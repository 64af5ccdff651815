import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonRecord } from '../../../../../store/search.ts'
import { tableOf, type Table } from './table.ts'

let table: Table
beforeAll(async () => {
  const times = ['03-24T10', '03-30T10', '10-20T10', '10-26T05', '10-27T10', undefined]
  const numbers = [1, 5, -7, 9, 3, 12]
  const documents = numbers.map((n, at) => ({ n, t: times[at] && `2026-${times[at]}:00:00Z` }))
  table = await tableOf(documents as JsonRecord[], { n: 'long', t: 'date' })
})
afterAll(() => table.close())

async function keysOf(histogram: JsonRecord): Promise<unknown[]> {
  const answer = await table.aggregations({ x: histogram })
  const { buckets } = answer['x'] as { buckets: JsonRecord[] }
  return buckets.map(({ key, key_as_string: text, doc_count: count }) => [
    typeof text === 'string' ? text.slice(0, 'yyyy-MM-ddTHH'.length) : key,
    count,
  ])
}

const months = { field: 't', calendar_interval: 'month', min_doc_count: 1 }
const hard = { min: '2026-03-29', max: '2026-10-26' }

test('hard_bounds of a date_histogram are rounded down to its interval', async () => {
  expect(await keysOf({ date_histogram: { ...months, hard_bounds: hard } })).toEqual([
    ['2026-03-01T00', 2],
  ])
  const weeks = { field: 't', fixed_interval: '7d', min_doc_count: 1 }
  expect(await keysOf({ date_histogram: { ...weeks, hard_bounds: hard } })).toEqual([
    ['2026-03-26T00', 1],
    ['2026-10-15T00', 1],
  ])
})

test('bounds of a date_histogram are rounded without its offset', async () => {
  const days = { field: 't', calendar_interval: 'day', offset: '2h' }
  const bounds = { min: '2026-03-20', max: '2026-10-28' }
  const found = await keysOf({ date_histogram: { ...days, extended_bounds: bounds } })
  expect(found[0]).toEqual(['2026-03-20T02', 0])
  expect(found.at(-1)).toEqual(['2026-10-28T02', 0])
  const hardly = { ...days, min_doc_count: 1, hard_bounds: { max: '2026-03-30T12:00:00Z' } }
  expect(await keysOf({ date_histogram: hardly })).toEqual([['2026-03-24T02', 1]])
})

test('hard_bounds of a histogram are of keys without the offset', async () => {
  const fives = { field: 'n', interval: 5, offset: 2, hard_bounds: { min: 0, max: 5 } }
  expect(await keysOf({ histogram: fives })).toEqual([
    [2, 2],
    [7, 1],
  ])
})

test('extended bounds outside the hard ones are refused', async () => {
  const words = 'Extended bounds have to be inside hard bounds'
  const wide = { min: '2026-02-01', max: '2026-10-26' }
  const dates = { ...months, hard_bounds: hard, extended_bounds: wide }
  await expect(keysOf({ date_histogram: dates })).rejects.toThrow(words)
  const edges = { hard_bounds: { max: 5 }, extended_bounds: { min: 0, max: 6 } }
  await expect(keysOf({ histogram: { field: 'n', interval: 5, ...edges } })).rejects.toThrow(words)
})
