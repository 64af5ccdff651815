import type { DuckDBConnection } from '@duckdb/node-api'
import type { Files } from '../../../core/files.ts'
import { database } from '../database.ts'
import { type Sql, sql } from '../sql.ts'
import { checksumsOf } from './checksums.ts'
import { execute, pathLiteral } from './duckdb.ts'
import { segmentFile, segmentsFolder, wordsFile } from './layout.ts'
import { minutesMax } from './minute_counts.ts'
import type { MinuteCount, NewSegment, StreamPart } from './segment.ts'
import { parquetOptions } from './segment_columns.ts'
import { readSourcePages } from './source_pages.ts'
import { encodeWords, type WordsByStream } from './words_file.ts'

export interface SegmentWorld {
  readonly files: Files
  /** `<data_dir>/store` */
  readonly folder: string
  /** Called before each step that a crash may come between; tests throw from it. */
  readonly step: (name: string) => void
}

const never = new AbortController().signal

export interface Wanted {
  readonly id: number
  readonly stream: string | undefined
  readonly day: string | undefined
  readonly merged: boolean
  /** Of each stream; those with too many are left out. */
  readonly words: WordsByStream
  /** Bytes of the documents of a stream, of which there are so many. */
  readonly sourceBytes: (stream: string, rows: number) => number
}

/**
 * Writes `rows` as a segment and syncs it. Nothing names it yet: after a crash it is removed.
 *
 * @returns undefined when there are no rows.
 */
export async function writeSegment(
  connection: DuckDBConnection,
  { files, folder, step }: SegmentWorld,
  rows: Sql,
  { id, stream, day, merged, words, sourceBytes }: Wanted,
): Promise<NewSegment | undefined> {
  const file = segmentFile(id, stream, day)
  const path = `${segmentsFolder(folder)}/${file}`
  const parent = path.slice(0, path.lastIndexOf('/'))
  await makeDurableFolder(files, segmentsFolder(folder), file)
  step('write segment')
  try {
    await execute(
      connection,
      sql`copy (${rows}) to ${pathLiteral(path)} (${parquetOptions(merged)})`,
    )
  } catch (failure) {
    // What there is of it by now would stay until the next start.
    await files.remove(path)
    throw failure
  }
  const parts = await streamParts(connection, path, sourceBytes)
  if (parts.length === 0) {
    await files.remove(path)
    return undefined
  }
  const minutes = await minuteCounts(connection, path)
  step('sync segment')
  await syncFile(files, path)
  const bytes = (await files.size(path)) ?? 0
  const own = new Map(
    parts.flatMap(({ stream: name }) => {
      const hashes = words.get(name)
      return hashes ? [[name, hashes] as const] : []
    }),
  )
  step('write words')
  const wordsBytes = await writeWords(files, path, own)
  await files.syncFolder(parent)
  return {
    id,
    file,
    stream,
    day,
    merged,
    bytes: bytes + wordsBytes,
    words: own.size > 0,
    parts,
    minutes,
    checksums: await checksumsOf(files, path, own.size > 0),
    sourcePages: await readSourcePages(files, path),
  }
}

/** Writes the token filters beside a segment, and syncs them. @returns their bytes. */
export async function writeWords(
  files: Files,
  segmentPath: string,
  words: WordsByStream,
): Promise<number> {
  const path = wordsFile(segmentPath)
  const encoded = encodeWords(words)
  await files.remove(path)
  const handle = await files.open(path, 'wx+')
  try {
    await handle.write(encoded, 0)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  return encoded.reduce((sum, { length }) => sum + length, 0)
}

/** The folder of a file below `top`. */
export async function makeDurableFolder(files: Files, top: string, file: string): Promise<void> {
  let folder = top
  for (const name of file.split('/').slice(0, -1)) {
    const parent = folder
    folder = `${folder}/${name}`
    if ((await files.size(folder)) !== undefined) continue
    await files.makeFolder(folder)
    await files.syncFolder(parent)
  }
}

async function syncFile(files: Files, path: string): Promise<void> {
  const handle = await files.open(path, 'r+')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

async function streamParts(
  connection: DuckDBConnection,
  path: string,
  sourceBytes: Wanted['sourceBytes'],
): Promise<StreamPart[]> {
  const rows = await database(connection).rows(
    sql`select _stream as stream, count(*) as rows,
      min("@timestamp") as min, max("@timestamp") as max, count(*) - count("@timestamp") as untimed,
      max(_seq) as max_seq, list_distinct(flatten(list(_spilled) filter (_spilled is not null))) as spilled
      from read_parquet(${path}) group by _stream order by _stream`,
    never,
  )
  return rows.map((row) => ({
    stream: row['stream'] as string,
    rows: Number(row['rows']),
    sourceBytes: sourceBytes(row['stream'] as string, Number(row['rows'])),
    minMicros: row['min'] as bigint | null,
    maxMicros: row['max'] as bigint | null,
    untimed: Number(row['untimed']),
    maxSeq: row['max_seq'] === null ? null : Number(row['max_seq']),
    spilled: (row['spilled'] as readonly string[] | null) ?? [],
  }))
}

async function minuteCounts(
  connection: DuckDBConnection,
  path: string,
): Promise<MinuteCount[] | undefined> {
  // A level that is not in its column cannot be counted here, nor one that looks like none.
  const rows = await database(connection).rows(
    sql`select _stream as stream, epoch_us(date_trunc('minute', "@timestamp")) // 60000000 as minute,
      coalesce("log.level", '') as level, count(*) as count,
      bool_or(list_contains(_spilled, 'log.level') or "log.level" = '') as spilled
      from read_parquet(${path}) where "@timestamp" is not null group by all limit ${minutesMax + 1}`,
    never,
  )
  if (rows.length > minutesMax || rows.some(({ spilled }) => spilled === true)) return undefined
  return rows.map((row) => ({
    stream: row['stream'] as string,
    minute: Number(row['minute']),
    level: row['level'] as string,
    count: Number(row['count']),
  }))
}
