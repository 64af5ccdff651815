import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encodeTokenFilter,
  readOf,
  TokenFilter,
  unitedHashes,
} from '../../../../store/embedded/segments/token_filter.ts'

const hash = fc.oneof(fc.nat(2_000), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const hashes = fc.uniqueArray(hash, { maxLength: 700 }).map((all) => Uint32Array.from(all).sort())

function filterOf(all: Uint32Array): TokenFilter {
  const bytes = encodeTokenFilter(all)
  return new TokenFilter(readOf(bytes), bytes.length)
}

test('a filter has what was put in and nothing else, and hashes of several are united', async () => {
  await fc.assert(
    fc.asyncProperty(hashes, hashes, async (one, other) => {
      const [filter, second] = [filterOf(one), filterOf(other)]
      const known = new Set(one)
      for (const each of [...one, ...other]) expect(filter.has(each)).toBe(known.has(each))
      expect([...filter.hashes()]).toEqual([...one])
      const united = [...new Set([...one, ...other])].toSorted((a, b) => a - b)
      expect([...(await unitedHashes([filter, second], async () => undefined))]).toEqual(united)
    }),
  )
})

test('a look reads no more than the directory and a block', () => {
  const all = Uint32Array.from({ length: 100_000 }, (_, n) => n * 977)
  const bytes = encodeTokenFilter(all)
  let read = 0
  const counting = (start: number, length: number) => {
    read += length
    return readOf(bytes)(start, length)
  }
  const filter = new TokenFilter(counting, bytes.length)
  const directory = read
  expect(filter.has(50_000 * 977)).toBe(true)
  expect(read - directory).toBeLessThan(1_000)
  expect(directory).toBeLessThan(bytes.length / 20)
})

test('one that is cut off is refused', () => {
  const bytes = encodeTokenFilter(Uint32Array.from({ length: 1_000 }, (_, n) => n * 3))
  for (const length of [5, 40, bytes.length - 1]) {
    const cut = readOf(bytes.subarray(0, length))
    expect(() => new TokenFilter(cut, bytes.length)).toThrow('cut off')
  }
})
