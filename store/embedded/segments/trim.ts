import type { DuckDBConnection } from '@duckdb/node-api'
import { database } from '../database.ts'
import { type Sql, sql } from '../sql.ts'
import { segmentsFolder } from './layout.ts'
import { maskedRows } from './masked_rows.ts'
import type { Trimming } from './retention.ts'
import type { SegmentStore } from './segment_store.ts'
import { highestSeqs } from './segment.ts'
import { writeSegment } from './segment_writer.ts'

const never = new AbortController().signal

/**
 * Writes a segment anew without its oldest rows. It has no token filter: that of before has the words of rows
 * that are gone, and may be most of what the segment takes.
 *
 * @param quiet resolves when a segment may be written beside questions.
 * @returns how many rows went; undefined when something changed meanwhile, and nothing has happened.
 */
export async function trim(
  store: SegmentStore,
  connection: DuckDBConnection,
  { segment, share }: Trimming,
  quiet: () => Promise<void>,
): Promise<number | undefined> {
  const { manifest, reading, world } = store
  const { stream, day, merged, parts } = segment
  const streams = parts.map((part) => part.stream)
  const gone = new Map(manifest.gone)
  const masks = await maskedRows(
    connection,
    [`${segmentsFolder(world.folder)}/${segment.file}`],
    manifest.masks(streams),
  )
  const kept = await newestOf(connection, reading.rowsOf([segment]), share)
  await quiet()
  const added = await writeSegment(connection, world, kept, {
    id: manifest.takeId(),
    stream,
    day,
    merged,
    words: new Map(),
    sourceBytes: (name, rows) => {
      const part = parts.find((each) => each.stream === name)!
      return Math.round((part.sourceBytes * rows) / Math.max(1, part.rows))
    },
  })
  const add = added ? [added] : []
  world.step('commit trim')
  const isSame =
    manifest.segments.has(segment.id) &&
    streams.every((name) => manifest.gone.get(name) === gone.get(name))
  if (!isSame) {
    await store.discard(add)
    return undefined
  }
  await store.commit({ add, remove: [segment.id], unmask: masks, taken: highestSeqs(parts) })
  return segment.rows - add.reduce((sum, each) => sum + rowsIn(each.parts), 0)
}

/** `rows` in their order, without the oldest. Those without a time are the oldest, by their place in the journal. */
async function newestOf(connection: DuckDBConnection, rows: Sql, share: number): Promise<Sql> {
  const { rows: ask } = database(connection)
  const [total] = await ask(sql`select count(*) as n from ${rows}`, never)
  const leaving = Math.ceil(Number(total!['n']) * share)
  const [first] = await ask(
    sql`select "@timestamp" as t, _journal as j, _ordinal as o from ${rows}
      order by "@timestamp" nulls first, _journal, _ordinal limit 1 offset ${leaving}`,
    never,
  )
  if (!first) return sql`select * from ${rows} where false`
  const time = first['t'] as bigint | null
  const behind = sql`(_journal, _ordinal) >= (${first['j'] as string}, ${Number(first['o'])})`
  return time === null
    ? sql`select * from ${rows} where "@timestamp" is not null or ${behind}`
    : sql`select * from ${rows} where "@timestamp" > make_timestamp(${time}) or ("@timestamp" = make_timestamp(${time}) and ${behind})`
}

const rowsIn = (parts: readonly { readonly rows: number }[]) =>
  parts.reduce((sum, { rows }) => sum + rows, 0)
