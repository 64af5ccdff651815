import type { DuckDBConnection } from '@duckdb/node-api'
import { database } from '../database.ts'
import { join, type Sql, sql, verbatim } from '../sql.ts'
import type { Mask } from './documents_line.ts'

const never = new AbortController().signal

/** The condition of rows that were replaced or deleted; `masks` are not empty. */
export function isMasked(masks: readonly Mask[]): Sql {
  const byStream = Map.groupBy(masks, ({ stream }) => stream)
  const conditions = [...byStream].map(([stream, own]) => {
    // Numbers of our own: as text they cost less than as bound values.
    const numbers = verbatim(own.map(({ seq }) => String(Math.trunc(seq))).join(', '))
    return sql`(_stream = ${stream} and _seq in (${numbers}))`
  })
  return sql`coalesce(${join(conditions, ' or ')}, false)`
}

/** Of `masks`, those whose rows are in `files`, and so go with them. @param files absolute paths, one at least */
export async function maskedRows(
  connection: DuckDBConnection,
  files: readonly string[],
  masks: readonly Mask[],
): Promise<Mask[]> {
  if (masks.length === 0) return []
  const list = join(
    files.map((file) => sql`${file}`),
    ', ',
  )
  const rows = await database(connection).rows(
    sql`select _stream as stream, _seq as seq from read_parquet([${list}]) where ${isMasked(masks)}`,
    never,
  )
  return rows.map(({ stream, seq }) => ({ stream: stream as string, seq: Number(seq) }))
}
