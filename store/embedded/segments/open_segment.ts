import { promotedColumns } from '../columns.ts'
import { ParquetFile } from '../parquet/parquet_file.ts'
import { checksumsOf } from './checksums.ts'
import { segmentFile, segmentsFolder, wordsFile } from './layout.ts'
import type { MinuteCount, NewSegment, StreamPart } from './segment.ts'
import { ownSegmentBytes } from './merge_plan.ts'
import { MinuteCounts, minutesMax } from './minute_counts.ts'
import type { OpenGroup, OpenGroups } from './open_group.ts'
import { makeDurableFolder, type SegmentWorld, writeWords } from './segment_writer.ts'
import { readSourcePages } from './source_pages.ts'
import { WordSet } from './word_set.ts'

/** How much work the compression is worth; docs/BENCHMARKS.md. */
const zstdLevel = 3
/** A row that is older by no more than this comes in order. */
const disorderMs = 60_000
const dayMs = 86_400_000

/** The rows of one stream in a segment that is being made. */
export class OpenPart {
  readonly words: WordSet
  readonly minutes = new MinuteCounts()
  rows = 0
  sourceBytes = 0
  untimed = 0
  minMicros: bigint | null = null
  maxMicros: bigint | null = null
  /** The same as numbers, as far as they are exact. */
  min = Infinity
  max = -Infinity
  maxSeq: number | null = null
  /** Bits of promoted columns. */
  spilled = 0

  constructor(wordsMax: number) {
    this.words = new WordSet(wordsMax)
  }

  seenWide(micros: bigint): void {
    if (this.minMicros === null || micros < this.minMicros) this.minMicros = micros
    if (this.maxMicros === null || micros > this.maxMicros) this.maxMicros = micros
  }

  facts(stream: string): StreamPart {
    if (this.min <= this.max) {
      this.seenWide(BigInt(this.min))
      this.seenWide(BigInt(this.max))
    }
    const { rows, sourceBytes, minMicros, maxMicros, untimed, maxSeq } = this
    const spilled = spilledPaths(this.spilled)
    return { stream, rows, sourceBytes, minMicros, maxMicros, untimed, maxSeq, spilled }
  }
}

/** A segment that rows of the journal go into, row group by row group. Nothing names it yet. */
export class OpenSegment {
  readonly id: number
  readonly #world: SegmentWorld
  readonly #groups: OpenGroups
  readonly #wordsMax: number
  readonly #parts = new Map<string, OpenPart>()
  readonly #file: ParquetFile
  #writing = Promise.resolve()
  /** Set when the first row group is written. */
  #path: string | undefined
  /** Of all rows, as long as they have only one; the day counts from the epoch, NaN without a time. */
  #stream: string | undefined
  #day = NaN
  #newestMs = -Infinity
  #isAlike = true
  /** Of one stream and day for good: other rows go elsewhere. */
  isOwn = false
  #sourceBytes = 0

  /** @param groups empty ones: those of the segment before are taken out of them. */
  constructor(id: number, world: SegmentWorld, groups: OpenGroups, wordsMax: number) {
    this.id = id
    this.#world = world
    this.#groups = groups
    this.#wordsMax = wordsMax
    this.#file = new ParquetFile(() => this.#create(), groups.common.named, zstdLevel)
  }

  part(stream: string): OpenPart {
    let part = this.#parts.get(stream)
    if (!part) this.#parts.set(stream, (part = new OpenPart(this.#wordsMax)))
    return part
  }

  /** @param minuteMs of its time; NaN for none. @returns whether the row may go into this segment. */
  takes(stream: string, minuteMs: number): boolean {
    const day = Math.floor(minuteMs / dayMs)
    if (this.#stream === undefined) {
      this.#stream = stream
      this.#day = day
    }
    const isSame = this.#stream === stream && Object.is(this.#day, day)
    const isAlike = isSame && !(minuteMs < this.#newestMs - disorderMs)
    if (isAlike) {
      if (minuteMs > this.#newestMs) this.#newestMs = minuteMs
      return true
    }
    if (this.isOwn) return false
    this.#isAlike = false
    return true
  }

  /** A row was put into the columns of `group`. */
  added(group: OpenGroup, sourceBytes: number): void {
    group.added(sourceBytes)
    this.#sourceBytes += sourceBytes
  }

  /** Ends a row group; resolves when its writing has begun, and the columns may be filled. */
  async endGroup(group: OpenGroup): Promise<void> {
    await group.written
    if (group.rows === 0) return
    this.#decide()
    const writing = this.#file.write(group.rows, group.named)
    // Whoever waits for it hears of it.
    writing.catch(() => undefined)
    group.taken(writing)
    this.#writing = writing
  }

  /** As endGroup, of all of them. */
  async endGroups(): Promise<void> {
    for (const group of this.#groups.all) await this.endGroup(group)
  }

  /** @returns what goes into the manifest once it is on disk; undefined when there are no rows. */
  async finish(): Promise<NewSegment | undefined> {
    const { files, folder, step } = this.#world
    const path = this.#path
    if (path === undefined) return undefined
    await this.#writing
    step('sync segment')
    await this.#file.finish()
    const words = new Map(
      [...this.#parts].flatMap(([stream, part]) =>
        part.words.full || part.rows === 0 ? [] : [[stream, part.words.sorted()] as const],
      ),
    )
    step('write words')
    const wordsBytes = await writeWords(files, `${segmentsFolder(folder)}/${path}`, words)
    await files.syncFolder(parentOf(`${segmentsFolder(folder)}/${path}`))
    const parts = [...this.#parts].filter(([, { rows }]) => rows > 0)
    return {
      id: this.id,
      file: path,
      stream: this.isOwn ? this.#stream : undefined,
      day: this.isOwn ? this.#dayName : undefined,
      merged: false,
      bytes: this.#file.bytes + wordsBytes,
      words: words.size > 0,
      parts: parts.map(([stream, part]) => part.facts(stream)),
      minutes: minutesOf(parts),
      checksums: await checksumsOf(files, `${segmentsFolder(folder)}/${path}`, words.size > 0),
      sourcePages: await readSourcePages(files, `${segmentsFolder(folder)}/${path}`),
    }
  }

  /** Leaves nothing of it. */
  async abort(): Promise<void> {
    const { files, folder } = this.#world
    await this.#writing.catch(() => undefined)
    await this.#file.close()
    if (this.#path === undefined) return
    const path = `${segmentsFolder(folder)}/${this.#path}`
    await files.remove(path)
    await files.remove(wordsFile(path))
  }

  /** Once there is enough of it. */
  #decide(): void {
    if (this.#path !== undefined) return
    this.isOwn = this.#isAlike && this.#sourceBytes >= ownSegmentBytes
    this.#path = this.isOwn
      ? segmentFile(this.id, this.#stream, this.#dayName)
      : segmentFile(this.id, undefined, undefined)
  }

  get #dayName(): string | undefined {
    if (Number.isNaN(this.#day)) return undefined
    return new Date(this.#day * dayMs).toISOString().slice(0, 10)
  }

  async #create() {
    const { files, folder, step } = this.#world
    await makeDurableFolder(files, segmentsFolder(folder), this.#path!)
    step('write segment')
    const path = `${segmentsFolder(folder)}/${this.#path!}`
    await files.remove(path)
    return await files.open(path, 'wx+')
  }
}

function minutesOf(parts: readonly (readonly [string, OpenPart])[]): MinuteCount[] | undefined {
  if (parts.some(([, { minutes }]) => minutes.isUseless)) return undefined
  const counts = parts.flatMap(([stream, { minutes }]) => minutes.of(stream))
  return counts.length > minutesMax ? undefined : counts
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))

const known = new Map<number, readonly string[]>()
/** The promoted paths of a set of bits. */
export function spilledPaths(bits: number): readonly string[] {
  let paths = known.get(bits)
  if (!paths) {
    paths = promotedColumns.flatMap(({ path }, column) =>
      (bits & (1 << column)) === 0 ? [] : [path],
    )
    if (known.size < 4_096) known.set(bits, paths)
  }
  return paths
}
