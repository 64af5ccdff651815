/** Bounds of time: of segments within them no time is compared, of those across them each is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { segmentAnswerer } from '../../../store/embedded/segment_answerer.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { inProcess, openStore, type TestStore } from './setup.ts'

const stream = 'logs-a-default'
const baseMs = Date.parse('2026-11-21T10:00:00Z')
/** Seconds of the documents of each segment; null for none. */
const segments = [[0, 1, 2, 3], [3, 5, 9], [10, 11, 12], [null, 7], [null]]
const iso = (second: number) => new Date(baseMs + second * 1000).toISOString()

let store: TestStore
beforeAll(async () => {
  store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
  let seq = 0
  for (const seconds of segments) {
    const lines = seconds.map((second) => {
      seq += 1
      const head = `{"@timestamp":"${iso(second ?? 0)}","@es":{"id":"i${seq}","seq":${seq},"op":"index"`
      const source = second === null ? { n: -1 } : { '@timestamp': iso(second), n: second }
      return `${head}${second === null ? ',"no_time":true' : ''}},"source":${JSON.stringify(source)}}\n`
    })
    const bytes = Buffer.from(lines.join(''))
    await store.append({ stream, tag: 'es documents', bytes, count: lines.length })
    await store.engine.refresh()
  }
})
afterAll(() => store.close())

const timed = segments.flat().filter((second) => second !== null)
const range = (bounds: JsonRecord) => ({ range: { '@timestamp': bounds } })

test.each([
  ['all', range({ gte: iso(0), lte: iso(12) }), () => true],
  ['from within a segment on', range({ gte: iso(2) }), (at: number) => at >= 2],
  ['from a segment on', range({ gte: iso(10) }), (at: number) => at >= 10],
  ['up to one', range({ lt: iso(10) }), (at: number) => at < 10],
  ['the end of one alone', range({ gt: iso(2), lte: iso(3) }), (at: number) => at === 3],
  ['bounds in two conditions', bool(range({ gte: iso(1) }), range({ lt: iso(5) })), between(1, 5)],
  ['bounds in a choice', should(range({ lt: iso(1) }), range({ gte: iso(11) })), outside(1, 11)],
  ['far away', range({ gte: iso(-1e12), lte: iso(1e9) }), () => true],
  ['no bounds', range({}), () => true],
] as const)('%s', async (_, query, fits) => {
  const expected = timed.filter(fits).toSorted((a, b) => b - a)
  const asked = { query, size: 100, sort: [{ '@timestamp': 'desc' }], track_total_hits: true }
  const answer = await store.engine.search(stream, asked, {}, AbortSignal.timeout(10_000))
  const { hits, total } = answer['hits'] as unknown as {
    hits: { _source: { n: number } }[]
    total: { value: number }
  }
  expect(hits.map(({ _source }) => _source.n)).toEqual(expected)
  expect(total.value).toBe(expected.length)
  // Sorted by something else, and negated.
  const other: JsonRecord = { query: { bool: { must_not: [query] } }, size: 0 }
  const rest = await store.engine.search(stream, other, {}, AbortSignal.timeout(10_000))
  const all = segments.flat().length
  expect(rest).toMatchObject({ hits: { total: { value: all - expected.length } } })
})

test('who looks at documents beyond the bounds counts none of them', async () => {
  const query = range({ gte: iso(2), lt: iso(10) })
  const aggs = { n: { terms: { field: 'n', min_doc_count: 0, size: 100 } } }
  const answer = await store.engine.search(
    stream,
    { query, aggs, size: 0, track_total_hits: true },
    {},
    AbortSignal.timeout(10_000),
  )
  const expected = timed.filter((at) => at >= 2 && at < 10)
  expect(answer).toMatchObject({ hits: { total: { value: expected.length } } })
  const { n } = answer['aggregations'] as unknown as { n: { buckets: { doc_count: number }[] } }
  expect(n.buckets.reduce((sum, { doc_count: count }) => sum + count, 0)).toBe(expected.length)
  expect(n.buckets.length).toBeGreaterThan(new Set(expected).size)
})

function bool(...filter: JsonRecord[]): JsonRecord {
  return { bool: { filter } }
}
function should(...choices: JsonRecord[]): JsonRecord {
  return { bool: { should: choices } }
}
function between(from: number, to: number) {
  return (at: number) => at >= from && at < to
}
function outside(from: number, to: number) {
  return (at: number) => at < from || at >= to
}
