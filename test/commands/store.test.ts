import { expect, onTestFinished, test, vi } from 'vitest'
import { storeOperations } from '../../commands/store_operations.ts'
import { Api } from '../../store/api/api.ts'
import { createEsApp } from '../store/api/es_app.ts'
import { asked, hitsOf } from './asked.ts'

const stats = {
  statistics: { segments: 3, damaged: [], metrics: { points: 7, bytes: 1_400, damaged: [] } },
  streams: [{ name: 'logs-a-default', documents: 12, bytes: 3_400_000 }],
}

test('stats', async () => {
  const operations = {
    async *'store.stats'() {
      yield stats
    },
  }
  const { stdout } = await asked(['store', 'stats'], operations)
  expect(stdout).toMatch(
    /^STREAM +EVENTS +SIZE\nlogs-a-default +12 +3\.4 MB\nmetric points +7 +1\.4 kB\n$/,
  )
  const json = await asked(['store', 'stats', '--json'], operations)
  expect(JSON.parse(json.stdout)).toEqual(stats)
})

test('on a full disk everything that is in segments is shown and found, and what is not is said', async () => {
  const engine = {
    refresh: () => Promise.reject(new Error('nothing is taken into the store for now: ENOSPC')),
    statistics: async () => stats.statistics,
    streams: async () => stats.streams,
  }
  const search = async () => hitsOf([{ message: 'old' }])
  const operations = storeOperations(() => ({ search: { search }, embedded: { engine } }) as never)
  const why = 'the answer is not whole, what is new is missing: nothing is taken into the store'
  for (const [command, shown] of [
    [['store', 'stats'], 'logs-a-default'],
    [['query', 'old', '--raw'], 'old'],
  ] as const) {
    const { code, stdout, stderr } = await asked(command, operations)
    expect(code).toBe(0)
    expect(stdout).toContain(shown)
    expect(stderr).toContain(why)
  }
})

test('a Weir that does not answer for long is waited for, and named', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const operations = {
    async *'store.stats'() {
      vi.advanceTimersByTime(5_000)
      yield stats
    },
  }
  const { stdout, stderr } = await asked(['store', 'stats'], operations)
  expect(stderr).toBe('still waiting for an answer of another process\n')
  expect(stdout).toContain('logs-a-default')
})

test('stats names what is missing', async () => {
  const damaged = [{ file: '_mixed/1.parquet', rows: 12, reason: 'the file is missing' }]
  const operations = {
    async *'store.stats'() {
      yield { ...stats, statistics: { ...stats.statistics, damaged } }
    },
  }
  const { code, stderr } = await asked(['store', 'stats'], operations)
  expect(code).toBe(1)
  expect(stderr).toBe('12 events are missing: segments/_mixed/1.parquet: the file is missing\n')
})

const verifying = (found: object) => ({
  async *'store.verify'() {
    yield { verified: 5, damaged: [], aside: [], ...found }
  },
})

test('verify says that all is well', async () => {
  const { code, stdout, stderr } = await asked(['store', 'verify'], verifying({}))
  expect([code, stdout, stderr]).toEqual([0, '', '5 files are whole\n'])
})

test('verify names each damaged file, what became of it, and those of before', async () => {
  const damaged = [
    { file: 'segments/_mixed/1.parquet', rows: 12, reason: 'the file is empty' },
    { file: 'segments/_mixed/2.words', rows: 0, reason: 'it is another' },
  ]
  const aside = [{ file: 'points/raw/3.parquet', reason: 'the file is missing' }]
  const { code, stdout, stderr } = await asked(['store', 'verify'], verifying({ damaged, aside }))
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^\/.*\/store\/segments\/_mixed\/1\.parquet: the file is empty; .*its 12 rows.*backup.*\n\/.*\/store\/segments\/_mixed\/2\.words: it is another; .*nothing is lost\n$/,
  )
  expect(stderr).toMatch(
    /store\/points\/raw\/3\.parquet was set aside before: the file is missing\n/,
  )
  expect(stderr).toMatch(/damaged: 2 of 5 files\n$/)
  expect((await asked(['store', 'verify'], verifying({ aside }))).code).toBe(1)
})

test('adopt says what is back, and names what cannot be', async () => {
  const left = [{ file: 'aside/segments-1/_mixed/7.parquet', reason: 'the file is empty' }]
  const adopting = (found: object) => ({
    async *'store.adopt'() {
      yield { files: 2, rows: 12, left: [], ...found }
    },
  })
  const well = await asked(['store', 'adopt'], adopting({}))
  expect(well).toMatchObject({ code: 0, stdout: '' })
  expect(well.stderr).toBe('12 events and documents of 2 files are in the store again\n')
  const { code, stdout } = await asked(['store', 'adopt'], adopting({ left }))
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^\/.*store\/aside\/segments-1\/_mixed\/7\.parquet: the file is empty; it stays/,
  )
})

test('delete and compact', async () => {
  const done: unknown[] = []
  const operations = {
    async *'store.delete'(args: object) {
      done.push(args)
      yield {}
    },
    async *'store.compact'() {
      done.push('compact')
      yield {}
    },
  }
  expect((await asked(['store', 'delete', 'logs-a-default'], operations)).stderr).toBe(
    'logs-a-default is deleted\n',
  )
  await asked(['store', 'compact'], operations)
  expect(done).toEqual([{ stream: 'logs-a-default' }, 'compact'])
})

test('a deleted stream leaves nothing behind, its aliases neither', async () => {
  const { engine, services } = createEsApp()
  const api = new Api(services)
  const operations = storeOperations(() => ({ search: engine, embedded: { engine, api } }) as never)
  const name = 'logs-zv1-default'
  engine.streamsOfWeir = [{ name, kind: 'data_stream', documents: 1, bytes: 1, createdMs: 0 }]
  await api.indices.create('logs-other-default', { aliases: { zva1: {} } }, true)
  await api.indices.changeAliases(() => ({
    deleted: new Set(),
    edits: [{ index: name, alias: 'zva1', given: {} }],
    results: [],
  }))
  expect((await asked(['store', 'delete', name], operations)).stderr).toBe(`${name} is deleted\n`)
  expect((await api.indices.find('zva1')).map((each) => each.name)).toEqual(['logs-other-default'])
  expect((await api.indices.all()).has(name)).toBe(false)
  const again = await asked(['store', 'delete', name], operations)
  expect(again.stderr).toContain(`the store has no stream "${name}"`)
})
