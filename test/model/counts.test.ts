/** Histograms that are answered from counts, beside segments or made by one scan, say what scans of rows say. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { segmentAnswerer } from '../../store/embedded/segment_answerer.ts'
import type { JsonRecord } from '../../store/search.ts'
import { inProcess, openStore, type TestStore } from '../store/embedded/setup.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 40)
const stream = 'logs-a-default'
const baseMs = Date.parse('2026-11-21T10:58:30Z')

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const levels = ['info', 'warn', '', null, ['error', 'info'], 3]
/** Of which rows with a level can be grouped. */
const plainLevels = ['info', 'warn', null]
const lineOf = (of: typeof levels) =>
  fc
    .record({ ms: fc.integer({ min: 0, max: 400_000 }), level: fc.constantFrom(...of) })
    .map(({ ms, level }) => {
      const time = new Date(baseMs + ms).toISOString()
      return `${JSON.stringify({ '@timestamp': time, ...(level !== null && { log: { level } }) })}\n`
    })
/** Lines of a segment each. */
const segments = fc.constantFrom(levels, plainLevels, [3, null]).chain((of) =>
  fc.array(fc.array(lineOf(of), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  }),
)

const time = fc
  .integer({ min: -60_000, max: 460_000 })
  .map((ms) => new Date(baseMs + ms - ((baseMs + ms) % 15_000)).toISOString())
const query: fc.Arbitrary<JsonRecord> = fc.oneof(
  fc.constant({ match_all: {} }),
  fc.record({
    bool: fc.record({
      filter: fc
        .record({ gte: time, lte: time }, { requiredKeys: [] })
        .map((range) => [{ range: { '@timestamp': range } }]),
    }),
  }),
)
const byLevel = fc
  .record({ size: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: [] })
  .map((options) => ({ terms: { field: 'log.level', ...options } }))
const byTime = fc
  .record(
    {
      fixed_interval: fc.constantFrom('1m', '2m', '3m', '5m', '1h', '30s', '90s'),
      min_doc_count: fc.constantFrom(0, 1, 2),
      offset: fc.constantFrom('+30s', '1m', '-2m'),
      time_zone: fc.constantFrom('+02:00', '-00:31', 'Europe/Berlin'),
      keyed: fc.boolean(),
      extended_bounds: fc.constant({ min: '2026-11-21T10:50:00Z', max: '2026-11-21T11:10:00Z' }),
    },
    { requiredKeys: ['fixed_interval'] },
  )
  .map((options) => ({ date_histogram: { field: '@timestamp', ...options } }))
const aggregations = fc.oneof(
  byTime.map((t) => ({ t })),
  byLevel.map((l) => ({ l })),
  fc.tuple(byTime, byLevel).map(([t, l]) => ({ t: { ...t, aggs: { l } } })),
  fc.tuple(byTime, byLevel).map(([t, l]) => ({ t, l: { ...l, aggs: { t } } })),
)

async function asked(body: JsonRecord): Promise<JsonRecord> {
  const { aggregations: groups, hits } = await store!.engine.search(
    stream,
    body,
    {},
    AbortSignal.timeout(10_000),
  )
  return { groups: groups!, total: (hits as { total: JsonRecord }).total }
}

/** A condition that holds always, and that no counts are kept of. */
const scanned = (of: JsonRecord): JsonRecord => ({
  bool: { must: [of], must_not: [{ match_none: {} }] },
})

test('a histogram from counts is one from rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      segments,
      fc.array(fc.record({ query, aggs: aggregations }), { minLength: 5, maxLength: 5 }),
      async (all, bodies) => {
        store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
        try {
          for (const lines of all) {
            const bytes = Buffer.from(lines.join(''))
            await store.append({ stream, tag: 'a', bytes, count: lines.length })
            await store.engine.refresh()
          }
          for (const { query: of, aggs } of bodies) {
            const body = { size: 0, track_total_hits: true, query: of, aggs: aggs as JsonRecord }
            const filtered = { ...body, query: scanned(of) }
            // Who wants documents, too, is answered from each row.
            const expected = await asked({ ...filtered, size: 1 })
            expect(await asked(body)).toEqual(expected)
            expect(await asked(filtered)).toEqual(expected)
          }
        } finally {
          await store.close()
          store = undefined
        }
      },
    ),
    { numRuns: runs },
  )
})
