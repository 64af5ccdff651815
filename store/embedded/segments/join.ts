import { joinFiles } from '../parquet/joined_file.ts'
import { checksumsOf } from './checksums.ts'
import { segmentFile, segmentsFolder } from './layout.ts'
import { minutesMax } from './minute_counts.ts'
import { type NewSegment, type Segment, type StreamPart, sumOf } from './segment.ts'
import { makeDurableFolder, writeWords } from './segment_writer.ts'
import type { SegmentStore } from './segment_store.ts'
import { readSourcePages } from './source_pages.ts'
import { unitedWords, type UnitedWordsWorld } from './united_words.ts'

/**
 * Puts one segment in the place of `inputs`, which are of one stream and day: their row groups one behind the other as
 * they are, whatever is masked in them.
 *
 * @returns whether it is done. Otherwise they cannot be joined, or something changed meanwhile, and nothing has happened.
 */
export async function join(
  store: SegmentStore,
  inputs: readonly Segment[],
  world: UnitedWordsWorld,
): Promise<boolean> {
  const { manifest } = store
  const [first] = inputs
  const minutes = inputs.every(({ counted }) => counted)
    ? manifest.minutesOf(inputs.map(({ id }) => id))
    : undefined
  const words = await unitedWords(store.words, inputs, world)
  // Questions would have to read all of it, which need not read all of the inputs.
  const isWorse = (minutes?.length ?? 0) > minutesMax || (first!.words && words.size === 0)
  if (isWorse) return false
  const { stream, day } = first!
  const id = manifest.takeId()
  const file = segmentFile(id, stream, day)
  const about = { id, file, stream, day, merged: true, words: words.size > 0, minutes }
  let bytes: number | undefined
  let readBack: Pick<NewSegment, 'checksums' | 'sourcePages'> | undefined
  try {
    bytes = await written(store, inputs, file, world)
    if (bytes !== undefined) {
      if (about.words) bytes += await writtenWords(store, file, words)
      const [{ files }, path] = [store.world, pathIn(store, file)]
      const checksums = await checksumsOf(files, path, about.words)
      readBack = { checksums, sourcePages: await readSourcePages(files, path) }
    }
    await store.world.files.syncFolder(parentOf(pathIn(store, file)))
    store.world.step('commit merge')
  } catch (failure) {
    // It is tried again later; what it wrote would stay until the next start.
    await store.discard([about])
    throw failure
  }
  if (bytes === undefined || !readBack || !isJoinable(store, inputs)) {
    await store.discard([about])
    return false
  }
  const parts = [unitedPart(inputs.flatMap((segment) => segment.parts))]
  const added: NewSegment = { ...about, bytes, parts, ...readBack }
  await store.commit({ add: [added], remove: inputs.map((input) => input.id) })
  return true
}

/** Whether all are still there, and no row is hidden by where it is. */
export function isJoinable({ manifest }: SegmentStore, inputs: readonly Segment[]): boolean {
  return inputs.every(({ id, parts }) => {
    const isHidden = parts.some(({ stream }) => (manifest.gone.get(stream)?.segment ?? -1) >= id)
    return manifest.segments.has(id) && !isHidden
  })
}

/** @returns the bytes of the file; undefined when they have not the same columns. */
async function written(
  store: SegmentStore,
  inputs: readonly Segment[],
  file: string,
  { quiet }: UnitedWordsWorld,
): Promise<number | undefined> {
  const { files, folder, step } = store.world
  await makeDurableFolder(files, segmentsFolder(folder), file)
  step('write segment')
  const path = pathIn(store, file)
  await files.remove(path)
  const target = await files.open(path, 'wx+')
  const sources: Awaited<ReturnType<typeof files.open>>[] = []
  try {
    for (const input of inputs) sources.push(await files.open(pathIn(store, input.file), 'r'))
    if (!(await joinFiles(sources, target, quiet))) return undefined
    step('sync segment')
    await target.datasync()
    return await target.size()
  } finally {
    for (const each of [target, ...sources]) await each.close()
  }
}

async function writtenWords(
  store: SegmentStore,
  file: string,
  words: Parameters<typeof writeWords>[2],
): Promise<number> {
  const { files, step } = store.world
  step('write words')
  return await writeWords(files, pathIn(store, file), words)
}

/** What parts of one stream are together. */
function unitedPart(parts: readonly StreamPart[]): StreamPart {
  const numbers = parts.flatMap(({ maxSeq }) => maxSeq ?? [])
  return {
    ...sumOf(parts),
    stream: parts[0]!.stream,
    maxSeq: numbers.length > 0 ? Math.max(...numbers) : null,
    spilled: [...new Set(parts.flatMap(({ spilled }) => spilled))],
  }
}

const pathIn = (store: SegmentStore, file: string) =>
  `${segmentsFolder(store.world.folder)}/${file}`
const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
