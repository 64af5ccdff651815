/** What is added up of segments' counts; test/model/counts.test.ts holds answers of it against scans. */
import { expect, test } from 'vitest'
import { MinuteSums } from '../../../../store/embedded/segments/minute_sums.ts'

const always = { from: -Infinity, to: Infinity }
const part = (segment: number, minutes: readonly number[], stream = 'a') => ({
  segment,
  stream,
  minutes,
  levels: minutes.map((minute) => (minute % 2 === 0 ? 'info' : '')),
  counts: minutes.map(() => 10),
})

test('a segment is read once; of a stream that is not asked for nothing is counted', () => {
  const parts = [part(1, [0, 1, 2, 11]), part(1, [0], 'b'), part(2, [2, -1, -2]), part(3, [500])]
  const read: number[][] = []
  const sums = new MinuteSums((segments) => {
    read.push([...segments])
    return parts.filter(({ segment }) => segments.includes(segment))
  })
  const inOrder = (...asked: Parameters<typeof sums.of>) =>
    sums.of(...asked).toSorted((a, b) => a.minute - b.minute || (a.level < b.level ? -1 : 1))
  expect(inOrder([1, 2], ['a'], always, 10)).toEqual([
    { minute: -2, level: 'info', count: 10 },
    { minute: -1, level: '', count: 10 },
    { minute: 0, level: 'info', count: 30 },
    { minute: 1, level: '', count: 10 },
    { minute: 11, level: '', count: 10 },
  ])
  expect(inOrder([2, 1, 3, 4], ['a', 'b'], { from: 0, to: 501 }, 1_000)).toEqual([
    { minute: 0, level: 'info', count: 50 },
    { minute: 1, level: '', count: 20 },
  ])
  expect(inOrder([4], ['a'], always, 1)).toEqual([])
  expect(read).toEqual([
    [1, 2],
    [3, 4],
  ])
})
