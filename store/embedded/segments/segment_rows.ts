import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type Segment, type StreamPart, sumOf } from './segment.ts'

/** The segments that a manifest's database has, by id. */
export function segmentsIn(database: DatabaseSync): Segment[] {
  const parts = new Map<number, StreamPart[]>()
  for (const row of allBig(database, 'select * from segment_streams')) {
    const id = Number(row['segment'])
    if (!parts.has(id)) parts.set(id, [])
    parts.get(id)!.push({
      stream: row['stream'] as string,
      rows: Number(row['rows']),
      sourceBytes: Number(row['source_bytes']),
      minMicros: row['min_time'] as bigint | null,
      maxMicros: row['max_time'] as bigint | null,
      untimed: Number(row['untimed']),
      maxSeq: row['max_seq'] === null ? null : Number(row['max_seq']),
      spilled: JSON.parse(row['spilled'] as string) as string[],
    })
  }
  const counts = database.prepare('select distinct segment from segment_streams where counted = 1')
  const counted = new Set(counts.all().map(({ segment }) => segment))
  return allBig(database, 'select * from segments order by id').map((row) => {
    const id = Number(row['id'])
    const own = parts.get(id) ?? []
    return {
      id,
      file: row['file'] as string,
      stream: (row['stream'] as string | null) ?? undefined,
      day: (row['day'] as string | null) ?? undefined,
      bytes: Number(row['bytes']),
      words: row['words'] === 1n,
      merged: row['merged'] === 1n,
      parts: own,
      ...sumOf(own),
      counted: counted.has(id),
    }
  })
}

function allBig(database: DatabaseSync, text: string): Record<string, SQLInputValue>[] {
  const statement = database.prepare(text)
  statement.setReadBigInts(true)
  return statement.all() as Record<string, SQLInputValue>[]
}
