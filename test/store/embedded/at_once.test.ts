/** Questions of all kinds while segments are sealed, merged, verified and deleted. */
import process from 'node:process'
import { afterEach, expect, test } from 'vitest'
import type { Batch } from '../../../core/journal/batch.ts'
import { systemClock } from '../../../core/clock.ts'
import { parseMapping } from '../../../store/api/mapping.ts'
import type { Catalogue } from '../../../store/catalogue.ts'
import { segmentAnswerer } from '../../../store/embedded/segment_answerer.ts'
import type { FromEngine } from '../../../store/embedded/protocol.ts'
import type { StartChild } from '../../../store/embedded/child_handle.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from './setup.ts'

/** ENGINE_ROUNDS makes it long. */
const rounds = Number(process.env['ENGINE_ROUNDS'] ?? 6)

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

/** What the engine's process says beside its answers. */
function listened(child: StartChild): { child: StartChild; notices: FromEngine[] } {
  const notices: FromEngine[] = []
  return {
    notices,
    child: (handlers) =>
      child({
        ...handlers,
        onMessage: (message) => {
          if (message.kind === 'notice') notices.push(message)
          handlers.onMessage(message)
        },
      }),
  }
}

/** Events of many kilobytes, with a date and an address that are no columns. */
function documents(from: number, count: number, tag: string): Batch {
  const lines = Array.from({ length: count }, (_, at) => {
    const n = from + at
    const time = new Date(Date.UTC(2026, 10, 21) + n * 1_000).toISOString()
    const padding = Object.fromEntries(
      Array.from({ length: 60 }, (_each, key) => [`key${key}`, `value ${n} of ${key} `.repeat(4)]),
    )
    const address = `10.0.${n % 7}.${n % 5}`
    const event = { '@timestamp': time, n, seen: time, address, message: `event ${n}`, padding }
    return `${JSON.stringify(event)}\n`
  })
  const bytes = Buffer.from(lines.join(''))
  return { stream: `logs-${tag}-default`, tag, bytes, count }
}

const properties = { seen: { type: 'date' }, address: { type: 'ip' }, n: { type: 'long' } }
/** As clients give it, so that what is in no column has its types. */
const catalogue: Catalogue = {
  indices: ['logs-a-default', 'logs-b-default'].map((name) => ({
    name,
    mapping: parseMapping({ properties }, 1_000),
    settings: {},
    aliases: {},
    isDataStream: true,
    createdMs: 0,
  })),
}

const hourly = { date_histogram: { field: 'seen', fixed_interval: '1h' } }
const zoned = {
  date_histogram: { field: 'seen', calendar_interval: 'day', time_zone: 'Europe/Rome' },
}
const bodies: readonly JsonRecord[] = [
  {
    query: { term: { address: '10.0.1.1' } },
    size: 0,
    aggs: { r: { max: { field: 'n' } }, hourly },
  },
  { query: { match: { message: 'event' } }, sort: [{ seen: 'desc' }], size: 50 },
  { query: { range: { seen: { gte: '2026-11-21', lt: '2026-11-22' } } }, aggs: { zoned, hourly } },
  { size: 0, aggs: { a: { terms: { field: 'address' }, aggs: { s: { stats: { field: 'n' } } } } } },
  { query: { query_string: { query: 'padding.key1:value*' } }, _source: ['n'], size: 10 },
]

test('no question fails while the files that it reads are made, merged and deleted', async () => {
  const { child, notices } = listened(inProcess(segmentAnswerer(systemClock)))
  store = await openStore({ memory_limit: 512_000_000, threads: 2 }, child)
  const { engine } = store
  await engine.updateCatalogue(catalogue)
  const deadline = () => AbortSignal.timeout(60_000)
  let isOver = false
  let asked = 0
  const askAll = async (turn: number) => {
    const target = turn % 3 === 0 ? 'logs-a-default,logs-b-default' : 'logs-a-default'
    const body = bodies[turn % bodies.length]!
    const search = await engine.search(target, structuredClone(body), {}, deadline())
    expect(search['_shards']).toMatchObject({ failed: 0 })
    await engine.count(target, { query: { term: { n: turn } } }, {}, deadline())
    await engine.fieldCaps(target, ['*'], {}, deadline())
    await engine.termsEnum(target, { field: 'message', string: 'ev' }, deadline())
    asked += 4
  }
  const ask = async () => {
    for (let turn = 0; !isOver; turn += 4) {
      await Promise.all([0, 1, 2, 3].map((each) => askAll(turn + each)))
      // No step of the maintenance begins while a question is answered; it goes on beside the next ones.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await store.append(documents(0, 300, 'a'))
  await store.append(documents(0, 10, 'b'))
  await engine.refresh()
  const changing = (async () => {
    for (let round = 1; round <= rounds; round++) {
      await store.append(documents(round * 300, 40, 'a'))
      await store.append(documents(round * 300, 10, 'b'))
      await engine.refresh()
      if (round % 3 === 0) await engine.compact()
      if (round % 4 === 0) await engine.deleteIndex('logs-b-default', 0)
      if (round % 5 === 0) expect(await engine.verify()).toMatchObject({ damaged: [] })
    }
  })().finally(() => (isOver = true))
  await Promise.all([ask(), changing])
  expect(asked).toBeGreaterThan(rounds)
  const counted = await engine.count('logs-a-default', {}, {}, deadline())
  expect(counted).toBe(300 + rounds * 40)
  expect(notices.filter((notice) => notice.kind === 'notice' && notice.level === 'error')).toEqual(
    [],
  )
})

test('what is in no column is taken out of a document once, whatever is asked of it', async () => {
  store = await openStore(
    { memory_limit: 128_000_000, threads: 2 },
    inProcess(segmentAnswerer(systemClock)),
  )
  await store.engine.updateCatalogue(catalogue)
  await store.append(documents(0, 700, 'a'))
  await store.engine.refresh()
  const address = { query: { exists: { field: 'address' } }, size: 0, track_total_hits: true }
  const body = { ...address, aggs: { r: { max: { field: 'n' } }, hourly } }
  const deadline = AbortSignal.timeout(30_000)
  const { hits } = await store.engine.search('logs-a-default', body, {}, deadline)
  expect(hits).toMatchObject({ total: { value: 700 } })
  // One branch of a CASE for each: DuckDB would parse every document in each.
  const several = Array.from({ length: 12 }, (_, n) => [`f${n}`, { term: { n } }])
  const filters = { filters: { filters: Object.fromEntries(several) as JsonRecord } }
  const counted = { size: 0, aggs: { filters, hourly } }
  const { aggregations } = await store.engine.search('logs-a-default', counted, {}, deadline)
  expect(aggregations).toMatchObject({ filters: { buckets: { f11: { doc_count: 1 } } } })
})

test('too little memory sets no segment aside, and says what to do', async () => {
  const memory = 'Out of Memory Error: failed to allocate … Reducing the number of threads'
  const answerer = { ...plainAnswerer, count: () => Promise.reject(new Error(memory)) }
  store = await openStore({}, inProcess(answerer))
  await store.append(documents(0, 1, 'a'))
  await store.engine.refresh()
  const asked = store.engine.count('logs-a-default', {}, {}, AbortSignal.timeout(10_000))
  await expect(asked).rejects.toMatchObject({ status: 429, type: 'circuit_breaking_exception' })
  expect(await store.engine.statistics()).toMatchObject({ segments: 1, damaged: [] })
})

test('a failure that nobody thought of is logged with its question', async () => {
  const answerer = { ...plainAnswerer, count: () => Promise.reject(new Error('very odd')) }
  const { child, notices } = listened(inProcess(answerer))
  store = await openStore({}, child)
  const request = { query: { term: { address: '206.251.255.64' } } }
  const asked = store.engine.count('logs-a-default', request, {}, AbortSignal.timeout(10_000))
  await expect(asked).rejects.toMatchObject({ status: 500, message: 'very odd' })
  const told = JSON.stringify(notices)
  expect(told).toContain('206.251.255.64')
  expect(told).toContain('very odd')
})
