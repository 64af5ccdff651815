import { createZstdDecompress } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { deltaValues } from './delta_reader.ts'
import { type ColumnChunk, readAt } from './footer.ts'
import { HybridReader } from './hybrid_reader.ts'
import { type PageIndex, readPageIndex } from './page_index.ts'
import { encodings } from './pages.ts'
import { ThriftReader, type ThriftStruct } from './thrift_reader.ts'

/** Larger ones, packed, are DuckDB's, which holds to `memory_limit`. */
const packedMax = 32_000_000
/** A page's header is some 30 bytes long. */
const headMax = 512
/** What is unpacked at once. */
const stepBytes = 262_144

/**
 * Texts of a column of a row group by their rows. Of each page no more is unpacked than up to the last of them: where a
 * page has 7 MB of documents, DuckDB unpacks all of it for one.
 *
 * @param rows of the row group, ascending
 * @throws Error for columns that are laid out otherwise: whoever asks has DuckDB for them
 */
export async function textsOfRows(
  file: FileHandle,
  chunk: ColumnChunk,
  rows: readonly number[],
): Promise<Map<number, string>> {
  return await textsInPages(file, chunk, await readPageIndex(file, chunk), rows)
}

/** What is to be known of pages of texts: where they lie, and how they were written. */
export type TextPages = Pick<ColumnChunk, 'start' | 'bytes' | 'codec' | 'isOptional'>

/**
 * The same of pages whose index is known, or that are looked through one by one.
 *
 * @param rows of those that the pages are of, ascending
 */
export async function textsInPages(
  file: FileHandle,
  chunk: TextPages,
  index: PageIndex | undefined,
  rows: readonly number[],
): Promise<Map<number, string>> {
  const texts = new Map<number, string>()
  const end = chunk.start + chunk.bytes
  let [at, first, done] = [chunk.start, 0, 0]
  while (done < rows.length) {
    const known = index && placeOf(index, rows[done]!)
    if (known) [at, first] = [known.at, known.first]
    if (at < chunk.start || at >= end) throw new RangeError('there are no such rows')
    // A second read behind the first has the system read far ahead.
    const most = Math.min(known?.bytes ?? headMax, end - at, packedMax)
    const read = await readAt(file, at, most)
    const reader = new ThriftReader(read)
    const header = reader.struct()
    const [rawBytes, bytes] = [Number(header[2]), Number(header[3])]
    const own = header[5] as ThriftStruct | undefined
    if (header[1] !== 0 || own === undefined) throw new RangeError('the texts are in a dictionary')
    if (!(bytes <= Math.min(packedMax, end - at))) throw new RangeError('a page is too long')
    at += reader.at
    const count = Number(own[1])
    const from = done
    while (done < rows.length && rows[done]! < first + count) done += 1
    if (known && done === from) throw new RangeError('the index of the pages is of others')
    if (done > from) {
      const isWhole = read.length >= reader.at + bytes
      const packed = isWhole
        ? read.subarray(reader.at, reader.at + bytes)
        : await readAt(file, at, bytes)
      const page = new Unpacking(packed, chunk.codec, rawBytes)
      const wanted = rows.slice(from, done).map((row) => row - first)
      try {
        await visitTexts(page, Number(own[2]), chunk.isOptional, count, wanted, (row, text) =>
          texts.set(first + row, text),
        )
      } finally {
        page.close()
      }
    }
    first += count
    at += bytes
  }
  return texts
}

/** The page that has a row. */
function placeOf({ firstRow, start, bytes }: PageIndex, row: number) {
  const page = firstRow.findLastIndex((first) => first <= row)
  return { at: start[page]!, first: firstRow[page]!, bytes: bytes[page]! }
}

const empty = Buffer.alloc(0)

/**
 * The memory of a step that nobody looks at any more, at once: as garbage it has the whole heap marked after every few
 * documents, which takes as long as unpacking them. Of one that is not full zlib fills the rest.
 */
function giveBack({ buffer, length }: Buffer): void {
  if (length > 0 && length === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}

/** A page, unpacked from front to back as it is asked for. */
class Unpacking {
  readonly #stream: ReturnType<typeof createZstdDecompress> | undefined
  readonly #steps: AsyncIterator<Buffer> | undefined
  /** What is unpacked and may still be asked for, and where it begins. */
  #bytes: Buffer
  #start = 0
  /** What zlib gave, where that is what `#bytes` is part of. */
  #step: Buffer = empty

  constructor(packed: Buffer, codec: number, rawBytes: number) {
    if (codec !== 0 && codec !== 6) throw new RangeError(`codec ${codec} is not read`)
    if (codec === 0) this.#bytes = packed
    else {
      this.#bytes = Buffer.alloc(0)
      this.#stream = createZstdDecompress({
        chunkSize: Math.min(stepBytes, Math.max(64, rawBytes)),
      })
      this.#steps = this.#stream[Symbol.asyncIterator]()
      this.#stream.end(packed)
    }
  }

  /** The bytes from `from` to `to`, and those behind that are unpacked already; what lies before is let go of. */
  async bytes(from: number, to: number): Promise<Buffer> {
    let end = this.#start + this.#bytes.length
    if (to <= end) return this.#bytes.subarray(from - this.#start)
    const parts = [this.#bytes.subarray(Math.min(from - this.#start, this.#bytes.length))]
    const steps = [this.#step]
    while (end < to) {
      const step = await this.#steps?.next()
      if (step === undefined || step.done === true) throw new RangeError('a page ends too early')
      end += step.value.length
      if (end > from) parts.push(step.value.subarray(Math.max(0, from - (end - step.value.length))))
      steps.push(step.value)
    }
    if (parts.length === 2 && parts[0]!.length === 0) {
      this.#bytes = parts[1]!
      this.#step = steps.pop()!
    } else {
      this.#bytes = Buffer.concat(parts)
      this.#step = empty
    }
    for (const step of steps) giveBack(step)
    this.#start = from
    return this.#bytes
  }

  close(): void {
    this.#stream?.destroy()
  }
}

/** @param rows of the page, ascending */
async function visitTexts(
  page: Unpacking,
  encoding: number,
  isOptional: boolean,
  count: number,
  rows: readonly number[],
  visit: (row: number, text: string) => void,
): Promise<void> {
  const start = isOptional ? await behindLevels(page, count) : 0
  if (encoding === encodings.plain) return await visitPlain(page, start, rows, visit)
  if (encoding !== encodings.deltaLength)
    throw new RangeError(`texts of the encoding ${encoding} are not read`)
  const { values: lengths, end } = await lengthsAt(page, start, count)
  if (lengths.length !== count) throw new RangeError('there are rows without a text')
  let [at, row] = [end, 0]
  for (const wanted of rows) {
    for (; row < wanted; row++) at += lengths[row]!
    const length = lengths[row]!
    visit(wanted, (await page.bytes(at, at + length)).toString('utf8', 0, length))
  }
}

/** Where the values begin, of which each row has one. */
async function behindLevels(page: Unpacking, count: number): Promise<number> {
  const end = 4 + (await page.bytes(0, 4)).readUInt32LE(0)
  if (new HybridReader(await page.bytes(0, end), 4, end, 1).ones(count) !== count)
    throw new RangeError('there are rows without a text')
  return end
}

/** Unpacks as much as they take, which is known only when they are read. */
async function lengthsAt(page: Unpacking, start: number, count: number) {
  for (let bytes = await page.bytes(start, start); ;) {
    try {
      const { values, end } = deltaValues(bytes, 0, count)
      return { values, end: start + end }
    } catch (failure) {
      const more = await page.bytes(start, start + bytes.length + 1).catch(() => undefined)
      // Then it is not for want of bytes.
      if (more === undefined) throw failure
      bytes = more
    }
  }
}

async function visitPlain(
  page: Unpacking,
  start: number,
  rows: readonly number[],
  visit: (row: number, text: string) => void,
): Promise<void> {
  let [at, row] = [start, 0]
  for (const wanted of rows) {
    for (; ; row++) {
      const length = (await page.bytes(at, at + 4)).readUInt32LE(0)
      at += 4
      if (row === wanted)
        visit(row, (await page.bytes(at, at + length)).toString('utf8', 0, length))
      at += length
      if (row === wanted) break
    }
    row += 1
  }
}
