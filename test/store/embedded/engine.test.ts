import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { systemFiles } from '../../../core/files.ts'
import type { Answerer } from '../../../store/embedded/answerer.ts'
import { errorReportsPartition } from '../../../store/error_events.ts'
import { encodePoint, metricPointsTag } from '../../../store/points.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { linesOf, startWriter } from '../../core/journal/setup.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from './setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const numbers = (hits: readonly JsonRecord[]) =>
  hits.map(({ _source }) => (JSON.parse(_source as string) as { n: number }).n)

test('what was durable is found after a refresh', async () => {
  store = await openStore()
  await store.append(linesOf([1, 2, 3]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1, 2, 3])
  await store.append(linesOf([4], { tag: 'b' }))
  await store.append(linesOf([5]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1, 2, 3, 5])
  expect(numbers(await store.all('logs-b-default'))).toEqual([4])
  expect((await store.engine.streams()).map(({ name, documents }) => [name, documents])).toEqual([
    ['logs-a-default', 4],
    ['logs-b-default', 1],
  ])
})

test('the first question of an engine that was just started finds what was durable by then, without a refresh', async () => {
  store = await openStore()
  await store.append(linesOf([1, 2, 3]))
  const [streams, found] = await Promise.all([store.engine.streams(), store.all('logs-a-default')])
  expect(streams.map(({ name }) => name)).toEqual(['logs-a-default'])
  expect(numbers(found)).toEqual([1, 2, 3])
})

test('the first question waits so long for what is not taken in yet, and then has what is there', async () => {
  const held = Promise.withResolvers<void>()
  const startChild = inProcess(plainAnswerer, () => undefined, systemClock, {
    ...systemFiles,
    open: async (path, flags) => {
      if (path.endsWith('.parquet') && flags === 'wx+') await held.promise
      return await systemFiles.open(path, flags)
    },
  })
  store = await openStore({ catch_up_wait: 50 }, startChild)
  await store.append(linesOf([1]))
  expect(await store.all('logs-a-default')).toEqual([])
  held.resolve()
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1])
})

test('segments are merged into one of each stream and day, and nothing changes for who asks', async () => {
  store = await openStore()
  for (let n = 0; n < 12; n++) {
    await store.append(linesOf([n], { tag: n % 3 === 0 ? 'b' : 'a', pad: 10 }))
    await store.engine.refresh()
  }
  const before = await store.all('logs-a-default,logs-b-default')
  await store.engine.compact()
  expect(await store.all('logs-a-default,logs-b-default')).toEqual(before)
  expect(await store.engine.statistics()).toMatchObject({ segments: 1, merged: 1, documents: 12 })
})

test('a merge that finds no memory is made of less at once, and leaves nothing behind', async () => {
  let refused = 0
  const step = (name: string) => {
    if (name === 'commit merge' && refused++ < 2) throw new Error('Out of Memory Error: no room')
  }
  store = await openStore({}, inProcess(plainAnswerer, step))
  for (const n of [1, 2, 3]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  await store.engine.compact()
  expect(refused).toBe(3)
  expect(await store.engine.statistics()).toMatchObject({ segments: 1, documents: 3 })
  const files = readdirSync(join(store.folder, 'store/segments'), { recursive: true })
  expect(files.filter((name) => String(name).endsWith('.parquet'))).toHaveLength(1)
})

test('new routes hold from what is not sealed yet on, and for the next process', async () => {
  store = await openStore()
  await store.append(linesOf([1]))
  await store.engine.refresh()
  store.engine.updateRoutes({
    outputs: [{ match: 'b', final: false, isStore: true }],
    points: true,
  })
  await store.append(linesOf([2]))
  await store.append(linesOf([3], { tag: 'b' }))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1])
  expect(numbers(await store.all('logs-b-default'))).toEqual([3])
})

test('what cannot be for the store is passed over without a process', async () => {
  const store = await openStore()
  try {
    store.engine.updateRoutes({
      outputs: [{ match: '**', final: false, isStore: false }],
      points: true,
    })
    await store.append(linesOf([1, 2, 3]))
    expect(store.journal.openFeed('store')!.lag().events).toBe(0)
    expect(store.engine.state.pid).toBe(undefined)
    store.engine.updateRoutes({
      outputs: [{ match: '**', final: false, isStore: true }],
      points: true,
    })
    await store.append(linesOf([4]))
    expect(store.journal.openFeed('store')!.lag().events).toBe(1)
  } finally {
    await store.close()
  }
})

test('reports of errors are passed over without a process, and what comes beside them is found', async () => {
  const store = await openStore()
  const world = { files: systemFiles, dataFolder: store.folder }
  const reports = await startWriter(store.journal, world, errorReportsPartition)
  try {
    await reports.append([linesOf([1, 2, 3])])
    expect(store.journal.openFeed('store')!.lag()).toEqual({ bytes: 0, events: 0 })
    expect(store.engine.state.pid).toBe(undefined)
    await store.append(linesOf([4]))
    await store.engine.refresh()
    await reports.append([linesOf([5])])
    await store.append(linesOf([6]))
    await store.engine.refresh()
    expect(numbers(await store.all('logs-a-default'))).toEqual([4, 6])
    expect(store.journal.openFeed('store')!.lag().events).toBe(0)
  } finally {
    await reports.close(AbortSignal.timeout(20_000))
    await store.close()
  }
})

test('metric points are taken only where a backend names the store', async () => {
  const store = await openStore()
  const bytes = Buffer.from(
    encodePoint({ atMs: 0, series: 'a', type: 'value', instance: 'i', last: 1 }),
  )
  const points = { stream: 'metrics-host-default', tag: metricPointsTag, bytes, count: 1 }
  const found = async () => {
    await store.engine.refresh()
    const statistics = await store.engine.statistics()
    return (statistics['metrics'] as JsonRecord)['points']
  }
  try {
    store.engine.updateRoutes({ outputs: [], points: false })
    await store.append(points)
    expect(await found()).toBe(0)
    store.engine.updateRoutes({ outputs: [], points: true })
    await store.append(points)
    expect(await found()).toBe(1)
  } finally {
    await store.close()
  }
})

test('a stream that is deleted and comes again has only what is new', async () => {
  store = await openStore()
  await store.append(linesOf([1, 2]))
  await store.append(linesOf([3], { tag: 'b' }))
  await store.engine.deleteIndex('logs-a-default', 0)
  expect(await store.engine.streams()).toHaveLength(1)
  await store.append(linesOf([4]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([4])
  await store.engine.compact()
  expect(numbers(await store.all('logs-a-default'))).toEqual([4])
  expect(numbers(await store.all('logs-b-default'))).toEqual([3])
  expect((await store.engine.streams()).map(({ documents }) => documents)).toEqual([1, 1])
})

test('a segment that is damaged is set aside: the rest answers, and the answer says so', async () => {
  store = await openStore()
  for (const n of [1, 2]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  const folder = join(store.folder, 'store/segments/_mixed')
  const [first] = readdirSync(folder).filter((name) => name.endsWith('.parquet'))
  truncateSync(join(folder, first!), 100)
  const answer = await store.engine.search('logs-a-default', {}, {}, AbortSignal.timeout(10_000))
  expect(numbers(answer['hits'] as JsonRecord[])).toEqual([2])
  expect(answer['damaged']).toBe(1)
  expect(await store.engine.verify()).toMatchObject({ damaged: [] })
})

test('a segment that is missing, and a token filter, are found by verify or a question', async () => {
  store = await openStore()
  for (const n of [1, 2]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  const folder = join(store.folder, 'store/segments/_mixed')
  const names = readdirSync(folder).toSorted()
  rmSync(join(folder, names[0]!))
  rmSync(join(folder, names[3]!))
  expect(await store.engine.verify()).toMatchObject({ damaged: [{ rows: 1 }] })
  const needs = { words: [['x']] }
  expect(numbers(await store.all('logs-a-default', { needs }))).toEqual([2])
})

test('words decide which segments are read', async () => {
  store = await openStore()
  await store.append(linesOf([4711]))
  await store.engine.refresh()
  await store.append(linesOf([4712]))
  await store.engine.refresh()
  const ask = async (words: string[][]) => {
    const { read, skipped } = await store!.engine.search(
      'logs-a-default',
      { needs: { words } },
      {},
      AbortSignal.timeout(10_000),
    )
    return { read, skipped }
  }
  expect(await ask([['4711', 'nothing']])).toEqual({ read: 1, skipped: 1 })
  expect(await ask([['4711'], ['4712']])).toEqual({ read: 0, skipped: 2 })
  expect(await ask([])).toEqual({ read: 2, skipped: 0 })
})

test('a full disk pauses sealing and says so; nothing is lost, and it goes on by itself', async () => {
  let isFull = true
  const startChild = inProcess(plainAnswerer, (step) => {
    if (isFull && step === 'sync segment') throw new Error('ENOSPC: no space left on device')
  })
  store = await openStore({}, startChild)
  await store.append(linesOf([1, 2]))
  // Even the first question, which waits for what is durable, has an answer at once.
  expect(await store.all('logs-a-default')).toEqual([])
  await expect(store.engine.refresh()).rejects.toThrow(
    'nothing is taken into the store for now: ENOSPC',
  )
  expect(store.engine.state.paused).toContain('ENOSPC')
  expect(await store.all('logs-a-default')).toEqual([])
  isFull = false
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1, 2])
  expect(store.engine.state.paused).toBe(null)
})

test('beyond its turn a question is refused as Elasticsearch refuses it', async () => {
  const asked = Promise.withResolvers<void>()
  const slow: Answerer = {
    ...plainAnswerer,
    search: async (...all) => {
      await asked.promise
      return await plainAnswerer.search(...all)
    },
  }
  store = await openStore({ max_concurrent: 1, max_queued: 1 }, inProcess(slow))
  const first = store.all('a')
  const second = store.all('a')
  await expect(store.all('a')).rejects.toMatchObject({
    status: 429,
    type: 'es_rejected_execution_exception',
  })
  asked.resolve()
  expect(await Promise.all([first, second])).toEqual([[], []])
})

test('a question that takes too long is stopped, and the next one answered', async () => {
  store = await openStore({ query_timeout: 200 })
  await store.append(linesOf([1]))
  await store.engine.refresh()
  const endless = 'count(*) as n, (select count(*) from range(10000000) a, range(10000000) b) as m'
  await expect(store.all('logs-a-default', { sql: endless })).rejects.toMatchObject({
    type: 'timeout_exception',
  })
  const gone = new AbortController()
  const cancelled = store.engine.search('logs-a-default', { sql: endless }, {}, gone.signal)
  gone.abort(new Error('the client is gone'))
  await expect(cancelled).rejects.toThrow('the client is gone')
  expect(numbers(await store.all('logs-a-default'))).toEqual([1])
})
