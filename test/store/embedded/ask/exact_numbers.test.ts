/** What stands in documents and questions as text: numbers that a double does not hold among it. */
import { describe, expect, test } from 'vitest'
import { parseExact, parseLongAsText } from '../../../../core/exact_json.ts'
import type { FieldType } from '../../../../store/fields.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { answer } from '../../../../store/embedded/ask/answer.ts'
import type { World } from '../../../../store/embedded/ask/world.ts'
import { defaultSearchLimits } from '../../../../store/query/limits.ts'
import { documentsTable } from '../documents_table.ts'

const stream = 'logs-test-default'

/** Answers of bodies, both as JSON text, about documents `{"f":value}`. @param type undefined: without a mapping */
async function asking(
  values: readonly string[],
  type: FieldType | undefined,
  use: (search: (body: string) => Promise<JsonRecord>) => Promise<void>,
) {
  const sources = values.map(
    (value) => parseExact(value === '' ? '{}' : `{"f":${value}}`) as JsonRecord,
  )
  const table = await documentsTable(
    sources.map((source, at) => ({ source, id: String(at), seq: at })),
  )
  const field = type && { path: 'f', type, source: 'f', indexed: true }
  const mapping = field && { given: {}, dynamic: 'true' as const, fields: [field] }
  const world: World = {
    indices: [{ name: stream, mapping, shapes: table.shapes.get(stream)! }],
    open: () => ({
      from: table.from,
      byTime: undefined,
      scanned: { segments: 1, skipped: 0, rows: values.length, bytes: 1, damaged: [] },
      close: () => undefined,
    }),
    database: table.database,
    deadline: new AbortController().signal,
    nowMs: Date.parse('2026-11-21T12:00:00Z'),
    limits: defaultSearchLimits,
    monotonicMs: () => 5,
  }
  try {
    await use(async (body) => {
      const given = parseLongAsText(body) as JsonRecord
      return parseExact(JSON.stringify(await answer(given, world))) as JsonRecord
    })
  } finally {
    table.close()
  }
}

interface Hits {
  readonly hits: readonly { readonly _id: string; readonly sort: JsonRecord[] }[]
}
const hitsIn = (response: JsonRecord) => (response.hits as unknown as Hits).hits
const idsIn = (response: JsonRecord) =>
  hitsIn(response)
    .map(({ _id }) => _id)
    .join(' ')

const longs = [
  '1234567890123456789',
  '1234567890123456790',
  '1234567890123456700',
  '1234567890123456768',
]

test.each([undefined, 'long', 'keyword'] as const)(
  'queries of a %s have every digit',
  async (type) => {
    await asking(longs, type, async (search) => {
      const found = async (query: string) =>
        idsIn(await search(`{"query":${query},"sort":["_doc"]}`))
      expect(await found('{"term":{"f":1234567890123456789}}')).toBe('0')
      expect(await found('{"terms":{"f":[1234567890123456789,1234567890123456790]}}')).toBe('0 1')
      expect(await found('{"match":{"f":1234567890123456789}}')).toBe('0')
      expect(await found('{"range":{"f":{"gte":1234567890123456790}}}')).toBe('1')
      expect(await found('{"range":{"f":{"lt":1234567890123456789}}}')).toBe('2 3')
      const same = '{"gte":1234567890123456789,"lte":1234567890123456789}'
      expect(await found(`{"bool":{"filter":[{"range":{"f":${same}}}]}}`)).toBe('0')
    })
  },
)

const half = ['0.1', '0.1', '0.2', '', '1000.5']
const wides = ['1763829000123456783', '1763829000123456781', '', '1763829000123456782', '5']
const doubles = ['1e19', '-1e30', '1e300', '', '0.1', '1e20', '1e20', '9223372036854775808']
const columns: readonly (readonly [FieldType | undefined, readonly string[]])[] = [
  ['long', [...wides, '9223372036854775807', '-9223372036854775808', '9223372036854775806']],
  [undefined, wides],
  ['float', ['0.1', '0.1', '3.4e38', '', '0.30000001', '16777217']],
  ['half_float', half],
  ['scaled_float', half],
  ['double', doubles],
  [undefined, doubles],
  ['unsigned_long', ['18446744073709551615', '1', '', '9223372036854775808']],
  [
    'date_nanos',
    ['"2026-11-22T10:00:00.123456Z"', '"2026-11-22T10:00:00.123457Z"', '', '"1960-01-01"'],
  ],
  ['float', ['[0.1,0.2]', '[0.1,0.2]', '', '0.15']],
  ['half_float', ['[0.1,0.2]', '[0.1,0.2]', '', '0.15']],
]

describe.each(columns)('pages of a %s by search_after: %j', (type, values) => {
  test.each([
    '{"f":{"order":"asc"}}',
    '{"f":{"order":"desc"}}',
    '{"f":{"order":"asc","missing":"_first"}}',
    '{"f":{"order":"desc","missing":"_first"}}',
    '{"f":{"order":"asc","mode":"MODE"}}',
    '{"f":{"order":"desc","missing":7}}',
  ])('%s', async (given) => {
    const isList = values[0]!.startsWith('[')
    const sort = `[${given.replace('MODE', isList ? 'avg' : 'max')},{"_doc":"asc"}]`
    if (type === 'date_nanos' && given.includes('7')) return
    await asking(values, type, async (search) => {
      const whole = idsIn(await search(`{"sort":${sort}}`))
      const ids: string[] = []
      let after = ''
      for (let page = 0; page <= values.length; page++) {
        const [hit] = hitsIn(await search(`{"size":1,"sort":${sort}${after}}`))
        if (!hit) break
        ids.push(hit._id)
        after = `,"search_after":${JSON.stringify(hit.sort)}`
      }
      expect(ids.join(' ')).toBe(whole)
      expect(ids.toSorted()).toEqual(values.map((_, at) => String(at)))
    })
  })
})

test('sort values of longs have every digit', async () => {
  await asking(['1763829000123456781', '5', '9223372036854775807'], 'long', async (search) => {
    const response = await search('{"sort":["f"]}')
    expect(JSON.stringify(hitsIn(response).map(({ sort }) => sort))).toBe(
      '[[5],[1763829000123456781],[9223372036854775807]]',
    )
  })
})

describe.each([
  ...columns.filter(([type]) => type !== 'date_nanos'),
  ['keyword', ['12345678901234567890', '"b"', '']] as const,
])('composite buckets of a %s, page by page: %j', (type, values) => {
  test.each(['"asc"', '"desc"', '"asc","missing_bucket":true,"missing_order":"first"'])(
    '%s',
    async (order) => {
      await asking(values, type, async (search) => {
        const page = async (size: number, after: string) => {
          const sources = `[{"f":{"terms":{"field":"f","order":${order}}}}]`
          const body = `{"size":0,"aggs":{"c":{"composite":{"size":${size},"sources":${sources}${after}}}}}`
          const { c } = (await search(body)).aggregations as unknown as { c: Composite }
          return c
        }
        const { buckets: whole } = await page(100, '')
        const keys: string[] = []
        let after = ''
        for (let at = 0; at <= whole.length; at++) {
          const { buckets, after_key: last } = await page(1, after)
          if (!last) break
          keys.push(...buckets.map(({ key }) => JSON.stringify(key)))
          after = `,"after":${JSON.stringify(last)}`
        }
        expect(keys).toEqual(whole.map(({ key }) => JSON.stringify(key)))
        expect(new Set(keys).size).toBe(keys.length)
      })
    },
  )
})

interface Composite {
  readonly buckets: readonly { readonly key: JsonRecord }[]
  readonly after_key?: JsonRecord
}

test('keys of longs have every digit, and are named so by the question', async () => {
  await asking(longs, 'long', async (search) => {
    const keysOf = async (options: string) => {
      const aggs = `{"t":{"terms":{"field":"f","order":{"_key":"asc"}${options}},"aggs":{"m":{"top_metrics":{"metrics":{"field":"f"},"sort":{"f":"asc"}}}}}}`
      const { t } = (await search(`{"size":0,"aggs":${aggs}}`)).aggregations as unknown as {
        t: { buckets: readonly { key: JsonRecord; m: { top: readonly JsonRecord[] } }[] }
      }
      for (const { key, m } of t.buckets) {
        expect(JSON.stringify(m.top)).toBe(
          `[{"sort":[${JSON.stringify(key)}],"metrics":{"f":${JSON.stringify(key)}}}]`,
        )
      }
      return t.buckets.map(({ key }) => JSON.stringify(key))
    }
    expect(await keysOf('')).toEqual(longs.toSorted())
    expect(await keysOf(',"include":[1234567890123456789]')).toEqual([longs[0]])
    expect(await keysOf(',"exclude":[1234567890123456789,"1234567890123456790"]')).toEqual(
      longs.slice(2),
    )
    expect(await keysOf(',"min_doc_count":0')).toEqual(longs.toSorted())
  })
  await asking([longs[0]!, ''], 'long', async (search) => {
    const terms = `{"field":"f","missing":${longs[1]}}`
    const { aggregations } = await search(`{"size":0,"aggs":{"t":{"terms":${terms}}}}`)
    const { buckets } = (aggregations as JsonRecord).t as unknown as Composite
    expect(buckets.map(({ key }) => JSON.stringify(key))).toEqual(longs.slice(0, 2))
  })
})

test('buckets of several terms are in the order of their keys, with every digit', async () => {
  const values = ['1700000000000000001', '1700000000000000002']
  await asking(values, 'long', async (search) => {
    const terms = '{"terms":[{"field":"f"},{"field":"f"}]}'
    const sorted = '{"bucket_sort":{"sort":[{"_key":{"order":"desc"}}]}}'
    const body = `{"size":0,"aggs":{"m":{"multi_terms":${terms},"aggs":{"s":${sorted}}}}}`
    const text = JSON.stringify((await search(body)).aggregations)
    expect(text.match(/17\d{17}(?=\|)/g)).toEqual(values.toReversed())
  })
})

test.each(['date', 'date_nanos'] as const)('bounds of a %s that no time reaches', async (type) => {
  await asking(['"2026-11-22T10:00:00Z"'], type, async (search) => {
    const range = (bounds: string) => search(`{"query":{"range":{"f":{${bounds}}}}}`).then(idsIn)
    expect(await range('"lte":9223372036854775807')).toBe('0')
    expect(await range('"gte":-9223372036854775808,"lt":99999999999999999')).toBe('0')
    expect(await range('"gte":9223372036854775807')).toBe('')
  })
})
