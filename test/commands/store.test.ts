import { expect, test } from 'vitest'
import { asked } from './asked.ts'

const stats = {
  statistics: { segments: 3, metrics: { points: 7, bytes: 1_400 } },
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

test.each([
  [[], 0],
  [[{ file: 'a.parquet', reason: 'torn' }], 1],
])('verify with %j damaged', async (damaged, code) => {
  const ended = await asked(['store', 'verify'], {
    async *'store.verify'() {
      yield { damaged, segments: 5 }
    },
  })
  expect(ended).toMatchObject({ code, stdout: damaged.length > 0 ? 'a.parquet: torn\n' : '' })
  expect(ended.stderr).toContain('"segments":5')
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
