/** What is answered from the counts beside segments; test/model/counts.test.ts holds them against scans. */
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { segmentAnswerer } from '../../../store/embedded/segment_answerer.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { inProcess, openStore, type TestStore } from './setup.ts'

const stream = 'logs-a-default'
const baseMs = Date.parse('2026-11-21T10:58:30Z')

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

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

test('documents that were replaced, and those without a time, are counted as they stand', async () => {
  store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
  const document = (seq: number, more: string, source: object) => {
    const head = `{"@timestamp":"2026-11-21T11:00:10.000Z","@es":{"id":"i${seq}","seq":${seq},"op":"index"${more}}`
    return `${head},"source":${JSON.stringify(source)}}\n`
  }
  const at = { '@timestamp': '2026-11-21T11:00:10.000Z' }
  for (const lines of [
    [
      document(1, '', { ...at, log: { level: 'info' } }),
      document(2, ',"no_time":true', { log: {} }),
    ],
    [document(3, ',"replaces":1', { ...at, log: { level: 'warn' } })],
  ]) {
    const bytes = Buffer.from(lines.join(''))
    await store.append({ stream, tag: 'es documents', bytes, count: lines.length })
    await store.engine.refresh()
  }
  const aggs = {
    t: { date_histogram: { field: '@timestamp', fixed_interval: '1m' } },
    l: { terms: { field: 'log.level' } },
  }
  const body = { size: 0, query: { match_all: {} }, aggs }
  const statistics = { name: stream, documents: 2, deleted: 1 }
  expect(await store.engine.streams()).toMatchObject([statistics])
  expect(await store.engine.statistics()).toMatchObject({ streams: [statistics] })
  const answer = await asked(body)
  expect(answer).toMatchObject({
    total: { value: 2 },
    groups: { t: { buckets: [{ doc_count: 1 }] } },
  })
  const filtered = { ...body, query: scanned(body.query) }
  expect(answer).toEqual(await asked({ ...filtered, size: 1 }))
  expect(answer).toEqual(await asked(filtered))
})

test('levels that are numbers are in the way of no histogram', async () => {
  store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
  const line = '{"@timestamp":"2026-11-21T10:58:30.000Z","log":{"level":3}}\n'
  await store.append({ stream, tag: 'a', bytes: Buffer.from(line), count: 1 })
  await store.engine.refresh()
  const t = { date_histogram: { field: '@timestamp', fixed_interval: '1m' } }
  const l = { terms: { field: 'log.level' } }
  for (const [aggs, groups] of [
    [{ t }, { t: { buckets: [{ doc_count: 1 }] } }],
    [{ t: { ...t, aggs: { l } } }, { t: { buckets: [{ l: { buckets: [{ key: 3 }] } }] } }],
  ]) {
    const query = scanned({ match_all: {} })
    expect(await asked({ size: 0, query, aggs: aggs! })).toMatchObject({ groups })
  }
})

test('a histogram of everything reads no segment', async () => {
  store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
  const lines = Array.from({ length: 50 }, (_, n) => {
    const time = new Date(baseMs + n * 10_000).toISOString()
    return `{"@timestamp":"${time}","log":{"level":"${n % 2 ? 'info' : 'warn'}"}}\n`
  })
  await store.append({ stream, tag: 'a', bytes: Buffer.from(lines.join('')), count: 50 })
  await store.engine.refresh()
  const answer = await store.engine.search(
    stream,
    {
      size: 0,
      profile: true,
      aggs: {
        t: {
          date_histogram: { field: '@timestamp', fixed_interval: '5m' },
          aggs: { l: { terms: { field: 'log.level' } } },
        },
      },
    },
    {},
    AbortSignal.timeout(10_000),
  )
  expect(answer).toMatchObject({
    hits: { total: { value: 50 } },
    profile: { weir: { segments: 0, rows: 0 } },
  })
})

test('times before the epoch are in the buckets that rows say', async () => {
  store = await openStore({}, inProcess(segmentAnswerer(systemClock)))
  const times = [-7_200_001, -3_600_000, -3_599_999, -60_000, -1, 0, 59_999, 3_600_000]
  for (const all of [times.slice(0, 5), times.slice(5)]) {
    const lines = all.map((ms) => `{"@timestamp":"${new Date(ms).toISOString()}"}\n`)
    const bytes = Buffer.from(lines.join(''))
    await store.append({ stream, tag: 'a', bytes, count: all.length })
    await store.engine.refresh()
  }
  for (const options of [
    { fixed_interval: '1h' },
    { fixed_interval: '90m', offset: '-7m' },
    { calendar_interval: 'day', time_zone: '-00:30' },
    { calendar_interval: '1m' },
  ]) {
    const t = { date_histogram: { field: '@timestamp', min_doc_count: 1, ...options } }
    const body = { size: 0, query: { match_all: {} }, aggs: { t } }
    const filtered = { ...body, query: scanned(body.query) }
    const rows = await asked({ ...filtered, size: 1 })
    expect(rows).toMatchObject({ total: { value: 8 } })
    expect(await asked(filtered)).toEqual(rows)
    expect(await asked(body)).toEqual(rows)
  }
})
