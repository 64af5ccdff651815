import type { Chunk } from '../../../core/journal/chunk.ts'
import { SearchError } from '../../search.ts'
import { database, typesOf } from '../database.ts'
import { all, join, type Sql, sql, verbatim } from '../sql.ts'
import { whatIsWrong } from './file_check.ts'
import { asideFolder, segmentsFolder, wordsFile } from './layout.ts'
import { chunksOf, type ReadRow } from './row_chunks.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment_store.ts'
import { takeWholeBack } from './verify.ts'

/** What became of the files that were set aside. */
export interface Adopted {
  /** Files whose rows are in the store now. */
  readonly files: number
  /** Rows that it did not have. */
  readonly rows: number
  /** Files that cannot be read, below the store's folder: they stay where they are. */
  readonly left: readonly { readonly file: string; readonly reason: string }[]
}

type Add = (chunk: Chunk) => Promise<void>
/** Takes in what `fill` adds, as if it came from the journal. @returns how many rows. */
export type Take = (fill: (add: Add) => Promise<void>) => Promise<number>

/**
 * Takes the rows of segments back whose manifest was lost, file after file: an event that the store has, from another of
 * them or from the journal, is known by its place in the journal, and a document that has a newer one by its id. So whatever
 * ends it, and whatever an interrupted merge left twice, each is there once. A file goes when its rows are in.
 *
 * @throws SearchError while segments of the store are missing: what is in them would be there twice once they are back
 */
export async function adoptSegments(
  store: SegmentStore,
  take: Take,
  deadline: AbortSignal,
): Promise<Adopted> {
  const { files, folder, step } = store.world
  const left: { file: string; reason: string }[] = []
  const sound: string[] = []
  for (const file of await filesAside(store)) {
    const reason = await whyNot(store, `${folder}/${file}`, deadline)
    deadline.throwIfAborted()
    if (reason === undefined) sound.push(file)
    else left.push({ file, reason })
  }
  await takeWholeBack(store, deadline)
  let rows = 0
  for (const [place, file] of sound.entries()) {
    deadline.throwIfAborted()
    const path = `${folder}/${file}`
    const others = sound.slice(place + 1).map((other) => `${folder}/${other}`)
    rows += await take((add) => addMissing(store, path, others, add))
    step('remove adopted')
    await files.remove(path)
    await files.remove(wordsFile(path))
  }
  return { files: sound.length, rows, left }
}

/** Parquet files of events that were set aside, below the store's folder. */
async function filesAside({ world: { files, folder } }: SegmentStore): Promise<string[]> {
  const found: string[] = []
  /** @param depth of folders below. */
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const name of await files.list(path)) {
      if (name.endsWith('.parquet')) found.push(`${path}/${name}`.slice(folder.length + 1))
      else if (depth > 0 && !name.endsWith('.words')) await walk(`${path}/${name}`, depth - 1)
    }
  }
  for (const name of await files.list(asideFolder(folder))) {
    if (name.startsWith('segments-')) await walk(`${asideFolder(folder)}/${name}`, 2)
  }
  return found
}

const columns = ['_stream', '_journal', '_ordinal', '_id', '_seq', '"@timestamp"', '_source']

const whyNot = (store: SegmentStore, path: string, deadline: AbortSignal) =>
  whatIsWrong(
    { files: store.world.files, connected: (action) => store.connected(action) },
    {
      path,
      rows: undefined,
      checksum: undefined,
      values: verbatim(columns.map((name) => `max(hash(${name}))`).join(', ')),
    },
    deadline,
  )

/** Adds the rows of a file that the store does not have. @param others that are taken in after it. */
async function addMissing(
  store: SegmentStore,
  path: string,
  others: readonly string[],
  add: Add,
): Promise<void> {
  refuseWhileMissing(store)
  const streams = store.manifest.streams().map(({ stream }) => stream)
  // Held until it is closed: no merge takes one of them away meanwhile.
  const opened = store.reading.open(streams, { words: [], equals: new Map() })
  try {
    await store.connected(async (connection) => {
      const [facts] = await database(connection).rows(
        sql`select min("@timestamp") as first, max("@timestamp") as last, bool_or("@timestamp" is null) as untimed,
          bool_or(_id is not null) as documents from read_parquet(${path})`,
        never,
      )
      const [first, last] = [facts!['first'] as bigint | null, facts!['last'] as bigint | null]
      const isBeside = ({ minMicros, maxMicros, untimed }: Segment) =>
        (facts!['untimed'] === true && untimed > 0) ||
        (first !== null && minMicros !== null && minMicros <= last! && maxMicros! >= first)
      const numbered = opened.segments.filter(({ parts }) =>
        parts.some(({ maxSeq }) => maxSeq !== null),
      )
      const pathOf = ({ file }: Segment) => `${segmentsFolder(store.world.folder)}/${file}`
      const query = all([
        isNotIn(opened.segments.filter(isBeside).map(pathOf)),
        facts!['documents'] === true ? isNewest([...numbered.map(pathOf), ...others]) : sql`true`,
      ])
      const rows = sql`select _stream, _journal, _ordinal, _id, _seq, epoch_us("@timestamp"), _source
        from read_parquet(${path}) t where ${query}`
      const result = await connection.stream(rows.text, [...rows.values], typesOf(rows.values))
      for await (const read of result) {
        for (const chunk of chunksOf(read.getRows().map(rowOf))) await add(chunk)
      }
    })
  } finally {
    opened.close()
  }
}

function refuseWhileMissing({ manifest: { aside } }: SegmentStore): void {
  const [first] = aside.values()
  if (!first) return
  const reason = `files of the store are missing (${aside.size}), such as segments/${first.file}: what is in them would be there twice once they are back. Put them back first ("weir store verify" names them), or wait until retention gives them up`
  throw new SearchError(409, 'illegal_state_exception', reason)
}

const never = new AbortController().signal
const listOf = (paths: readonly string[]) =>
  join(
    paths.map((path) => sql`${path}`),
    ', ',
  )

/** Each row has a place of its own in the journal, which it keeps. */
const isNotIn = (paths: readonly string[]): Sql =>
  paths.length === 0
    ? sql`true`
    : sql`not exists (select 1 from read_parquet([${listOf(paths)}]) s
        where s._journal = t._journal and s._ordinal = t._ordinal)`

const isNewest = (paths: readonly string[]): Sql =>
  paths.length === 0
    ? sql`true`
    : sql`(t._id is null or not exists (select 1 from read_parquet([${listOf(paths)}]) s
        where s._id = t._id and s._stream = t._stream and s._seq > t._seq))`

function rowOf([stream, journal, ordinal, id, seq, micros, source]: readonly unknown[]): ReadRow {
  return {
    stream: stream as string,
    journal: journal as string,
    ordinal: Number(ordinal),
    id: id as string | null,
    seq: seq === null ? null : Number(seq),
    micros: micros as bigint | null,
    source: source as string,
  }
}
