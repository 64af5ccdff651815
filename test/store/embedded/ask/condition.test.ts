import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Field, Mapping } from '../../../../store/fields.ts'
import { askedOf } from '../../../../store/embedded/ask/question.ts'
import { sql } from '../../../../store/embedded/sql.ts'
import { queryOfBody } from '../../../../store/query/body/body.ts'
import type { JsonRecord, JsonValue } from '../../../../store/search.ts'
import { documentsTable, testJournal, type DocumentsTable } from '../documents_table.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const documents: readonly JsonRecord[] = [
  {
    '@timestamp': '2026-11-21T11:59:59.123456Z',
    message: 'GET /api/items failed: connection refused',
    log: { level: 'error' },
    http: { response: { status_code: 500 } },
    tags: ['a', 'b'],
    price: 1.5,
    ok: true,
    when: '2026-01-02',
    source: { ip: '10.1.2.3' },
    labels: { env: 'prod', tier: 'web' },
  },
  {
    '@timestamp': '2026-11-21T10:00:00.000000Z',
    message: 'Connection to db-1.example.com refused, retry in 1.5 s',
    'log.level': 'warn',
    http: { response: { status_code: '404' } },
    tags: 'c',
    price: 2,
    ok: false,
    source: { ip: '2001:db8::1' },
    labels: { env: 'dev' },
    items: [
      { name: 'x', n: 1 },
      { name: 'y', n: [2, 3] },
    ],
  },
  {
    '@timestamp': '2026-11-20T00:00:00.000000Z',
    message: null,
    log: { level: ['info', 'debug'] },
    tags: [],
    price: null,
    when: '2026-01-02T10:00:00+02:00',
    items: { name: 'z' },
    source: { ip: '192.168.0.1' },
  },
  {
    '@timestamp': '2026-11-19T00:00:00.000000Z',
    message: ['first line', 'second LINE it\u2019s'],
    when: 1767312000000,
  },
]

const field = (path: string, type: Field['type'], more: Partial<Field> = {}): Field => ({
  path,
  type,
  source: path,
  indexed: true,
  ...more,
})
const mapping: Mapping = {
  fields: [
    field('@timestamp', 'date'),
    field('when', 'date'),
    field('source.ip', 'ip'),
    field('labels', 'flattened'),
    field('tags', 'keyword', { ignoreAbove: 1 }),
    field('message', 'text'),
    field('message.keyword', 'keyword', { source: 'message', ignoreAbove: 20 }),
  ],
  dynamic: 'true',
  given: {},
}

let table: DocumentsTable
beforeAll(async () => {
  table = await documentsTable(documents.map((source) => ({ source })))
})
afterAll(() => table.close())

async function found(body: JsonValue, by?: Mapping) {
  const indices = [...table.shapes].map(([name, shapes]) => ({ name, shapes, mapping: by }))
  const deadline = new AbortController().signal
  const { from, database } = table
  const query = queryOfBody(body)
  const asked = askedOf({ indices, query, from, database, deadline, nowMs })
  const rows = await database.rows(
    sql`select _ordinal from ${from} where ${asked.where} order by 1`,
    deadline,
  )
  const inverse = await database.rows(
    sql`select _ordinal from ${from} where not ${asked.condition(query)} order by 1`,
    deadline,
  )
  expect(rows.length + inverse.length).toBe(documents.length)
  return rows.map(({ _ordinal }) => _ordinal)
}

/** Query and the places of the documents that it finds, by Weir's own rules for types. */
const learnt: readonly (readonly [string, JsonValue, readonly number[]])[] = [
  ['everything', { match_all: {} }, [0, 1, 2, 3]],
  ['nothing', { match_none: {} }, []],
  ['a keyword, nested', { term: { 'log.level': 'error' } }, [0]],
  ['a keyword, dotted', { term: { 'log.level': 'warn' } }, [1]],
  ['a keyword in an array', { term: { 'log.level': 'debug' } }, [2]],
  ['several keywords', { terms: { 'log.level': ['info', 'error'] } }, [0, 2]],
  ['cases', { term: { 'log.level': { value: 'ERROR', case_insensitive: true } } }, [0]],
  ['a text beside a number', { term: { 'http.response.status_code': '404' } }, [1]],
  ['a number beside a text', { term: { 'http.response.status_code': 500 } }, [0]],
  ['one value or many', { terms: { tags: ['b', 'c'] } }, [0, 1]],
  ['in an array of objects', { term: { 'items.n': 3 } }, [1]],
  ['object and array of objects', { terms: { 'items.name': ['y', 'z'] } }, [1, 2]],
  ['a double', { term: { price: 1.5 } }, [0]],
  ['a boolean', { term: { ok: 'true' } }, [0]],
  ['boolean false', { term: { ok: false } }, [1]],
  ['an unknown field', { term: { nowhere: 1 } }, []],
  ['not an unknown field', { bool: { must_not: [{ term: { nowhere: 1 } }] } }, [0, 1, 2, 3]],
  ['not, with NULLs', { bool: { must_not: { range: { price: { gt: 1.7 } } } } }, [0, 2, 3]],
  ['a range of doubles', { range: { price: { gte: 1.5, lt: 2 } } }, [0]],
  ['a bound beyond a BIGINT', { range: { price: { lt: '18446744073709551615' } } }, [0, 1]],
  ['a term beyond a BIGINT', { terms: { price: ['18446744073709551615', 2] } }, [1]],
  ['a range of words', { range: { 'log.level': { gte: 'e', lt: 'f' } } }, [0]],
  ['dates by maths', { range: { '@timestamp': { gte: 'now-1h', lt: 'now' } } }, [0]],
  ['a date up to its end', { range: { '@timestamp': { lte: '2026-11-20||/d' } } }, [2, 3]],
  ['a date as a day', { term: { '@timestamp': '2026-11-20' } }, [2]],
  [
    'milliseconds hold their microseconds',
    { range: { '@timestamp': { gte: 1795262399123, lte: 1795262399123 } } },
    [0],
  ],
  ['exists', { exists: { field: 'price' } }, [0, 1]],
  ['exists, of an array', { exists: { field: 'tags' } }, [0, 1]],
  ['exists, of an object', { exists: { field: 'items' } }, [1, 2]],
  ['exists, null', { exists: { field: 'message' } }, [0, 1, 3]],
  ['prefix', { prefix: { 'log.level': 'e' } }, [0]],
  ['wildcard', { wildcard: { 'log.level': '?r*' } }, [0]],
  ['wildcard inside', { wildcard: { 'log.level': '*fo*' } }, [2]],
  ['regexp', { regexp: { 'log.level': 'e.+|wa[a-z]n' } }, [0, 1]],
  ['ids', { ids: { values: [`${testJournal}-1`, 'x'] } }, [1]],
  ['_id as a term', { term: { _id: `${testJournal}-2` } }, [2]],
  ['_index', { prefix: { _index: 'logs-' } }, [0, 1, 2, 3]],
  ['match', { match: { message: 'REFUSED' } }, [0, 1]],
  ['match, any', { match: { message: 'failed retry' } }, [0, 1]],
  ['match, all', { match: { message: { query: 'refused retry', operator: 'and' } } }, [1]],
  [
    'match, two of three',
    { match: { message: { query: 'refused retry get', minimum_should_match: 2 } } },
    [0, 1],
  ],
  ['match, a token with a dot', { match: { message: 'example.com' } }, [1]],
  ['match, a host name', { match: { message: 'example' } }, []],
  ['match, a decimal', { match: { message: '1.5' } }, [1]],
  ['match, in an array', { match: { message: 'line' } }, [3]],
  ['match, an apostrophe', { match: { message: 'it\u2019s' } }, [3]],
  ['phrase', { match_phrase: { message: 'connection refused' } }, [0]],
  [
    'phrase with slop',
    { match_phrase: { message: { query: 'connection refused', slop: 6 } } },
    [0, 1],
  ],
  ['phrase not across values', { match_phrase: { message: 'line second' } }, []],
  ['phrase prefix', { match_phrase_prefix: { message: 'connection ref' } }, [0]],
  ['term on a text', { term: { message: 'refused' } }, [0, 1]],
  ['term on a text is not analysed', { term: { message: 'GET' } }, []],
  ['prefix on a text', { prefix: { message: 'refu' } }, [0, 1]],
  ['wildcard on a text', { wildcard: { message: 'conn*ion' } }, [0, 1]],
  ['several fields', { multi_match: { query: 'error', fields: ['message', 'log.*'] } }, [0]],
  [
    'words across texts, but not a word of a keyword',
    {
      multi_match: {
        query: 'failed error',
        type: 'cross_fields',
        operator: 'and',
        fields: ['message', 'log.level'],
      },
    },
    [],
  ],
  [
    'one word across texts and keywords',
    { multi_match: { query: 'warn', type: 'cross_fields', fields: ['message', 'log.level'] } },
    [1],
  ],
  ['all fields', { multi_match: { query: 'prod', fields: ['*'], lenient: true } }, [0]],
  [
    'should',
    {
      bool: {
        should: [{ term: { ok: true } }, { exists: { field: 'when' } }],
        minimum_should_match: 2,
      },
    },
    [0],
  ],
  [
    'should beside filter asks for nothing',
    { bool: { filter: [{ exists: { field: 'price' } }], should: [{ match_none: {} }] } },
    [0, 1],
  ],
]
test.each(learnt)('finds %s', async (_, body, expected) => {
  expect(await found(body)).toEqual(expected)
})

const mapped: readonly (readonly [string, JsonValue, readonly number[]])[] = [
  ['an address', { term: { 'source.ip': '10.1.2.3' } }, [0]],
  ['a network', { term: { 'source.ip': '10.0.0.0/8' } }, [0]],
  ['a network of IPv6', { terms: { 'source.ip': ['2001:db8::/32'] } }, [1]],
  ['an address written otherwise', { term: { 'source.ip': '2001:0db8:0:0::1' } }, [1]],
  ['a range of addresses', { range: { 'source.ip': { gt: '10.1.2.3', lte: '192.168.0.1' } } }, [2]],
  ['a flattened key', { term: { 'labels.env': 'prod' } }, [0]],
  ['a flattened root', { term: { labels: 'web' } }, [0]],
  ['a flattened key that nobody has', { exists: { field: 'labels.zone' } }, []],
  ['exists of a flattened root', { exists: { field: 'labels' } }, [0, 1]],
  [
    'a date without time',
    { range: { when: { gte: '2026-01-02', lt: '2026-01-02T01:00:00' } } },
    [0, 3],
  ],
  ['a date with a zone', { term: { when: '2026-01-02T08:00:00Z' } }, [2]],
  ['epoch milliseconds', { term: { when: 1767312000000 } }, [0, 3].slice(0, 0).concat([0, 3])],
  ['a multi-field', { term: { 'message.keyword': 'first line' } }, [3]],
  ['longer than ignore_above', { exists: { field: 'message.keyword' } }, [3]],
  ['a word behind a comparison with nothing', { query_string: { query: 'price:>= prod' } }, [0]],
  ['no number of a range', { query_string: { query: 'price:[cheap TO *]', lenient: true } }, []],
  [
    'no times of a range',
    { query_string: { query: '@timestamp:>= 2026 OR labels.env:prod' } },
    [0],
  ],
  ['a learnt text', { match: { 'log.level': 'ERROR' } }, [0]],
  ['a learnt multi-field', { term: { 'log.level.keyword': 'error' } }, [0]],
]
test.each(mapped)('finds by a mapping %s', async (_, body, expected) => {
  expect(await found(body, mapping)).toEqual(expected)
})

const refused: readonly (readonly [JsonValue, RegExp])[] = [
  [
    { term: { price: 'cheap' } },
    /failed to create query: For input string: "cheap" \(field \[price\] of type \[double\]\)/,
  ],
  [{ term: { ok: 'maybe' } }, /Can't parse boolean value \[maybe\]/],
  [{ prefix: { price: '1' } }, /Can only use prefix queries on keyword, text and wildcard fields/],
  [{ range: { '@timestamp': { gte: 'yesterday' } } }, /failed to parse date/],
  [
    { query_string: { query: 'price:>= 2', default_field: 'message' } },
    /For input string: "=" \(field \[price\]/,
  ],
]
test.each(refused)('refuses %j', async (body, reason) => {
  await expect(found(body)).rejects.toThrow(reason)
})
