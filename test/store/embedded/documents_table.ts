/** Tables of documents as segments hold them, in memory: for tests of what is asked of them. */
import { DuckDBInstance } from '@duckdb/node-api'
import { isExactNumber } from '../../../core/exact_json.ts'
import { baseColumns, promotedColumns } from '../../../store/embedded/columns.ts'
import { database, type Database } from '../../../store/embedded/database.ts'
import type { Shape } from '../../../store/embedded/shape.ts'
import { identifier, type Sql } from '../../../store/embedded/sql.ts'
import type { JsonKind } from '../../../store/fields.ts'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'

export interface TestDocument {
  readonly source: JsonRecord
  /** Default `logs-test-default`. */
  readonly stream?: string
  /** A client's id; without one the row is one of Weir's own. */
  readonly id?: string
  readonly seq?: number
}

export interface DocumentsTable {
  readonly from: Sql
  readonly database: Database
  /** By stream. */
  readonly shapes: ReadonlyMap<string, readonly Shape[]>
  close(): void
}

export const testJournal = '01JD0000000000000000000000'

/** A new in-memory DuckDB with one table; documents have ordinals 0, 1, 2, … of `testJournal`. */
export async function documentsTable(documents: readonly TestDocument[]): Promise<DocumentsTable> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`set TimeZone = 'UTC'`)
  const columns = [
    ...Object.entries(baseColumns),
    ...promotedColumns.map(({ path, type }) => [path, type] as const),
  ].map(([name, type]) => [identifier(name).text, type] as const)
  await connection.run(`create table rows (${columns.map((each) => each.join(' ')).join(', ')})`)
  const holders = columns.map(([, type]) =>
    type === 'VARCHAR[]' ? `from_json(?, '["VARCHAR"]')` : `cast(? as ${type})`,
  )
  const insert = await connection.prepare(`insert into rows values (${holders.join(', ')})`)
  for (const [ordinal, document] of documents.entries()) {
    insert.bind(rowOf(document, ordinal))
    await insert.run()
  }
  return {
    from: { text: 'rows', values: [] },
    database: database(connection),
    shapes: shapesOfDocuments(documents),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

const streamOf = ({ stream = 'logs-test-default' }: TestDocument) => stream

function rowOf(document: TestDocument, ordinal: number): (string | number | null)[] {
  const { source, id = null, seq = null } = document
  const spilled: string[] = []
  const promoted = promotedColumns.map(({ path, type }) => {
    const found = valuesAt(source, path)
    if (found.length === 0) return null
    const [value] = found
    const fits = type === 'BIGINT' ? Number.isSafeInteger(value) : typeof value === 'string'
    if (found.length === 1 && (value === null || fits)) return value as string | number | null
    spilled.push(path)
    return null
  })
  const time = source['@timestamp']
  return [
    streamOf(document),
    typeof time === 'string' ? time.replace('Z', '') : null,
    testJournal,
    ordinal,
    id,
    seq,
    spilled.length === 0 ? null : JSON.stringify(spilled),
    JSON.stringify(source),
    ...promoted,
  ]
}

/** What stands at a dotted path, by every spelling of it, not looking into arrays. */
function valuesAt(value: JsonValue, path: string): JsonValue[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === path) return [inner]
    return path.startsWith(`${name}.`) ? valuesAt(inner, path.slice(name.length + 1)) : []
  })
}

export function shapesOfDocuments(
  documents: readonly TestDocument[],
): ReadonlyMap<string, readonly Shape[]> {
  const streams = new Map<string, Map<string, Shape>>()
  for (const document of documents) {
    const shapes = streams.get(streamOf(document)) ?? new Map<string, Shape>()
    learn(document.source, '', '$', shapes)
    streams.set(streamOf(document), shapes)
  }
  return new Map([...streams].map(([stream, shapes]) => [stream, [...shapes.values()]]))
}

function learn(value: JsonValue, path: string, jsonPath: string, shapes: Map<string, Shape>): void {
  const add = (kind: JsonKind | 'object') => {
    const shape = { path, jsonPath, many: jsonPath.includes('[*]'), kind }
    if (path !== '') shapes.set(`${kind} ${jsonPath}`, shape)
  }
  if (value === null) return
  if (isExactNumber(value)) add(/^-?\d+$/.test(value.rawJSON) ? 'long' : 'double')
  else if (Array.isArray(value)) {
    if (value.length === 0) add('object')
    for (const each of value) learn(each, path, `${jsonPath}[*]`, shapes)
  } else if (typeof value === 'object') {
    const entries = Object.entries(value)
    if (entries.length === 0) add('object')
    for (const [name, inner] of entries) {
      const quoted = `."${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
      learn(inner, path === '' ? name : `${path}.${name}`, jsonPath + quoted, shapes)
    }
  } else if (typeof value === 'string') {
    add(/^\d{4}-\d\d-\d\d(T|$)/.test(value) ? 'date_string' : 'string')
  } else if (typeof value === 'number') add(Number.isInteger(value) ? 'long' : 'double')
  else add('boolean')
}
