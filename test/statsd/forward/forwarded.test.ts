import { expect, test } from 'vitest'
import { Forwarded, type JournalPiece } from '../../../statsd/forward/forwarded.ts'
import { fakeContext } from '../../collector/fake_world.ts'
import { Edge, limits } from './edges.ts'

const begin = Date.parse('2026-11-21T10:17:30.000Z')
const segment = '01JD0000000000000000000000'
const nothing = () => []

/** A piece with one counter, at a place of the journal. */
function pieceOf(ordinal: number, sum = 1): JournalPiece {
  const lines = [
    { '@timestamp': '2026-11-21T10:17:30.000Z', instance: segment, flush: 1, piece: 0 },
    { '@timestamp': '2026-11-21T10:17:30.000Z', series: 'a', type: 'counter', sum, count: 1 },
  ]
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return { segment, ordinal, count: 2, bytes }
}
const forwarded = (last?: { segment: string; ordinal: number }) =>
  new Forwarded(limits, last, fakeContext())
const swap = () => new Edge(9).swap(begin)

test('a piece is merged into the next flush, and said to be once that is durable', async () => {
  const waiting = forwarded()
  let settled = false
  const brought = waiting.bring(pieceOf(0, 5)).then(() => (settled = true))
  const merged = waiting.mergeInto(swap(), nothing)
  expect(merged.tables.counter.sums[0]).toBe(5)
  expect(merged.positions).toEqual({ 'statsd.merged': { segment, ordinal: 2 } })
  expect(settled).toBe(false)
  merged.settle()
  await brought
  expect(waiting.waiting).toBe(0)
})

test('one that is brought again waits for the same flush, and is not merged twice', async () => {
  const waiting = forwarded()
  const both = [waiting.bring(pieceOf(0)), waiting.bring(pieceOf(0))]
  const merged = waiting.mergeInto(swap(), nothing)
  expect(merged.tables.counter.sums[0]).toBe(1)
  merged.settle()
  await Promise.all(both)
  await waiting.bring(pieceOf(0))
  expect(waiting.mergeInto(swap(), nothing).positions).toEqual({})
})

test('what a flush before the restart has is not merged again', async () => {
  const waiting = forwarded({ segment, ordinal: 4 })
  await waiting.bring(pieceOf(0))
  await waiting.bring(pieceOf(2))
  void waiting.bring(pieceOf(4, 7))
  expect(waiting.mergeInto(swap(), nothing).tables.counter.sums[0]).toBe(7)
})

test('a flush that is lost leaves its pieces to be brought again', async () => {
  const waiting = forwarded()
  const brought = waiting.bring(pieceOf(0, 3))
  waiting.mergeInto(swap(), nothing).settle(new Error('the journal is closed'))
  await expect(brought).rejects.toThrow('the journal is closed')
  void waiting.bring(pieceOf(0, 3))
  expect(waiting.mergeInto(swap(), nothing).tables.counter.sums[0]).toBe(3)
})

test('tables pass as they are while nothing was ever handed over', () => {
  const tables = swap()
  expect(forwarded().mergeInto(tables, nothing).tables).toBe(tables)
})
