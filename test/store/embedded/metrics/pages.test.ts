import { describe, expect, test } from 'vitest'
import { BoundedCache } from '../../../../store/embedded/bounded_cache.ts'
import { pagesOf } from '../../../../store/embedded/metrics/point_pages.ts'

describe('pages of points', () => {
  const pages = (...rows: number[]) => {
    let from = 0
    const runs = rows.map((each) => ({ from, to: (from += each) }))
    return pagesOf(runs).map(({ from: start, to }) => [start, to])
  }

  test('a series of a day has one to itself', () => {
    expect(pages(8_640, 8_640, 360)).toEqual([
      [0, 8_640],
      [8_640, 17_280],
      [17_280, 17_640],
    ])
  })

  test('short ones share one, a long one has several', () => {
    expect(pages(500, 600, 200, 25_000, 10)).toEqual([
      [0, 1_100],
      [1_100, 1_300],
      [1_300, 9_633],
      [9_633, 17_967],
      [17_967, 26_300],
      [26_300, 26_310],
    ])
    expect(pages()).toEqual([])
  })
})

test('a cache keeps what was asked for last, as far as there is room', async () => {
  const cache = new BoundedCache<string, number>(10, (bytes) => bytes)
  const made: string[] = []
  const get = (key: string, bytes: number) =>
    cache.get(key, () => {
      made.push(key)
      return Promise.resolve(bytes)
    })
  for (const [key, bytes] of [
    ['a', 4],
    ['b', 4],
    ['a', 4],
    ['c', 4],
    ['a', 4],
    ['b', 4],
    ['large', 11],
    ['large', 11],
  ] as const)
    expect(await get(key, bytes)).toBe(bytes)
  expect(made).toEqual(['a', 'b', 'c', 'b', 'large', 'large'])
  expect(cache.bytes).toBe(8)
})
