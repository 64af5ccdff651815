import { documentsTag } from '../../documents_tag.ts'
import type { FileHandle, Files } from '../../../core/files.ts'
import type { Chunk, ChunkPart } from '../../../core/journal/chunk.ts'
import type { Place } from '../../../core/journal/cursor.ts'
import { promotedColumns } from '../columns.ts'
import { documentLine } from './documents_line.ts'
import { LineScanner } from './line_scanner.ts'
import type { PathTree } from './path_tree.ts'
import { WordSet } from './word_set.ts'
import type { WordsByStream } from './words_file.ts'

/** A run of rows with the same stream and journal segment. */
export interface RowPart {
  readonly stream: string
  readonly journal: string
}

/** A document's number that is no longer to be found. */
export interface Mask {
  readonly stream: string
  readonly seq: number
}

/** What a row file holds besides its rows. */
export interface RowFacts {
  readonly parts: readonly RowPart[]
  readonly masks: readonly Mask[]
  /** Sets of promoted columns that rows spilled, as bits; a row names its set by its place. */
  readonly spills: readonly number[]
  /** Bits of the columns in which some texts have to be unescaped. */
  readonly escaped: number
  readonly longestRow: number
  readonly rows: number
  /** Bytes of the documents, by stream. */
  readonly sourceBytes: ReadonlyMap<string, number>
  /** Lines that are no JSON object: kept as `message`. */
  readonly refused: number
}

/** Between the columns: no JSON text has it unescaped, so nothing needs quotes. */
export const delimiter = '\u0001'
const delimiterByte = 1
const flushBytes = 1_000_000
const spillSetsMax = 4_000
const allColumns = 2 ** promotedColumns.length - 1

/**
 * A chunk of the journal as rows that DuckDB's CSV reader takes: part, ordinal, spill set, time, seq, id, the
 * promoted values, the document. Values and documents are copied as the bytes they are. A text that has to be
 * unescaped, or is empty, stands in its JSON quotes.
 */
export class RowFile {
  readonly #file: FileHandle
  readonly #hashesMax: number
  readonly #words = new Map<string, WordSet>()
  readonly #scanner: LineScanner
  readonly #isGone: (stream: string, seq: number) => boolean
  readonly #parts: RowPart[] = []
  readonly #masks: Mask[] = []
  readonly #spills = new Map<number, number>([[0, 0]])
  #escaped = 0
  #longestRow = 0
  #rows = 0
  readonly #sourceBytes = new Map<string, number>()
  #partBytes = 0
  #refused = 0
  #out = Buffer.allocUnsafe(flushBytes * 2)
  /** What is being written, until `#writing` resolves. */
  #other = Buffer.allocUnsafe(flushBytes * 2)
  #writing: Promise<void> = Promise.resolve()
  #length = 0
  #written = 0

  /** @param isGone whether a document was deleted with its index. */
  private constructor(
    file: FileHandle,
    paths: PathTree,
    hashesMax: number,
    isGone: (stream: string, seq: number) => boolean,
  ) {
    this.#file = file
    this.#hashesMax = hashesMax
    this.#scanner = new LineScanner(paths, new WordSet(hashesMax))
    this.#isGone = isGone
  }

  static async create(
    files: Files,
    path: string,
    paths: PathTree,
    hashesMax: number,
    isGone: (stream: string, seq: number) => boolean,
  ): Promise<RowFile> {
    await files.remove(path)
    return new RowFile(await files.open(path, 'wx+'), paths, hashesMax, isGone)
  }

  get bytes(): number {
    return this.#written + this.#length
  }

  facts(): RowFacts {
    return {
      parts: this.#parts,
      masks: this.#masks,
      spills: [...this.#spills.keys()],
      escaped: this.#escaped,
      longestRow: this.#longestRow,
      rows: this.#rows,
      sourceBytes: this.#sourceBytes,
      refused: this.#refused,
    }
  }

  /** Of each stream; those with too many are left out. */
  words(): WordsByStream {
    const all = [...this.#words].flatMap(([stream, words]) =>
      words.full ? [] : [[stream, words.sorted()] as const],
    )
    return new Map(all)
  }

  /** Adds the lines of `chunk`; its bytes may be used again afterwards. */
  async add(chunk: Chunk): Promise<Place> {
    for (const part of chunk.parts) {
      const last = this.#parts.at(-1)
      if (last?.stream !== part.stream || last.journal !== chunk.segment) {
        this.#parts.push({ stream: part.stream, journal: chunk.segment })
      }
      const root = this.#scanner.paths.root(part.stream)
      this.#scanner.words = this.#wordsOf(part.stream)
      this.#partBytes = 0
      const isDocuments = part.tag === documentsTag
      let start = part.start
      for (let i = 0; i < part.count; i++) {
        const end = chunk.bytes.indexOf(10, start)
        if (isDocuments) this.#document(chunk.bytes, part, part.ordinal + i, start, end, root)
        else this.#event(chunk.bytes, part.ordinal + i, start, end, root)
        start = end + 1
        if (this.#length >= flushBytes) await this.#flush()
      }
      const before = this.#sourceBytes.get(part.stream) ?? 0
      this.#sourceBytes.set(part.stream, before + this.#partBytes)
    }
    const last = chunk.parts.at(-1)
    return { segment: chunk.segment, ordinal: last ? last.ordinal + last.count : 0 }
  }

  /** Everything is in the file, for those who read it now; it is not meant to survive. */
  async close(): Promise<void> {
    try {
      await this.#flush()
      await this.#writing
    } finally {
      await this.#file.close()
    }
  }

  #wordsOf(stream: string): WordSet {
    let words = this.#words.get(stream)
    if (!words) this.#words.set(stream, (words = new WordSet(this.#hashesMax)))
    return words
  }

  #event(bytes: Buffer, ordinal: number, start: number, end: number, root: number): void {
    const timeStart = start + 15
    const timeEnd = quoteAfter(bytes, timeStart)
    this.#row(ordinal, bytes, timeStart, timeEnd, undefined, bytes, start, end, root)
  }

  #document(
    bytes: Buffer,
    part: ChunkPart,
    ordinal: number,
    start: number,
    end: number,
    root: number,
  ): void {
    const line = documentLine(bytes, start, end)
    if (!line) {
      this.#refused += 1
      return
    }
    const { head } = line
    const { stream } = part
    if (head.replaces !== undefined) this.#masks.push({ stream, seq: head.replaces })
    if (head.op === 'delete' || this.#isGone(stream, head.seq)) return
    const timeStart = start + 15
    const timeEnd = head.no_time === true ? timeStart : quoteAfter(bytes, timeStart)
    this.#row(ordinal, bytes, timeStart, timeEnd, head, bytes, line.start, line.end, root)
  }

  #row(
    ordinal: number,
    bytes: Buffer,
    timeStart: number,
    timeEnd: number,
    head: { id: string; seq: number } | undefined,
    given: Buffer,
    givenStart: number,
    givenEnd: number,
    root: number,
  ): void {
    let source = given
    let start = givenStart
    let end = givenEnd
    const scanner = this.#scanner
    if (!scanner.scan(source, start, end, root)) {
      this.#refused += 1
      const text = source.toString('utf8', start, end)
      const time = bytes.toString('latin1', timeStart, timeEnd)
      source = Buffer.from(JSON.stringify({ '@timestamp': time, message: text }))
      start = 0
      end = source.length
      scanner.scan(source, start, end, root)
    }
    this.#makeRoom((end - start) * 2 + 4_000 + (head ? head.id.length * 6 : 0))
    const rowStart = this.#length
    this.#number(this.#parts.length)
    this.#number(ordinal)
    this.#number(this.#spillSet(scanner.spilled) + 1)
    this.#copy(bytes, timeStart, timeEnd)
    if (head) {
      this.#number(head.seq)
      this.#text(JSON.stringify(head.id))
    } else {
      this.#out[this.#length++] = delimiterByte
      this.#out[this.#length++] = delimiterByte
    }
    this.#values(source)
    const sourceStart = this.#length
    this.#length += source.copy(this.#out, this.#length, start, end)
    if (scanner.hasLineEnd) blankLineEnds(this.#out, sourceStart, this.#length)
    this.#out[this.#length++] = 10
    this.#rows += 1
    this.#partBytes += end - start
    this.#escaped |= scanner.escaped
    this.#longestRow = Math.max(this.#longestRow, this.#length - rowStart)
  }

  #values(source: Buffer): void {
    const { starts, ends, escaped, spilled } = this.#scanner
    const out = this.#out
    let length = this.#length
    for (let column = 0; column < starts.length; column++) {
      const start = starts[column]!
      if (start !== 0 && (spilled & (1 << column)) === 0) {
        let from = start
        let to = ends[column]!
        if (source[from] === 34 && (escaped & (1 << column)) === 0) {
          from += 1
          to -= 1
        }
        // Null is no value.
        if (to - from < 60) while (from < to) out[length++] = source[from++]!
        else length += source.copy(out, length, from, to)
      }
      out[length++] = delimiterByte
    }
    this.#length = length
  }

  #spillSet(bits: number): number {
    const known = this.#spills.get(bits)
    if (known !== undefined) return known
    if (this.#spills.size >= spillSetsMax && bits !== allColumns) return this.#spillAll()
    this.#spills.set(bits, this.#spills.size)
    return this.#spills.size - 1
  }

  #spillAll(): number {
    this.#scanner.spilled = allColumns
    return this.#spillSet(allColumns)
  }

  #number(value: number): void {
    const out = this.#out
    let digits = 1
    for (let limit = 10; limit <= value; limit *= 10) digits += 1
    const end = this.#length + digits
    let rest = value
    for (let at = end - 1; at >= this.#length; at--) {
      const next = Math.floor(rest / 10)
      out[at] = 48 + rest - next * 10
      rest = next
    }
    out[end] = delimiterByte
    this.#length = end + 1
  }

  #text(text: string): void {
    this.#length += this.#out.write(text, this.#length)
    this.#out[this.#length++] = delimiterByte
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const out = this.#out
    let length = this.#length
    for (let at = start; at < end; at++) out[length++] = bytes[at]!
    out[length++] = delimiterByte
    this.#length = length
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return
    const out = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + bytes))
    this.#out.copy(out, 0, 0, this.#length)
    this.#out = out
  }

  /** Hands the rows over to be written, while the next are made. @throws why the ones before could not be. */
  async #flush(): Promise<void> {
    await this.#writing
    const full = this.#out
    this.#writing = this.#file.write([full.subarray(0, this.#length)], this.#written)
    // Whoever flushes next hears of it.
    this.#writing.catch(() => undefined)
    this.#written += this.#length
    this.#length = 0
    const isLarge = this.#other.length > flushBytes * 16
    this.#out = isLarge ? Buffer.allocUnsafe(flushBytes * 2) : this.#other
    this.#other = full
  }
}

function blankLineEnds(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) if (bytes[at] === 10 || bytes[at] === 13) bytes[at] = 32
}

function quoteAfter(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at] !== 34) at += 1
  return at
}
