/** Values that their fields' types do not hold: they came where nothing checks them, and cost no question its answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aggregate } from '../../../../store/embedded/ask/aggregations/execute.ts'
import { parseAggregations } from '../../../../store/embedded/ask/aggregations/parse.ts'
import { fieldValues, wantedFields } from '../../../../store/embedded/ask/hit_fields.ts'
import { hitsOf } from '../../../../store/embedded/ask/hits.ts'
import { addressDigits, addressOf } from '../../../../store/embedded/ask/ip_values.ts'
import { askedOf } from '../../../../store/embedded/ask/question.ts'
import { sql } from '../../../../store/embedded/sql.ts'
import type { Field, Mapping } from '../../../../store/fields.ts'
import { queryOfBody } from '../../../../store/query/body/body.ts'
import { defaultSearchLimits } from '../../../../store/query/limits.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { documentsTable, type DocumentsTable } from '../documents_table.ts'

const documents: readonly JsonRecord[] = [
  { single: 1.5, half: 2, scaled: 1.25, seconds: 1767312000, ip: '10.0.0.9' },
  { single: 1e39, half: 70_000, scaled: 1e308, seconds: 999_999_999_999_999, ip: 'fe80::1%eth0' },
  { single: '-1e39', half: 1e39, scaled: '-1e308', seconds: 'x', ip: '::ffff:10.0.0.10' },
  { single: '1e400', half: '1e400', scaled: '1e400', seconds: '9'.repeat(15), ip: '999.1.1.1' },
  { ip: 'FE80::1' },
]
const types: Readonly<Record<string, Partial<Field>>> = {
  single: { type: 'float' },
  half: { type: 'half_float' },
  scaled: { type: 'scaled_float', scalingFactor: 100 },
  seconds: { type: 'date', format: 'epoch_second' },
  ip: { type: 'ip' },
}
const mapping: Mapping = {
  fields: Object.entries(types).map(([path, more]) => {
    return { path, source: path, type: 'keyword', indexed: true, ...more }
  }),
  dynamic: 'true',
  given: {},
}

let table: DocumentsTable
beforeAll(async () => {
  table = await documentsTable(documents.map((source) => ({ source })))
})
afterAll(() => table.close())

const deadline = new AbortController().signal
function asking(body: JsonRecord = { match_all: {} }) {
  const indices = [...table.shapes].map(([name, shapes]) => ({ name, shapes, mapping }))
  const { from, database } = table
  return askedOf({ indices, query: queryOfBody(body), from, database, deadline, nowMs: 0 })
}
const sorted = async (sort: JsonRecord[]) => {
  const { hits } = await hitsOf(asking(), { sort }, { query: { kind: 'all' } })
  return hits.map((hit) => (hit['sort'] as unknown[])[0])
}
const buckets = async (definition: JsonRecord) => {
  const aggregations = parseAggregations({ x: definition }, defaultSearchLimits)
  const { x } = (await aggregate(aggregations, asking())) as { x: { buckets: JsonRecord[] } }
  return x.buckets
}
const found = async (body: JsonRecord) => {
  const { hits } = await hitsOf(asking(body), { sort: ['_doc'] }, { query: queryOfBody(body) })
  return hits.map(({ _source }) => (_source as JsonRecord)['ip'])
}

test('numbers that are too large are no values', async () => {
  expect(await sorted([{ single: 'asc' }])).toEqual([1.5, null, null, null, null])
  expect(await sorted([{ half: 'asc' }])).toEqual([2, null, null, null, null])
  expect(await sorted([{ seconds: 'asc' }])).toEqual([1767312000000, null, null, null, null])
  expect(await buckets({ terms: { field: 'single' } })).toEqual([{ key: 1.5, doc_count: 1 }])
  expect(await found({ range: { half: { gt: 0 } } })).toEqual(['10.0.0.9'])
  expect(await found({ exists: { field: 'single' } })).toEqual(['10.0.0.9'])
})

test('scaled floats end where a long does', async () => {
  const most = 92233720368547760
  expect(await sorted([{ scaled: 'asc' }])).toEqual([-most, 1.25, most, null, null])
})

test('fields of hits leave out what is no value', () => {
  const wanted = wantedFields([...Object.keys(types).slice(0, 2), 'ip'], 'fields')
  const values = fieldValues(wanted, asking(), false)
  expect(documents.map(values)).toEqual([
    { single: [1.5], half: [2], ip: ['10.0.0.9'] },
    {},
    { ip: ['10.0.0.10'] },
    {},
    { ip: ['fe80::1'] },
  ])
})

test('a mapped address is that of IPv4, and what is none is not there', async () => {
  expect(await found({ term: { ip: '10.0.0.10' } })).toEqual(['::ffff:10.0.0.10'])
  expect(await found({ term: { ip: '10.0.0.0/24' } })).toEqual(['10.0.0.9', '::ffff:10.0.0.10'])
  expect(await found({ exists: { field: 'ip' } })).toHaveLength(3)
  expect(await sorted([{ ip: 'desc' }])).toEqual(['fe80::1', '10.0.0.10', '10.0.0.9', null, null])
  await expect(found({ term: { ip: 'fe80::1%eth0' } })).rejects.toThrow('not an IP string literal')
  const terms = await buckets({ terms: { field: 'ip', order: { _key: 'asc' } } })
  expect(terms.map(({ key }) => key)).toEqual(['10.0.0.9', '10.0.0.10', 'fe80::1'])
})

test('composite is in the order of addresses, page by page', async () => {
  const sources = [{ a: { terms: { field: 'ip' } } }]
  const first = await buckets({ composite: { size: 1, sources } })
  expect(first).toEqual([{ key: { a: '10.0.0.9' }, doc_count: 1 }])
  const rest = await buckets({ composite: { sources, after: { a: '10.0.0.9' } } })
  expect(rest.map(({ key }) => key)).toEqual([{ a: '10.0.0.10' }, { a: 'fe80::1' }])
  const back = [{ a: { terms: { field: 'ip', order: 'desc' } } }]
  const before = await buckets({ composite: { sources: back, after: { a: '10.0.0.10' } } })
  expect(before.map(({ key }) => key)).toEqual([{ a: '10.0.0.9' }])
  const wrong = buckets({ composite: { sources, after: { a: 'x' } } })
  await expect(wrong).rejects.toThrow("'x' is not an IP string literal")
})

test('ip_range tells the ends of networks, in their order', async () => {
  const ranges = [{ mask: 'fe80::/10' }, { mask: '10.0.0.8/30' }, { to: '10.0.0.10' }]
  expect(await buckets({ ip_range: { field: 'ip', ranges } })).toEqual([
    { key: '*-10.0.0.10', to: '10.0.0.10', doc_count: 1 },
    { key: '10.0.0.8/30', from: '10.0.0.8', to: '10.0.0.12', doc_count: 2 },
    { key: 'fe80::/10', from: 'fe80::', to: 'fec0::', doc_count: 1 },
  ])
})

const addresses =
  '1.2.3.4 ::ffff:1.2.3.4 ::FFFF:0102:0304 :: ::1 1:: 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 64:ff9b::192.0.2.33 1:2:3:4:5:6:1.2.3.4 ::1.2.3.4 fe80::1%eth0 1.2.3 1.2.3.4.5 01.2.3.4 256.1.1.1 1::2::3 12345::1 1:2 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7:8:: ::1.2.3.256 1.2.3.4:: : ::: x g::1'
test('SQL and JavaScript read addresses alike', async () => {
  for (const text of addresses.split(' ')) {
    const query = sql`select ${addressOf(sql`t`)} as digits from (select ${text}::varchar as t)`
    const [row] = await table.database.rows(query, deadline)
    expect([text, row!.digits]).toEqual([text, addressDigits(text) ?? null])
  }
})

test('what DuckDB refuses is told without the SQL', async () => {
  const query = sql`select cast(${'x'} as integer) as told`
  const failure: unknown = await table.database
    .rows(query, deadline)
    .catch((each) => each as unknown)
  expect(String(failure)).toMatch(/^Error: Conversion Error: Could not convert string 'x'/)
  expect(String(failure)).not.toMatch(/select|LINE/)
})
