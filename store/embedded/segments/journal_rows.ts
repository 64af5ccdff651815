import { setImmediate } from 'node:timers/promises'
import { documentsTag } from '../../documents_tag.ts'
import type { Chunk, ChunkPart } from '../../../core/journal/chunk.ts'
import { promotedColumns } from '../columns.ts'
import { documentLine, type Mask } from './documents_line.ts'
import { LineScanner } from './line_scanner.ts'
import type { NewSegment } from './segment.ts'
import { type OpenPart, OpenSegment, spilledPaths } from './open_segment.ts'
import type { PathTree } from './path_tree.ts'
import type { OpenGroup, OpenGroups } from './open_group.ts'
import type { RowColumns } from './row_columns.ts'
import { ownSegmentBytes } from './merge_plan.ts'
import type { SegmentWorld } from './segment_writer.ts'
import { TimeReader } from './time_reader.ts'
import { isTrouble } from './trouble.ts'
import { WordSet } from './word_set.ts'

export interface JournalRowsWorld {
  readonly segments: SegmentWorld
  readonly groups: OpenGroups
  readonly paths: PathTree
  readonly wordsMax: number
  readonly takeId: () => number
  /** Whether a document was deleted with its index. */
  readonly isGone: (stream: string, seq: number) => boolean
}

/** Rows between two turns of the loop, a few milliseconds: questions have theirs, and pages their next to be packed. */
const turnRows = 1_024
const quote = 34
const minus = 45
const zero = 48
/** Digits that a number holds exactly, with room for differences. */
const exactDigits = 15
/** Microseconds of a time that is exact as a number, as are differences. */
const exactMicros = 2 ** 51
const isNumber = promotedColumns.map(({ type }) => type === 'BIGINT')
const levelColumn = promotedColumns.findIndex(({ path }) => path === 'log.level')

/** Chunks of the journal as rows of segments that are being written. */
export class JournalRows {
  readonly #world: JournalRowsWorld
  readonly #scanner: LineScanner
  readonly #time = new TimeReader()
  readonly #masks: Mask[] = []
  readonly #segments: OpenSegment[] = []
  #segment: OpenSegment
  #bytes = 0
  #turnLeft = turnRows
  /** Lines that are no JSON object: kept as `message`. */
  refused = 0
  /** Where the rows of now come from. */
  #stream = Buffer.alloc(0)
  #journal = Buffer.alloc(0)
  #part: OpenPart
  #root = 0
  /** Whether rows that tell of trouble have row groups of their own: not where they are few because all rows are. */
  #isSplit = false
  /** Where the row's time stands. */
  #timeStart = 0
  #timeEnd = 0

  constructor(world: JournalRowsWorld) {
    this.#world = world
    this.#scanner = new LineScanner(world.paths, new WordSet(0), world.groups.known)
    this.#segment = this.#open()
    this.#part = this.#segment.part('')
  }

  /** Of the documents. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether everything up to now is in segments of one stream and day. */
  get isOwn(): boolean {
    return this.#segments.every(({ isOwn }) => isOwn)
  }

  get masks(): readonly Mask[] {
    return this.#masks
  }

  /** Adds the lines of `chunk`; its bytes may be used again afterwards. */
  async add(chunk: Chunk): Promise<void> {
    const { bytes } = chunk
    this.#isSplit ||= bytes.length >= ownSegmentBytes
    this.#journal = Buffer.from(chunk.segment)
    for (const part of chunk.parts) {
      this.#stream = Buffer.from(part.stream)
      this.#root = this.#world.paths.root(part.stream)
      this.#enter(part.stream)
      const isDocuments = part.tag === documentsTag
      let start = part.start
      for (let i = 0; i < part.count; i++) {
        const end = bytes.indexOf(10, start)
        const ordinal = part.ordinal + i
        const line = isDocuments ? documentLine(bytes, start, end) : undefined
        let group: OpenGroup | undefined
        if (line) {
          const { head } = line
          if (this.#isKept(part, head)) {
            const minuteMs = this.#timeOf(bytes, start, head.no_time)
            if (!this.#segment.takes(part.stream, minuteMs)) await this.#next(part.stream, minuteMs)
            group = this.#row(ordinal, minuteMs, head, bytes, line.start, line.end)
          }
        } else if (isDocuments) this.refused += 1
        else {
          const minuteMs = this.#timeOf(bytes, start)
          if (!this.#segment.takes(part.stream, minuteMs)) await this.#next(part.stream, minuteMs)
          group = this.#row(ordinal, minuteMs, undefined, bytes, start, end)
        }
        start = end + 1
        if (group?.isFull === true) await this.#segment.endGroup(group)
        if (--this.#turnLeft === 0) await this.#turn()
      }
    }
  }

  /** Everything is being written; the columns may be used for other rows. */
  async end(): Promise<void> {
    await this.#segment.endGroups()
  }

  /** @returns the segments, each on disk. */
  async finish(): Promise<NewSegment[]> {
    const made: NewSegment[] = []
    for (const segment of this.#segments) {
      const added = await segment.finish()
      if (added) made.push(added)
    }
    return made
  }

  async abort(): Promise<void> {
    for (const segment of this.#segments) await segment.abort()
  }

  async #turn(): Promise<void> {
    this.#turnLeft = turnRows
    await setImmediate()
  }

  #open(): OpenSegment {
    const { segments, groups, wordsMax, takeId } = this.#world
    const segment = new OpenSegment(takeId(), segments, groups, wordsMax)
    this.#segments.push(segment)
    return segment
  }

  async #next(stream: string, minuteMs: number): Promise<void> {
    await this.#segment.endGroups()
    this.#segment = this.#open()
    this.#segment.takes(stream, minuteMs)
    this.#enter(stream)
  }

  #enter(stream: string): void {
    this.#part = this.#segment.part(stream)
    this.#scanner.words = this.#part.words
    for (const group of this.#world.groups.all) group.isSamePart = false
  }

  #isKept({ stream }: ChunkPart, head: { op: string; seq: number; replaces?: number }): boolean {
    if (head.replaces !== undefined) this.#masks.push({ stream, seq: head.replaces })
    return head.op !== 'delete' && !this.#world.isGone(stream, head.seq)
  }

  /** The minute of the time that a line begins with. */
  #timeOf(bytes: Buffer, lineStart: number, none = false): number {
    const start = lineStart + 15
    let end = start
    while (!none && end < bytes.length && bytes[end] !== quote) end += 1
    this.#timeStart = start
    this.#timeEnd = end
    return this.#time.read(bytes, start, end)
  }

  #row(
    ordinal: number,
    minuteMs: number,
    head: { id: string; seq: number } | undefined,
    given: Buffer,
    givenStart: number,
    givenEnd: number,
  ): OpenGroup {
    const part = this.#part
    const { groups } = this.#world
    const scanner = this.#scanner
    let source = given
    let start = givenStart
    let end = givenEnd
    if (!scanner.scan(source, start, end, this.#root)) {
      this.refused += 1
      const time = given.toString('latin1', this.#timeStart, this.#timeEnd)
      const message = given.toString('utf8', start, end)
      source = Buffer.from(JSON.stringify({ '@timestamp': time, message }))
      start = 0
      end = source.length
      scanner.scan(source, start, end, this.#root)
    }
    const group = this.#isSplit && isTrouble(scanner, source) ? groups.trouble : groups.common
    const { columns, rows: row } = group
    if (group.isSamePart) {
      columns.stream.addAgain(row, this.#stream, 0, this.#stream.length)
      columns.journal.addAgain(row, this.#journal, 0, this.#journal.length)
    } else {
      columns.stream.add(row, this.#stream, 0, this.#stream.length)
      columns.journal.add(row, this.#journal, 0, this.#journal.length)
      group.isSamePart = true
    }
    columns.ordinal.add(row, ordinal)
    if (head) this.#identity(columns, row, head)
    this.#timed(columns, row, minuteMs)
    const { spilled } = scanner
    if (spilled !== 0) {
      part.spilled |= spilled
      columns.spilled.add(row, spilledPaths(spilled))
    }
    this.#values(columns, row, source)
    if (!Number.isNaN(minuteMs)) this.#count(minuteMs, source)
    columns.source.add(row, source, start, end)
    part.rows += 1
    part.sourceBytes += end - start
    this.#bytes += end - start
    this.#segment.added(group, end - start)
    return group
  }

  #identity(columns: RowColumns, row: number, { id, seq }: { id: string; seq: number }): void {
    const bytes = Buffer.from(id)
    columns.id.add(row, bytes, 0, bytes.length)
    if (seq < exactMicros) columns.seq.add(row, seq)
    else columns.seq.addWide(row, BigInt(seq))
    const part = this.#part
    if (part.maxSeq === null || seq > part.maxSeq) part.maxSeq = seq
  }

  #timed({ time }: RowColumns, row: number, minuteMs: number): void {
    const part = this.#part
    const micros = minuteMs * 1_000 + this.#time.microsWithin
    if (micros < exactMicros && micros > -exactMicros) {
      if (micros < part.min) part.min = micros
      if (micros > part.max) part.max = micros
      time.add(row, micros)
    } else if (Number.isNaN(minuteMs)) part.untimed += 1
    else {
      const wide = BigInt(minuteMs) * 1_000n + BigInt(this.#time.microsWithin)
      part.seenWide(wide)
      time.addWide(row, wide)
    }
  }

  #count(minuteMs: number, source: Buffer): void {
    const { starts, ends, escaped, spilled } = this.#scanner
    const { minutes } = this.#part
    const bit = 1 << levelColumn
    let start = starts[levelColumn]!
    let end = ends[levelColumn]!
    // A level that is not in its column cannot be counted, nor one that looks like none.
    if (((spilled | escaped) & bit) !== 0) minutes.isUseless = true
    else if (start === 0) minutes.add(minuteMs / 60_000, source, 0, 0)
    else {
      if (source[start] === quote) {
        start += 1
        end -= 1
      }
      minutes.add(minuteMs / 60_000, source, start, end)
    }
  }

  #values({ numbers, texts }: RowColumns, row: number, source: Buffer): void {
    const { columns, found, starts, ends, slots, ids, escaped, spilled } = this.#scanner
    for (let i = 0; i < found; i++) {
      const column = columns[i]!
      let start = starts[column]!
      const bit = 1 << column
      if ((spilled & bit) !== 0) continue
      let end = ends[column]!
      if (isNumber[column] === true) this.#number(numbers[column]!, row, source, start, end)
      else if ((escaped & bit) !== 0) {
        const text = unescaped(source, start, end)
        texts[column]!.add(row, text, 0, text.length)
      } else {
        if (source[start] === quote) {
          start += 1
          end -= 1
        }
        const slot = slots[column]!
        if (slot < 0) texts[column]!.add(row, source, start, end)
        else texts[column]!.addKnown(row, slot, ids[column]!, source, start, end)
      }
    }
  }

  #number(
    column: NonNullable<RowColumns['numbers'][number]>,
    row: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const isNegative = bytes[start] === minus
    const first = isNegative ? start + 1 : start
    if (end - first > exactDigits) {
      column.addWide(row, BigInt(bytes.toString('latin1', start, end)))
      return
    }
    let value = 0
    for (let at = first; at < end; at++) value = value * 10 + bytes[at]! - zero
    column.add(row, isNegative ? -value : value)
  }
}

/** A JSON string's text; what is none stays as it is written. */
function unescaped(bytes: Buffer, start: number, end: number): Buffer {
  const text = bytes.toString('utf8', start, end)
  try {
    return Buffer.from(JSON.parse(text) as string)
  } catch {
    return Buffer.from(text)
  }
}
