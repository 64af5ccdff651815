/** Segments that are joined: the same answers, whatever dies when. */
import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../core/clock.ts'
import { segmentAnswerer } from '../../../../store/embedded/segment_answerer.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { inProcess, openStore, type TestStore } from '../setup.ts'

const stream = 'logs-large-default'
const padding = 'x'.repeat(4_000)

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

/** Of so many events of 4 KB, from number `from` on. */
function batchOf(from: number, count: number) {
  const lines = Array.from({ length: count }, (_, n) => {
    const time = new Date(Date.UTC(2026, 10, 21, 10) + from + n).toISOString()
    const level = n % 2 === 0 ? 'info' : 'warn'
    const about = { '@timestamp': time, message: `n${from + n}`, log: { level }, padding }
    return `${JSON.stringify(about)}\n`
  })
  return { stream, tag: 'large', bytes: Buffer.from(lines.join('')), count }
}

const large = 4_300

/** Segments that are not written anew any more, and such as are before they are joined. */
async function filled(empty: TestStore, small = 5): Promise<number> {
  let count = 0
  for (const size of [large, large, large, ...Array<number>(small).fill(1_100)]) {
    await empty.append(batchOf(count, size))
    await empty.engine.refresh()
    count += size
  }
  return count
}

const filesIn = (folder: string) =>
  (readdirSync(`${folder}/store/segments`, { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.parquet'),
  )

const byLevel = {
  size: 0,
  track_total_hits: true,
  profile: true,
  aggs: { level: { terms: { field: 'log.level' } } },
}
const ofWord = (word: string) => ({ query: { match: { message: word } }, profile: true })

/** What a search finds, and how many segments it reads for that. */
async function asked({ engine }: TestStore, body: JsonRecord) {
  const { hits, aggregations, profile } = await engine.search(
    stream,
    body,
    {},
    AbortSignal.timeout(10_000),
  )
  const { total } = hits as { total: { value: number } }
  const { segments } = (profile as { weir: { segments: number } }).weir
  return { total: total.value, aggregations, segments }
}

const child = (step?: (name: string) => void) => inProcess(segmentAnswerer(systemClock), step)

test('segments become one, with their counts and words', async () => {
  store = await openStore({}, child())
  const count = await filled(store)
  const before = await asked(store, byLevel)
  expect(filesIn(store.folder).length).toBe(8)
  await store.engine.compact()
  expect(filesIn(store.folder).length).toBe(1)
  expect(await asked(store, byLevel)).toEqual(before)
  expect(before).toMatchObject({ total: count, segments: 0 })
  expect(await asked(store, ofWord(`n${large + 1}`))).toMatchObject({ total: 1, segments: 1 })
  expect(await asked(store, ofWord('n999999'))).toMatchObject({ total: 0, segments: 0 })
  expect((await store.engine.verify())['damaged']).toEqual([])
})

test('what is deleted before is not joined, and stays so', async () => {
  store = await openStore({}, child())
  await filled(store)
  await store.engine.deleteIndex(stream, 0)
  const count = await filled(store)
  await store.engine.compact()
  expect((await asked(store, byLevel)).total).toBe(count)
  expect(filesIn(store.folder).length).toBe(1)
})

test('a file that is cut off is set aside, and its neighbours are joined without it', async () => {
  store = await openStore({}, child())
  await filled(store, 0)
  const [cut] = filesIn(store.folder)
  truncateSync(`${store.folder}/store/segments/${cut!}`, 1_000)
  await store.engine.compact()
  expect(filesIn(store.folder).length).toBe(2)
  expect(filesIn(store.folder)).toContain(cut)
  const { damaged } = await store.engine.statistics()
  expect(damaged).toMatchObject([{ file: cut, rows: large }])
  const body = { size: 0, track_total_hits: true }
  const found = await store.engine.search(stream, body, {}, AbortSignal.timeout(10_000))
  expect(found['hits']).toMatchObject({ total: { value: 2 * large } })
})

test('whenever it dies while segments are joined, nothing is lost or doubled', async () => {
  const whole = await openStore({}, child())
  const count = await filled(whole, 0)
  const { folder } = whole
  await whole.engine.stop(AbortSignal.timeout(10_000))
  await whole.writer.close(AbortSignal.timeout(20_000))
  const found: number[] = []
  try {
    for (let steps = 0; filesIn(folder).length > 1; steps++) {
      let left = steps
      const step = () => {
        if (left-- <= 0) throw new Error('Died')
      }
      store = await openStore({}, child(step), folder)
      await store.engine.compact().catch(() => undefined)
      await store.close()
      store = await openStore({}, child(), folder)
      found.push((await asked(store, byLevel)).total)
      await store.close()
      store = undefined
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  expect(new Set(found)).toEqual(new Set([count]))
  expect(found.length).toBeGreaterThan(4)
})
