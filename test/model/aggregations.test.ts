/** Terms, date histograms and metrics of random documents, against JavaScript that counts one by one. */
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonRecord } from '../../store/search.ts'
import { tableOf } from '../store/embedded/ask/aggregations/table.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 60)
const types = { k: 'keyword', tags: 'keyword[]', n: 'long', t: 'date' }

const documents = fc.array(
  fc.record(
    {
      k: fc.constantFrom('a', 'b', 'ä', '\u{1F600}', '', "x'y", '"'),
      tags: fc.array(fc.constantFrom('p', 'q', 'r'), { maxLength: 4 }),
      n: fc.integer({ min: -50, max: 50 }),
      t: fc
        .integer({ min: -4_000_000_000, max: 4_000_000_000 })
        .map((ms) => new Date(ms).toISOString()),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 60 },
)
type Document = Partial<{ k: string; tags: string[]; n: number; t: string }>

test('a tree of buckets and metrics is what counting gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(1, 7, 24, 100),
      async (given, size, hours) => {
        const table = await tableOf(given as JsonRecord[], types)
        try {
          const answered = await table.aggregations({
            tags: {
              terms: { field: 'tags', size },
              aggs: {
                s: { stats: { field: 'n' } },
                t: {
                  date_histogram: { field: 't', fixed_interval: `${hours}h`, min_doc_count: 1 },
                },
                k: { terms: { field: 'k', size: 2, order: { _key: 'desc' } } },
              },
            },
          })
          expect(answered).toEqual({ tags: expected(given, size, hours * 3_600_000) })
        } finally {
          table.close()
        }
      },
    ),
    { numRuns },
  )
})

function expected(given: readonly Document[], size: number, intervalMs: number) {
  const byTag = grouped(given, ({ tags = [] }) => tags)
  const ordered = [...byTag].toSorted(
    ([a, left], [b, right]) => right.length - left.length || bytes(a, b),
  )
  return {
    doc_count_error_upper_bound: 0,
    sum_other_doc_count: counted(ordered.slice(size)),
    buckets: ordered.slice(0, size).map(([key, inside]) => ({
      key,
      doc_count: inside.length,
      s: stats(inside.flatMap(({ n }) => (n === undefined ? [] : [n]))),
      t: histogram(inside, intervalMs),
      k: byKey(inside),
    })),
  }
}

function histogram(given: readonly Document[], intervalMs: number) {
  const groups = grouped(given, ({ t }) =>
    t === undefined ? [] : [Math.floor(Date.parse(t) / intervalMs) * intervalMs],
  )
  return {
    buckets: [...groups]
      .toSorted(([a], [b]) => a - b)
      .map(([key, { length }]) => ({
        key_as_string: new Date(key).toISOString(),
        key,
        doc_count: length,
      })),
  }
}

function byKey(given: readonly Document[]) {
  const groups = [...grouped(given, ({ k }) => (k === undefined ? [] : [k]))]
  const ordered = groups.toSorted(([a], [b]) => bytes(b, a))
  return {
    doc_count_error_upper_bound: 0,
    sum_other_doc_count: counted(ordered.slice(2)),
    buckets: ordered.slice(0, 2).map(([key, { length }]) => ({ key, doc_count: length })),
  }
}

function stats(values: readonly number[]) {
  const [count, sum] = [values.length, values.reduce((a, b) => a + b, 0)]
  if (count === 0) return { count, min: null, max: null, avg: null, sum }
  return { count, min: Math.min(...values), max: Math.max(...values), avg: sum / count, sum }
}

function grouped<Key>(given: readonly Document[], keys: (document: Document) => readonly Key[]) {
  const groups = new Map<Key, Document[]>()
  for (const document of given) {
    for (const key of new Set(keys(document))) {
      groups.set(key, [...(groups.get(key) ?? []), document])
    }
  }
  return groups
}

const counted = (groups: readonly (readonly [unknown, readonly Document[]])[]) =>
  groups.reduce((sum, [, { length }]) => sum + length, 0)
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
