import { messageOf } from '../../../core/errors.ts'
import { isPassing } from '../memory.ts'
import { identifier, join, sql } from '../sql.ts'
import { baseColumns, promotedColumns } from '../columns.ts'
import { areWordsSound } from './checksums.ts'
import { whatIsWrong } from './file_check.ts'
import { segmentsFolder, wordsFile } from './layout.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment_store.ts'

const everyColumn = join(
  [...Object.keys(baseColumns), ...promotedColumns.map(({ path }) => path)].map(
    (name) => sql`max(hash(${identifier(name)}))`,
  ),
  ', ',
)

/** A file that is damaged, below the store's folder, with the rows that went with it. */
export interface Found {
  readonly file: string
  readonly rows: number
  readonly reason: string
}

/** Takes back what is whole again, then reads every value of every segment. @returns what was damaged, and is set aside now. */
export async function verifySegments(
  store: SegmentStore,
  deadline: AbortSignal,
): Promise<{ verified: number; damaged: Found[] }> {
  const damaged: Found[] = []
  let verified = 0
  await takeWholeBack(store, deadline)
  for (const segment of store.manifest.segments.values()) {
    const why = await wrongWith(store, segment, deadline)
    deadline.throwIfAborted()
    verified += 1
    // Merged away meanwhile.
    if (!store.manifest.segments.has(segment.id)) continue
    if (why !== undefined) {
      store.setAside(segment, why)
      damaged.push({ file: `segments/${segment.file}`, rows: segment.rows, reason: why })
    } else if (await dropChangedWords(store, segment)) {
      const reason = 'its checksum is not that of what was written: the filter is removed'
      damaged.push({ file: `segments/${wordsFile(segment.file)}`, rows: 0, reason })
    }
  }
  return { verified, damaged }
}

/** Takes segments back that were set aside, and whose files are as they were written. What fails leaves one aside. */
export async function takeWholeBack(
  store: SegmentStore,
  deadline: AbortSignal,
  segments: Iterable<Segment> = store.manifest.aside.values(),
): Promise<void> {
  for (const segment of segments) {
    try {
      const why = await wrongWith(store, segment, deadline)
      if (deadline.aborted) return
      if (why === undefined) store.takeBack(segment)
    } catch {
      // Too little memory, or a full disk: the next look takes it.
    }
  }
}

/** After DuckDB failed on `all`: the segments that its message may be about, checked and set aside. */
export async function damagedAmong(
  store: SegmentStore,
  failure: unknown,
  all: readonly Segment[] = [...store.manifest.segments.values()],
): Promise<Segment[]> {
  const message = messageOf(failure)
  if (isPassing(failure)) return []
  if (!/parquet|file|read|decompress|zstd|corrupt|magic/i.test(message)) return []
  const named = all.filter(({ file }) => message.includes(file))
  const suspects = new Set(named.length > 0 ? named : all)
  // It names one file of a folder that is away.
  for (const segment of all) {
    const path = `${segmentsFolder(store.world.folder)}/${segment.file}`
    const size = await store.world.files.size(path).catch(() => undefined)
    if (size === undefined) suspects.add(segment)
  }
  return await setDamagedAside(store, [...suspects])
}

/** Checks segments, and sets those aside that are damaged. @returns these. */
export async function setDamagedAside(
  store: SegmentStore,
  segments: readonly Segment[],
): Promise<Segment[]> {
  const damaged: Segment[] = []
  for (const segment of segments) {
    const why = await wrongWith(store, segment, AbortSignal.timeout(60_000)).catch(() => undefined)
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

const wrongWith = (store: SegmentStore, segment: Segment, deadline: AbortSignal) =>
  whatIsWrong(
    { files: store.world.files, connected: (action) => store.connected(action) },
    {
      path: `${segmentsFolder(store.world.folder)}/${segment.file}`,
      rows: segment.rows,
      checksum: store.manifest.checksums(segment.id)?.file,
      values: everyColumn,
    },
    deadline,
  )
