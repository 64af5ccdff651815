/** Segments that are written anew: the order of their rows. */
import { DuckDBInstance } from '@duckdb/node-api'
import { readdirSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { embeddedConfig } from '../../../../store/embedded/config.ts'
import { openStore, type TestStore } from '../setup.ts'

const stream = 'logs-large-default'
const padding = 'x'.repeat(4_000)

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const levels = ['info', 'error', 'debug', undefined, 'WARNING']
const levelOf = (n: number) => levels[n % levels.length]
const statusOf = (n: number) => (n % 7 === 0 ? 503 : 200)

/** Events of these numbers, which are their milliseconds too: as many as get a segment of their own. */
function batchOf(numbers: readonly number[]) {
  const lines = numbers.map((n) => {
    const time = new Date(Date.UTC(2026, 10, 21, 10) + n).toISOString()
    const http = { response: { status_code: statusOf(n) } }
    const about = {
      '@timestamp': time,
      message: `n${n}`,
      log: { level: levelOf(n) },
      http,
      padding,
    }
    return `${JSON.stringify(about)}\n`
  })
  return { stream, tag: 'large', bytes: Buffer.from(lines.join('')), count: lines.length }
}

/** The messages of a file in the order of its rows. */
async function messagesIn(file: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const read = await connection.runAndReadAll(
    `select message from read_parquet('${file}', file_row_number = true) order by file_row_number`,
  )
  connection.closeSync()
  instance.closeSync()
  return read.getRows().map(([message]) => message)
}

test.each([
  ['one behind the other', (part: number, n: number) => part * 1_100 + n],
  ['of the same times', (part: number, n: number) => n * 3 + part],
])('rows that tell of trouble are last, each part by time: segments %s', async (_, numberOf) => {
  store = await openStore()
  for (const part of [0, 1, 2]) {
    await store.append(batchOf(Array.from({ length: 1_100 }, (_row, n) => numberOf(part, n))))
    await store.engine.refresh()
  }
  await store.engine.compact()
  const folder = `${store.folder}/store/segments/${stream}/2026-11-21`
  const files = readdirSync(folder).filter((file) => file.endsWith('.parquet'))
  expect(files).toHaveLength(1)
  const isTrouble = (n: number) =>
    ['error', 'WARNING'].includes(levelOf(n) ?? '') || statusOf(n) === 503
  const all = Array.from({ length: 3_300 }, (_row, n) => n)
  const wanted = [...all.filter((n) => !isTrouble(n)), ...all.filter(isTrouble)]
  expect(await messagesIn(`${folder}/${files[0]!}`)).toEqual(wanted.map((n) => `n${n}`))
})

/** Of rows so many days old. */
function batch(name: string, daysOld: readonly number[]) {
  const lines = daysOld.map((days) => {
    const time = new Date(Date.now() - days * 86_400_000).toISOString()
    return `${JSON.stringify({ '@timestamp': time, message: 'm' })}\n`
  })
  const bytes = Buffer.from(lines.join(''))
  return { stream: name, tag: 'old', bytes, count: lines.length }
}

test('compact leaves out rows that are too old of a segment that nothing is merged with', async () => {
  const { retention } = embeddedConfig.parse({
    retention: { age: '30d', streams: [{ match: 'logs-debug-*', age: '2d' }] },
  })
  store = await openStore({ retention })
  await store.append(batch('logs-debug-default', [4, 4, 0, 0]))
  await store.append(batch('logs-app-default', [2_000, 4, 0]))
  await store.engine.refresh()
  const { engine } = store
  const kept = async () =>
    Object.fromEntries((await engine.streams()).map((each) => [each.name, each.documents]))
  expect(await kept()).toEqual({ 'logs-debug-default': 4, 'logs-app-default': 3 })
  await engine.compact()
  expect(await kept()).toEqual({ 'logs-debug-default': 2, 'logs-app-default': 2 })
})

test.each([
  ['of several segments', ['logs-a-default', 'logs-b-default', 'logs-c-default']],
  ['that nothing is merged with', ['logs-a-default']],
])('compact sets a damaged input aside, %s, and goes on', async (_, streams) => {
  const { retention } = embeddedConfig.parse({ retention: { age: '30d' } })
  store = await openStore({ retention })
  const { engine } = store
  for (const name of streams) {
    await store.append(batch(name, [2_000, 0]))
    await engine.refresh()
  }
  const segments = `${store.folder}/store/segments`
  const names = readdirSync(segments, { recursive: true, encoding: 'utf8' })
  const [first] = names.filter((name) => name.endsWith('.parquet')).toSorted()
  writeFileSync(`${segments}/${first!}`, 'none of Parquet')
  await engine.compact()
  const kept = (await engine.streams()).map(({ name, documents }) => [name, documents])
  expect(kept).toEqual(streams.map((name, place) => [name, place === 0 ? 0 : 1]))
  const { damaged } = (await engine.statistics()) as { damaged: object[] }
  expect(damaged).toMatchObject([{ file: expect.stringContaining(first!), rows: 2 }])
})
