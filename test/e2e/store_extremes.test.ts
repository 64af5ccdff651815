/** Documents and questions as nobody should send them: each is answered or refused by a named limit, and nothing else suffers. LONG=1 sends a million distinct values. */
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newFolder } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

let folder: string
let weir: RunningWeir
beforeAll(async () => {
  folder = newFolder()
  const store = { retention: { age: '400000d' } }
  weir = await RunningWeir.start(folder, { http: { listen: '127.0.0.1:0' }, store })
})
afterAll(async () => {
  await weir.kill()
  rmSync(folder, { recursive: true })
})

interface Answer {
  readonly error?: { readonly type: string; readonly reason: string }
  readonly hits?: {
    readonly total: { readonly value: number }
    readonly hits: { _source: object }[]
  }
  readonly aggregations?: Readonly<Record<string, { buckets: object[]; value: number }>>
}

async function send(tag: string, events: readonly object[]): Promise<void> {
  const body = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const headers = { 'content-type': 'application/x-ndjson' }
  const reply = await fetch(`${weir.url}/in/${tag}`, { method: 'POST', headers, body })
  expect(await reply.json()).toMatchObject({ accepted: events.length })
}

async function ask(tag: string, body: object | string): Promise<Answer> {
  await fetch(`${weir.url}/es/_refresh`, { method: 'POST' })
  const reply = await fetch(`${weir.url}/es/logs-${tag}-default/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return (await reply.json()) as Answer
}
const found = async (tag: string, query: object) =>
  (await ask(tag, { query, size: 0, track_total_hits: true })).hits?.total.value
const text = (query: string) => ({ query_string: { query } })

test('20,000 names of fields', async () => {
  for (let from = 0; from < 20_000; from += 1_000) {
    const names = Array.from({ length: 1_000 }, (_, at) => [`field ${from + at}`, from + at])
    await send('names', [Object.fromEntries(names)])
  }
  expect(await found('names', { range: { 'field 7': { gte: 7 } } })).toBe(1)
  expect(await found('names', { match_all: {} })).toBe(20)
  // Beyond `store.max_fields` they stay in the event.
  const { hits } = await ask('names', { size: 20 })
  expect(JSON.stringify(hits)).toContain('"field 19999":19999')
})

test('one field as a text, a number and an object, and names of any kind', async () => {
  const odd = JSON.parse(
    '{"__proto__":{"x":"deep"},"a b":"space","c.d":"dot","🙂":"smile","":"empty"}',
  ) as object
  await send('kinds', [
    { f: 'text' },
    { f: 12 },
    { f: { g: true } },
    { f: [1, 'two', { g: 3 }] },
    odd,
  ])
  expect(await found('kinds', { term: { f: 'text' } })).toBe(1)
  expect(await found('kinds', { term: { f: '12' } })).toBe(1)
  expect(await found('kinds', { exists: { field: 'f.g' } })).toBe(2)
  for (const [field, value] of [
    ['__proto__.x', 'deep'],
    ['a b', 'space'],
    ['c.d', 'dot'],
    ['🙂', 'smile'],
  ]) {
    expect(await found('kinds', { term: { [field!]: value } }), field).toBe(1)
  }
})

test('events years early and late are found by their times, and ruin no others', async () => {
  const times = ['0001-01-01T00:00:00Z', '1969-07-20T20:17:40Z', '9999-12-31T23:59:59Z']
  await send('times', [...times.map((time) => ({ '@timestamp': time })), { now: true }])
  for (const time of times) {
    expect(await found('times', { range: { '@timestamp': { gte: time, lte: time } } }), time).toBe(
      1,
    )
  }
  const recent = { range: { '@timestamp': { gte: 'now-1h', lte: 'now+1h' } } }
  expect(await found('times', recent)).toBe(1)
  const years = {
    date_histogram: { field: '@timestamp', calendar_interval: 'year', min_doc_count: 1 },
  }
  const { aggregations } = await ask('times', { size: 0, aggs: { years } })
  expect(aggregations?.['years']?.buckets.length).toBe(4)
  const seconds = { date_histogram: { field: '@timestamp', fixed_interval: '1s' } }
  expect((await ask('times', { size: 0, aggs: { seconds } })).error?.reason).toContain(
    'search.max_buckets',
  )
})

test('very many distinct values', async () => {
  const count = process.env['LONG'] ? 1_000_000 : 50_000
  for (let from = 0; from < count; from += 10_000) {
    await send(
      'values',
      Array.from({ length: 10_000 }, (_, at) => ({ id: `value ${from + at}` })),
    )
  }
  const size = 10
  const aggs = { top: { terms: { field: 'id', size } }, all: { cardinality: { field: 'id' } } }
  const { aggregations } = await ask('values', { size: 0, aggs })
  expect(aggregations?.['top']?.buckets.length).toBe(size)
  expect(Math.abs(aggregations!['all']!.value / count - 1)).toBeLessThan(0.05)
  const every = { every: { terms: { field: 'id', size: 1e6 } } }
  const refused = await ask('values', { size: 0, aggs: every })
  if (count > 65_536) expect(refused.error?.reason).toContain('store.limits.max_buckets')
  else expect(refused.aggregations?.['every']?.buckets.length).toBe(count)
})

const deep = (depth: number) =>
  `{"query":${'{"bool":{"must":['.repeat(depth)}{"match_all":{}}${']}}'.repeat(depth)}}`
const bucketed = (interval: string) => ({
  date_histogram: {
    field: '@timestamp',
    fixed_interval: interval,
    extended_bounds: { min: '2026-01-01', max: '2026-12-31' },
  },
})
test.each<[string, object | string, string]>([
  [
    'a text of more than 100 KB',
    { query: text('a '.repeat(60_000)) },
    'search.query.max_query_string_length',
  ],
  ['a query 500 deep', deep(500), 'indices.query.bool.max_nested_depth'],
  [
    'groups 5,000 deep',
    { query: text(`${'('.repeat(5_000)}a${')'.repeat(5_000)}`) },
    'nested deeper than 100',
  ],
  ['size: 1e9', { size: 1e9 }, 'index.max_result_window'],
  ['a million buckets', { size: 0, aggs: { a: bucketed('30s') } }, 'search.max_buckets'],
  [
    'a long regular expression',
    { query: { regexp: { message: 'a'.repeat(2_000) } } },
    'index.max_regex_length',
  ],
  [
    '70,000 terms',
    { query: { terms: { n: Array.from({ length: 70_000 }, (_, n) => n) } } },
    'index.max_terms_count',
  ],
  [
    '2,000 clauses',
    { query: text(Array.from({ length: 2_000 }, (_, n) => `w${n}`).join(' OR ')) },
    'store.limits.max_clauses',
  ],
])('%s is refused by a limit that has a name', async (_, body, name) => {
  const { error } = await ask('kinds', body)
  expect(error?.reason).toContain(name)
})

test('regular expressions that take others for ever are answered', async () => {
  await send('regexp', [{ word: 'a'.repeat(500) }, { word: `${'a'.repeat(500)}b` }])
  for (const value of ['(a+)+', '(a|aa)+', '(a*)*', '(a|a?)+']) {
    expect(await found('regexp', { regexp: { word: { value } } }), value).toBe(1)
  }
})

test('a text of 100 KB is asked for', async () => {
  const words = Array.from({ length: 1_000 }, (_, n) => `${'x'.repeat(90)}${n}`)
  expect(await found('kinds', text(`f:(${[...words, 'text'].join(' OR ')})`))).toBe(1)
})
