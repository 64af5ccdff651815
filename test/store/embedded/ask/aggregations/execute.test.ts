import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonRecord } from '../../../../../store/search.ts'
import {
  aggregate,
  looksBeyondQuery,
} from '../../../../../store/embedded/ask/aggregations/execute.ts'
import { parseAggregations } from '../../../../../store/embedded/ask/aggregations/parse.ts'
import { verbatim } from '../../../../../store/embedded/sql.ts'
import { tableOf, type Table } from './table.ts'

const documents: JsonRecord[] = [
  { v: 1, k: 'a1', t: '2026-11-21T10:00:00Z', m: [1, 2], ip: '10.0.0.9' },
  { v: 2, k: 'a0', t: '2026-11-22T10:00:00Z', m: [2, 3], ip: '10.0.0.10' },
  { v: 3, k: 'a1', t: '2026-11-23T10:00:00Z', m: [3, 3], ip: '2001:db8::1' },
  { v: 4, k: 'a0', t: '2026-11-24T10:00:00Z', m: [], ip: '::1' },
  { v: 5, k: 'a1', t: '2026-11-25T10:00:00Z' },
  { v: 10, k: 'a0', t: '2026-11-21T11:00:00Z' },
  { k: 'z' },
]

let table: Table
beforeAll(async () => {
  const types = { v: 'double', k: 'keyword', t: 'date', m: 'long[]', ip: 'ip', text: 'text' }
  table = await tableOf(documents, types)
})
afterAll(() => table.close())

const refusals: readonly (readonly [JsonRecord, string])[] = [
  [
    { x: { avg: { field: 'k' } } },
    'Field [k] of type [keyword] is not supported for aggregation [avg]',
  ],
  [{ x: { terms: { field: 'text' } } }, 'Text fields are not optimised'],
  [{ x: { terms: { field: 'k', order: { zz: 'asc' } } } }, 'Invalid aggregation order path [zz]'],
  [
    { x: { terms: { field: 'k', order: { s: 'asc' } }, aggs: { s: { stats: { field: 'v' } } } } },
    'has no single value',
  ],
  [{ x: { terms: { field: 'v', include: 'a.*' } } }, 'can only be applied to string fields'],
  [{ x: { top_hits: {} } }, '[top_hits] is not supported here'],
]
test.each(refusals)('refuses %j', async (aggs, words) => {
  await expect(table.aggregations(aggs)).rejects.toThrow(words)
})

test('more buckets than there may be are refused before they are made', async () => {
  const bounds = { min: '2020-01-01', max: '2026-01-01' }
  const aggs = {
    x: { date_histogram: { field: 't', fixed_interval: '1s', extended_bounds: bounds } },
  }
  await expect(table.aggregations(aggs)).rejects.toMatchObject({
    type: 'too_many_buckets_exception',
    status: 400,
    details: { max_buckets: 65_536 },
  })
})

test('documents of terms below min_doc_count are among the others, but for the first shard_size', async () => {
  const terms = { field: 'k', size: 1, min_doc_count: 2 }
  const of = async (more: JsonRecord) => {
    const { whole, parts } = await table.aggregations({
      whole: { terms: { ...terms, ...more } },
      parts: {
        histogram: { field: 'v', interval: 3 },
        aggs: { part: { terms: { ...terms, ...more } } },
      },
    })
    const { part } = (parts as { buckets: JsonRecord[] }).buckets[1]!
    return [whole, part] as JsonRecord[]
  }
  const best = [[{ key: 'a0', doc_count: 3 }], [{ key: 'a1', doc_count: 2 }]]
  const looked = await of({})
  expect(looked.map(({ buckets }) => buckets)).toEqual(best)
  expect(looked.map(({ sum_other_doc_count: others }) => others)).toEqual([3, 0])
  const few = await of({ shard_size: 1 })
  expect(few.map(({ buckets }) => buckets)).toEqual(best)
  expect(few.map(({ sum_other_doc_count: others }) => others)).toEqual([4, 1])
})

test('quantiles lie between the two nearest values, as in Elasticsearch 8.19', async () => {
  const percents = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100]
  const answered = await table.aggregations({
    p: { percentiles: { field: 'v', percents } },
    m: { median_absolute_deviation: { field: 'v' } },
    r: { percentile_ranks: { field: 'v', values: [0, 1, 3, 4.5, 11] } },
  })
  const { p, m, r } = answered as Record<string, { values: Record<string, number>; value: number }>
  expect(Object.values(p!.values).map((value) => Number(value.toFixed(6)))).toEqual([
    1, 1.05, 1.25, 1.5, 2.25, 3.5, 4.75, 7.5, 8.75, 9.75, 10,
  ])
  expect(m!.value).toBe(1.5)
  expect(Object.values(r!.values).map((value) => Number(value.toFixed(2)))).toEqual([
    0, 8.33, 41.67, 66.67, 100,
  ])
})

test('addresses are in the order of their bytes', async () => {
  const aggs = { x: { terms: { field: 'ip', order: { _key: 'asc' } } } }
  const { x } = (await table.aggregations(aggs)) as { x: { buckets: { key: string }[] } }
  expect(x.buckets.map(({ key }) => key)).toEqual(['::1', '10.0.0.9', '10.0.0.10', '2001:db8::1'])
})

test('what is inside a bucket is of its documents alone', async () => {
  const aggs = {
    x: {
      terms: { field: 'k', size: 1 },
      aggs: { t: { terms: { field: 'm' } }, f: { filter: { range: { v: { gt: 2 } } } } },
    },
  }
  expect(await table.aggregations(aggs)).toEqual({
    x: {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 4,
      buckets: [
        {
          key: 'a0',
          doc_count: 3,
          t: {
            doc_count_error_upper_bound: 0,
            sum_other_doc_count: 0,
            buckets: [
              { key: 2, doc_count: 1 },
              { key: 3, doc_count: 1 },
            ],
          },
          f: { doc_count: 2 },
        },
      ],
    },
  })
})

test('top_hits asks for the documents of each bucket', async () => {
  const counts: number[] = []
  await table.aggregations(
    { x: { terms: { field: 'k' }, aggs: { h: { top_hits: { size: 1, sort: [{ v: 'desc' }] } } } } },
    { match_all: {} },
    {
      async hits(asked, body) {
        expect(body).toEqual({ from: 0, size: 1, sort: [{ v: 'desc' }] })
        const { text, values } = asked.from
        const where = asked.where
        const query = {
          text: `select count(*) as n from ${text} where ${where.text}`,
          values: [...values, ...where.values],
        }
        const [row] = await asked.database.rows(query, asked.deadline)
        counts.push(Number(row!.n))
        return {}
      },
    },
  )
  expect(counts).toEqual([3, 3, 1])
})

test('pages of a composite follow each other', async () => {
  const sources = [
    { k: { terms: { field: 'k' } } },
    { m: { terms: { field: 'm', missing_bucket: true } } },
  ]
  const keys: unknown[] = []
  for (let after: JsonRecord | undefined = {}; after;) {
    const page: JsonRecord = { size: 2, sources, ...(Object.keys(after).length > 0 && { after }) }
    const answered = await table.aggregations({ x: { composite: page } })
    const x = answered.x as { after_key?: JsonRecord; buckets: { key: JsonRecord }[] }
    keys.push(...x.buckets.map(({ key }) => `${key.k} ${key.m}`))
    after = x.after_key
  }
  expect(keys).toEqual(['a0 null', 'a0 2', 'a0 3', 'a1 null', 'a1 1', 'a1 2', 'a1 3', 'z null'])
})

test.each([
  ['first', 'asc', 'null 1 2 3'],
  ['last', 'asc', '1 2 3 null'],
  ['first', 'desc', 'null 3 2 1'],
  ['last', 'desc', '3 2 1 null'],
  ['default', 'desc', '3 2 1 null'],
])('what is missing comes %s, with values %s', async (missing_order, order, expected) => {
  const m = { terms: { field: 'm', missing_bucket: true, missing_order, order } }
  const keys: unknown[] = []
  for (let after: JsonRecord | undefined = {}; after;) {
    const page = { size: 1, sources: [{ m }], ...(Object.keys(after).length > 0 && { after }) }
    const answered = await table.aggregations({ x: { composite: page } })
    const x = answered.x as { after_key?: JsonRecord; buckets: { key: JsonRecord }[] }
    keys.push(...x.buckets.map(({ key }) => key.m))
    after = x.after_key
  }
  expect(keys.map(String).join(' ')).toBe(expected)
})

const pairs = [{ k: { terms: { field: 'k' } } }, { m: { terms: { field: 'm' } } }]
test.each<[string, JsonRecord]>([
  ['composite', { composite: { sources: pairs } }],
  [
    'multi_terms',
    { multi_terms: { terms: [{ field: 'k' }, { field: 'm' }], order: { _key: 'asc' } } },
  ],
])('buckets of %s have buckets of their own', async (_, parent) => {
  const v = { terms: { field: 'v', order: { _key: 'asc' } } }
  const both = { multi_terms: { terms: [{ field: 'k' }, { field: 'v' }] }, aggs: { v } }
  const t = { auto_date_histogram: { field: 't', buckets: 3 }, aggs: { v } }
  const { x } = await table.aggregations({ x: { ...parent, aggs: { v, both, t } } })
  const shown = bucketsOf(x).map((pair) => {
    const values = (inside: unknown) => bucketsOf(inside).map(({ key }) => key)
    const further = [pair.both, pair.t].map((each) =>
      bucketsOf(each).flatMap((one) => values(one.v)),
    )
    return [Object.values(pair.key as JsonRecord), values(pair.v), ...further].join(' ')
  })
  expect(shown).toEqual(['a0,2 2 2 2', 'a0,3 2 2 2', 'a1,1 1 1 1', 'a1,2 1 1 1', 'a1,3 3 3 3'])
})
const bucketsOf = (answer: unknown) => (answer as { buckets: JsonRecord[] }).buckets

test.each([
  ['Europe/Berlin', { calendar_interval: 'day', format: 'yyyy-MM-dd' }],
  ['America/New_York', { calendar_interval: 'day', format: 'yyyy-MM-dd' }],
  // Clocks show 02:00 twice on 25 October in Berlin, 01:00 twice on 1 November in New York.
  ['Europe/Berlin', { fixed_interval: '1h', format: 'yyyy-MM-dd HH:mm' }],
  ['America/New_York', { fixed_interval: '1h', format: 'yyyy-MM-dd HH:mm' }],
  ['America/New_York', { fixed_interval: '1h', format: 'yyyy-MM' }],
])('pages of a composite have each time in %s once: %j', async (time_zone, date_histogram) => {
  const hours = ['2026-10-24T22:00:00Z', '2026-11-01T03:00:00Z'].flatMap((start) =>
    Array.from({ length: 5 }, (_, at) => ({
      t: new Date(Date.parse(start) + at * 3_600_000).toISOString(),
    })),
  )
  const clocks = await tableOf(hours, { t: 'date' })
  const d = (order: string) => ({
    t: { date_histogram: { field: 't', time_zone, order, ...date_histogram } },
  })
  for (const order of ['asc', 'desc']) {
    const whole = await clocks.aggregations({ x: { composite: { size: 20, sources: [d(order)] } } })
    const found: JsonRecord[] = []
    for (let after: unknown; found.length <= hours.length;) {
      const page = {
        size: 1,
        sources: [d(order)],
        ...(after !== undefined && { after }),
      } as JsonRecord
      const { x } = await clocks.aggregations({ x: { composite: page } })
      after = (x as JsonRecord).after_key
      if (after === undefined) break
      found.push(...bucketsOf(x))
    }
    expect(found).toEqual(bucketsOf(whole.x))
  }
  clocks.close()
})

test.each([
  [{ terms: { field: 't' } }, 'now', 'For input string: "now"'],
  [{ terms: { field: 't' } }, '2026-11-20', 'For input string: "2026-11-20"'],
  [{ date_histogram: { field: 't', fixed_interval: '1d' } }, true, 'For input string: "true"'],
  [
    { date_histogram: { field: 't', fixed_interval: '1d', format: 'yyyy-MM-dd' } },
    'now-1d/d',
    'now() is not supported in [after] key',
  ],
])('a page of %j does not begin after %j', async (source, after, reason) => {
  const page = { sources: [{ t: source }], after: { t: after } }
  await expect(table.aggregations({ x: { composite: page } })).rejects.toThrow(reason)
})

test('a page of dates begins after milliseconds, also as text', async () => {
  const page = { sources: [{ t: { terms: { field: 't' } } }] }
  const of = async (more: JsonRecord) =>
    bucketsOf((await table.aggregations({ x: { composite: { ...page, ...more } } })).x)
  const [first, ...rest] = await of({})
  const { t } = first!.key as { t: number }
  expect(await of({ after: { t } })).toEqual(rest)
  expect(await of({ after: { t: String(t) } })).toEqual(rest)
})

test('each parent has an automatic interval of its own', async () => {
  const inner = { d: { auto_date_histogram: { field: 't', buckets: 3 } } }
  const aggs = { x: { terms: { field: 'k' }, aggs: inner } }
  const { x } = (await table.aggregations(aggs)) as unknown as {
    x: { buckets: { key: string; d: { interval: string; buckets: JsonRecord[] } }[] }
  }
  const shown = x.buckets.map(({ key, d }) => [
    key,
    d.interval,
    d.buckets.map((each) => each.doc_count),
  ])
  expect(shown).toEqual([
    ['a0', '7d', [3]],
    ['a1', '7d', [3]],
    ['z', '1s', []],
  ])
  const one = await table.aggregations({
    x: { filter: { range: { v: { lte: 1 } } }, aggs: inner },
  })
  expect(one.x).toMatchObject({ d: { interval: '1s', buckets: [{ doc_count: 1 }] } })
})

test('which answers depend on more than what the query finds', () => {
  const looks = (aggs: JsonRecord) => looksBeyondQuery(parseAggregations(aggs))
  expect(looks({ x: { terms: { field: 'k' }, aggs: { y: { avg: { field: 'v' } } } } })).toBe(false)
  expect(looks({ x: { global: {} } })).toBe(true)
  expect(
    looks({
      x: { filter: { match_all: {} }, aggs: { y: { terms: { field: 'k', min_doc_count: 0 } } } },
    }),
  ).toBe(true)
})

test('quantiles of very many rows are estimated', async () => {
  const rows = verbatim('(select i::DOUBLE as v from range(2000100) r(i))')
  const parsed = parseAggregations({
    p: { percentiles: { field: 'v', percents: [50, 95] } },
    m: { median_absolute_deviation: { field: 'v' } },
  })
  const { p, m } = (await aggregate(parsed, { ...table.asked, from: rows })) as unknown as {
    p: { values: Record<string, number> }
    m: { value: number }
  }
  expect(Math.abs(m.value / 500_025 - 1)).toBeLessThan(0.01)
  expect(Math.abs(p.values['50.0']! / 1_000_050 - 1)).toBeLessThan(0.01)
  expect(Math.abs(p.values['95.0']! / 1_900_095 - 1)).toBeLessThan(0.01)
})

test('every number of extended_stats_bucket has its text, and a NaN is one', async () => {
  const spreadOf = async (query: JsonRecord) => {
    const { s, x } = await table.aggregations(
      {
        h: {
          histogram: { field: 'v', interval: 1, min_doc_count: 1 },
          aggs: { m: { max: { field: 'v' } } },
        },
        s: { extended_stats_bucket: { buckets_path: 'h>m', format: '0.0' } },
        x: { extended_stats: { field: 'v', format: '0.0' } },
      },
      query,
    )
    return [s, x] as [JsonRecord, JsonRecord]
  }
  const [several, same] = await spreadOf({ range: { v: { lte: 3 } } })
  expect(several).toEqual(same)
  expect(several).toMatchObject({
    sum_of_squares_as_string: '14.0',
    variance_population_as_string: '0.7',
    std_deviation_sampling_as_string: '1.0',
    std_deviation_bounds_as_string: { upper: '3.6', lower_sampling: '0.0' },
  })
  const [one, single] = await spreadOf({ term: { v: 5 } })
  expect(one).toEqual(single)
  expect(one).toMatchObject({
    variance_as_string: '0.0',
    variance_sampling_as_string: 'NaN',
    std_deviation_bounds_as_string: { upper: '5.0', upper_sampling: 'NaN' },
  })
  const [none] = await spreadOf({ term: { v: 77 } })
  expect(Object.keys(none).filter((name) => name.endsWith('_as_string'))).toEqual([])
})

test('keys of a date_histogram are whole milliseconds in far years, too', async () => {
  const far = await tableOf([{ t: '9999-12-31T23:59:59.999Z' }], { t: 'date' })
  const every = { field: 't', fixed_interval: '7ms' }
  const sources = [{ d: { date_histogram: every } }]
  const answer = await far.aggregations({
    x: { date_histogram: { ...every, offset: '3ms' } },
    c: { composite: { sources } },
  })
  far.close()
  expect(answer).toMatchObject({
    x: { buckets: [{ key: 253_402_300_799_994 }] },
    c: { buckets: [{ key: { d: 253_402_300_799_998 } }] },
  })
})
