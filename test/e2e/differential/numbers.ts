/** Numbers that a double does not hold, or that are written otherwise than by JavaScript. */
import type { JsonRecord, JsonValue } from '../../../store/search.ts'
import { ask, find, type Case } from './case.ts'

/** A number, or what else stands in JSON, as it is written. */
const exactly = (text: string) => JSON.rawJSON(text) as JsonValue

export const numbersMapping: JsonRecord = {
  properties: {
    id: { type: 'long' },
    u: { type: 'long' },
    single: { type: 'float' },
    half: { type: 'half_float' },
    d: { type: 'double' },
    off: { type: 'object', enabled: false },
  },
}

const row = (id: number, u: string, single: string, d: string): JsonRecord => ({
  id,
  u: exactly(u),
  learnt: exactly(u),
  single: exactly(single),
  half: exactly(single),
  d: exactly(d),
  off: { v: exactly('1.0'), w: exactly('1e2'), o: { x: exactly('1.50') } },
})

export const numbers: readonly JsonRecord[] = [
  row(1, '1234567890123456789', '0.1', '1e19'),
  row(2, '1234567890123456790', '0.1', '1e300'),
  row(3, '1234567890123456700', '0.3', '1e20'),
  row(4, '1234567890123456768', '1.5', '-1e30'),
  row(5, '1234567890123456790', '0.2', '1e20'),
]

const [first, second] = ['1234567890123456789', '1234567890123456790'].map(exactly) as [
  JsonValue,
  JsonValue,
]

const queries = ['u', 'learnt'].flatMap((field): Case[] => [
  find('numbers', { term: { [field]: first } }),
  find('numbers', { terms: { [field]: [first, second] } }),
  find('numbers', { match: { [field]: first } }),
  find('numbers', { range: { [field]: { gte: second } } }),
  find('numbers', { range: { [field]: { lt: first } } }),
  find('numbers', { bool: { filter: [{ range: { [field]: { gte: first, lte: first } } }] } }),
])

const after = (sort: JsonRecord, ...values: JsonValue[]): Case =>
  ask('numbers', { _source: false, size: 2, sort: [sort, { id: 'asc' }], search_after: values })

const pages = ['asc', 'desc'].flatMap((order): Case[] => [
  after({ u: order }, first, 1),
  after({ learnt: order }, second, 2),
  after({ single: order }, 0.1, 1),
  after({ half: order }, exactly('0.099975586'), 1),
  after({ d: order }, exactly('1e19'), 1),
  after({ d: order }, exactly('1e20'), 3),
  after({ d: order }, exactly('1e300'), 2),
])

const composite = (field: string, ...values: JsonValue[]): Case => {
  const sources = [{ key: { terms: { field } } }]
  const behind = values.length > 0 && { after: { key: values[0]! } }
  return ask('numbers', { size: 0, aggs: { c: { composite: { size: 2, sources, ...behind } } } })
}

/** A pipeline over one bucket for each document, and inside each. */
const piped = (
  beside: JsonRecord,
  inside: JsonRecord = {},
  query: JsonRecord = { match_all: {} },
) =>
  ask('numbers', {
    size: 0,
    query,
    aggs: {
      h: {
        histogram: { field: 'id', interval: 1, min_doc_count: 1 },
        aggs: { m: { max: { field: 'id' } }, ...inside },
      },
      ...beside,
    },
  })
const spread = { s: { extended_stats_bucket: { buckets_path: 'h>m', format: '0.00' } } }
const kept = (script: string) =>
  piped({}, { k: { bucket_selector: { buckets_path: { x: 'm' }, script } } })

export const numberCases: Readonly<Record<string, readonly Case[]>> = {
  'numbers of queries': [
    ...queries,
    {
      of: 'numbers',
      path: '_msearch',
      body: [{}, { query: { term: { u: first } }, sort: ['id'] }, {}, { sort: ['u', 'id'] }],
    },
  ],
  'numbers of pages': pages,
  'numbers of sources': [
    ask('numbers', { sort: ['id'] }),
    { of: 'numbers', path: '_doc/1', method: 'GET' },
  ],
  'aggregations of numbers': [
    ask('numbers', { size: 0, aggs: { t: { terms: { field: 'u', order: { _key: 'asc' } } } } }),
    ask('numbers', { size: 0, aggs: { t: { terms: { field: 'u', include: [first] } } } }),
    ...['u', 'learnt'].flatMap((field) => [composite(field), composite(field, first)]),
    composite('single', exactly('0.10000000149011612')),
    composite('d', exactly('1e19')),
    composite('d', exactly('1e20')),
    piped(spread),
    piped(spread, {}, { term: { id: 1 } }),
    piped(spread, {}, { match_none: {} }),
    ask('numbers', {
      size: 0,
      query: { term: { id: 1 } },
      aggs: { x: { extended_stats: { field: 'id', format: '0.0' } } },
    }),
    ...['params.x != null && params.x > 2', 'params.x == null', 'params.x > null'].map(kept),
  ],
}
