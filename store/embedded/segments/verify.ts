import { messageOf } from '../../../core/errors.ts'
import type { JsonRecord } from '../../search.ts'
import { database } from '../database.ts'
import { isPassing } from '../memory.ts'
import { identifier, join, sql } from '../sql.ts'
import { baseColumns, promotedColumns } from '../columns.ts'
import { areWordsSound, isFileSound } from './checksums.ts'
import { segmentsFolder, wordsFile } from './layout.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment_store.ts'

const columns = [...Object.keys(baseColumns), ...promotedColumns.map(({ path }) => path)]

/** Reads every value of every segment. @returns what was damaged, and is set aside now. */
export async function verifySegments(
  store: SegmentStore,
  deadline: AbortSignal,
): Promise<JsonRecord> {
  const damaged: JsonRecord[] = []
  let verified = 0
  for (const segment of store.manifest.segments.values()) {
    const why = await whatIsWrong(store, segment, deadline)
    deadline.throwIfAborted()
    verified += 1
    // Merged away meanwhile.
    if (!store.manifest.segments.has(segment.id)) continue
    if (why !== undefined) {
      store.setAside(segment, why)
      damaged.push({ file: segment.file, rows: segment.rows, reason: why })
    } else if (await dropChangedWords(store, segment)) {
      const reason = 'it is not as it was written, and is removed: the segment is searched without'
      damaged.push({ file: wordsFile(segment.file), rows: 0, reason })
    }
  }
  return { verified, damaged }
}

/** After a question failed: the segments that DuckDB's message may be about, checked and set aside. */
export async function damagedAmong(store: SegmentStore, failure: unknown): Promise<Segment[]> {
  const message = messageOf(failure)
  if (isPassing(failure)) return []
  if (!/parquet|file|read|decompress|zstd|corrupt|magic/i.test(message)) return []
  const all = [...store.manifest.segments.values()]
  const named = all.filter(({ file }) => message.includes(file))
  const damaged: Segment[] = []
  for (const segment of named.length > 0 ? named : all) {
    const why = await whatIsWrong(store, segment, AbortSignal.timeout(60_000)).catch(
      () => undefined,
    )
    if (why === undefined) continue
    store.setAside(segment, why)
    damaged.push(segment)
  }
  return damaged
}

/** Takes away a token filter that is not as it was written: it would hide rows. @returns whether there was one. */
async function dropChangedWords(store: SegmentStore, segment: Segment): Promise<boolean> {
  const { files, folder } = store.world
  const written = store.manifest.checksums(segment.id)
  const path = `${segmentsFolder(folder)}/${segment.file}`
  if (!written || (await areWordsSound(files, path, written))) return false
  await files.remove(wordsFile(path))
  store.words.forget(segment)
  return true
}

/** @throws what says nothing of the segment, such as too little memory */
async function whatIsWrong(
  store: SegmentStore,
  segment: Segment,
  deadline: AbortSignal,
): Promise<string | undefined> {
  const { files, folder } = store.world
  const path = `${segmentsFolder(folder)}/${segment.file}`
  if ((await files.size(path)) === undefined) return 'the file is missing'
  try {
    const written = store.manifest.checksums(segment.id)
    if (written && !(await isFileSound(files, path, written)))
      return 'its checksum is not that of what was written'
    return await store.connected(async (connection) => {
      const values = join(
        columns.map((name) => sql`max(hash(${identifier(name)}))`),
        ', ',
      )
      const rows = await database(connection).rows(
        sql`select count(*) as rows, ${values} from read_parquet(${path})`,
        deadline,
      )
      const counted = Number(rows[0]!['rows'])
      if (counted === segment.rows) return undefined
      return `it has ${counted} rows, and should have ${segment.rows}`
    })
  } catch (failure) {
    if (deadline.aborted) return undefined
    if (isPassing(failure)) throw failure
    return messageOf(failure)
  }
}
