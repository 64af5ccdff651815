/** docs/formats/segments.md: another DuckDB reads the files by their paths alone. */
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, expect, test } from 'vitest'
import { baseColumns, promotedColumns } from '../../../store/embedded/columns.ts'
import { openStore, type TestStore } from './setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const lines = (count: number, level: string, pad = '') => {
  const line = (n: number) => {
    const time = new Date(Date.UTC(2026, 10, 21, 10) + n).toISOString()
    return `{"@timestamp":"${time}","message":"n${n}${pad}","log":{"level":"${level}"}}\n`
  }
  return Buffer.from(Array.from({ length: count }, (_, n) => line(n)).join(''))
}

test('segments are plain Parquet in documented places', async () => {
  store = await openStore()
  const pad = '.'.repeat(1_000)
  const large = { stream: 'logs-large-default', tag: 'large', count: 4_500 }
  await store.append({ ...large, bytes: lines(4_500, 'info', pad) })
  await store.engine.refresh()
  await store.append({
    stream: 'logs-small-default',
    tag: 'small',
    bytes: lines(3, 'warn'),
    count: 3,
  })
  await store.engine.refresh()
  await store.engine.compact()
  const segments = `${store.folder}/store/segments`
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = async (query: string) => (await connection.runAndReadAll(query)).getRowsJson()
  expect(
    await rows(`select count(*), min("@timestamp"), max(message)[:5]
      from '${segments}/logs-large-default/2026-11-21/*.parquet' where "log.level" = 'info'`),
  ).toEqual([['4500', '2026-11-21 10:00:00', 'n999.']])
  expect(
    await rows(`select _stream, message, _source->>'$.log.level'
      from '${segments}/_mixed/*.parquet' where _stream = 'logs-small-default' order by _ordinal limit 1`),
  ).toEqual([['logs-small-default', 'n0', 'warn']])
  const described = await rows(`describe select * from '${segments}/**/*.parquet'`)
  expect(described.map(([name, type]) => [name, type])).toEqual([
    ...Object.entries(baseColumns).slice(0, -1),
    ...promotedColumns.map(({ path, type }) => [path, type]),
    ['_source', 'VARCHAR'],
  ])
  connection.closeSync()
  instance.closeSync()
})
