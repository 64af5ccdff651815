/** What questions see of segments. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineParts } from '../../../../store/api/document_line.ts'
import { documentsTag } from '../../../../store/documents_tag.ts'
import type { Answerer } from '../../../../store/embedded/answerer.ts'
import { sql } from '../../../../store/embedded/sql.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from '../setup.ts'

/** With `explain`, how DuckDB would read some columns. */
const explained: Answerer = {
  ...plainAnswerer,
  async search(target, request, options, from) {
    if (request['explain'] !== true)
      return await plainAnswerer.search(target, request, options, from)
    const opened = from.reading.open(target.split(','), { words: [], equals: new Map() })
    try {
      const [row] = await from.database.rows(
        sql`explain (format json) select _stream, _id, _seq, message from ${opened.from}`,
        from.deadline,
      )
      return { hits: [{ plan: row!['explain_value'] as string }] }
    } finally {
      opened.close()
    }
  },
}

let store: TestStore
beforeAll(async () => {
  store = await openStore({}, inProcess(explained))
  const time = new Date().toISOString()
  const event = Buffer.from(`{"@timestamp":"${time}","message":"an event"}\n`)
  await store.append({ stream: 'logs', tag: 'app', bytes: event, count: 1 })
  const source = Buffer.from('{"message":"a document"}')
  const line = {
    id: 'k1',
    seq: 7,
    op: 'index',
    replaces: undefined,
    time,
    noTime: false,
    source,
  } as const
  await store.append({
    stream: 'notes',
    tag: documentsTag,
    bytes: Buffer.concat(lineParts(line)),
    count: 1,
  })
  await store.engine.refresh()
})
afterAll(() => store.close())

const rowsOf = (target: string) => store.all(target, { sql: '_stream, _id, _seq order by _stream' })
const event = { _stream: 'logs', _id: null, _seq: null }
const document = { _stream: 'notes', _id: 'k1', _seq: 7 }

test.each([
  ['logs', [event]],
  ['notes', [document]],
  ['logs,notes', [event, document]],
])('rows of %s have their streams, ids and numbers, read or known', async (target, rows) => {
  expect(await rowsOf(target)).toEqual(rows)
})

interface PlanNode {
  readonly name: string
  readonly children: readonly PlanNode[]
  readonly extra_info: JsonRecord
}

function scanIn([node]: readonly PlanNode[]): PlanNode {
  return node!.name === 'READ_PARQUET' ? node! : scanIn(node!.children)
}

test('columns that are known to be the same in all rows are not read', async () => {
  const columnsRead = async (target: string) => {
    const [{ plan }] = (await store.all(target, { explain: true })) as [{ plan: string }]
    return [scanIn(JSON.parse(plan) as PlanNode[]).extra_info['Projections']].flat()
  }
  expect(await columnsRead('logs')).toEqual(['message'])
  expect(await columnsRead('notes')).toEqual(['_id', '_seq', 'message'])
  expect(await columnsRead('logs,notes')).toEqual(['_stream', '_id', '_seq', 'message'])
})
