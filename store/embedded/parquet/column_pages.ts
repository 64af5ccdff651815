import { zstdDecompressSync } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { deltaValues } from './delta_reader.ts'
import { type ColumnChunk, readAt } from './footer.ts'
import type { PageIndex } from './page_index.ts'
import { encodings, physical } from './pages.ts'
import { ThriftReader, type ThriftStruct } from './thrift_reader.ts'

/** More than a row group's column ever is. */
const pageMax = 256_000_000
/** Pages so near to each other are read at once. */
const gapMax = 16_384

/** A data page, compressed as it lies in the file. */
interface PackedPage {
  /** Its first row, of the row group's. */
  readonly first: number
  readonly rows: number
  readonly packed: Buffer
  readonly rawBytes: number
  readonly encoding: number
}

/** What a column's pages may name instead of having it themselves. */
export interface Dictionary {
  /** Of numbers; milliseconds where they are times. */
  readonly numbers: Float64Array
  readonly texts: readonly string[]
}

/** Pages of a column of a row group, in the order of their rows: all of them, or some. */
export interface ColumnPages extends Dictionary {
  readonly chunk: ColumnChunk
  /** `texts` is the dictionary, or where there is none each row's. */
  readonly data: readonly PackedPage[]
}

/** Rows from one to before another. */
export interface RowSpan {
  readonly from: number
  readonly to: number
}

const none: Dictionary = { numbers: new Float64Array(0), texts: [] }

/**
 * Reads a column of a row group as DuckDB writes it (data pages of version 1; zstd or none). @throws Error for what else
 * there is: whoever asks has DuckDB for that.
 */
export async function readColumn(file: FileHandle, chunk: ColumnChunk): Promise<ColumnPages> {
  const bytes = await readAt(file, chunk.start, chunk.bytes)
  const data: PackedPage[] = []
  let dictionary = none
  let texts: string[] = []
  let rows = 0
  for (let at = 0; at < bytes.length && rows < chunk.rows;) {
    const page = pageAt(bytes, at)
    at = page.end
    if (page.isDictionary) dictionary = dictionaryOf(page, chunk)
    else {
      const { packed, rawBytes, encoding } = page
      const own = { first: rows, rows: page.rows, packed, rawBytes, encoding }
      data.push(own)
      rows += page.rows
      if (chunk.type === physical.bytes && !isIndexed(encoding))
        texts = texts.concat(ownTexts(own, chunk))
    }
  }
  if (rows !== chunk.rows) throw new RangeError(`there are ${rows} of ${chunk.rows} rows`)
  return texts.length > 0 ? { chunk, ...none, texts, data } : { chunk, ...dictionary, data }
}

/** The dictionary of a column whose first page it is; none where it has none. @throws RangeError */
export async function readDictionary(
  file: FileHandle,
  chunk: ColumnChunk,
  index: PageIndex,
): Promise<Dictionary> {
  const length = index.start[0]! - chunk.start
  if (length <= 0) return none
  if (length > chunk.bytes) throw new RangeError('a dictionary is longer than its column')
  const page = pageAt(await readAt(file, chunk.start, length), 0)
  if (!page.isDictionary) throw new RangeError('a column begins with what is no dictionary')
  return dictionaryOf(page, chunk)
}

/** Those pages of numbers that have rows of `spans`, which are in order. @throws RangeError */
export async function readPages(
  file: FileHandle,
  chunk: ColumnChunk,
  index: PageIndex,
  dictionary: Dictionary,
  spans: readonly RowSpan[],
): Promise<ColumnPages> {
  const wanted = pagesOf(index, chunk.rows, spans)
  const data: PackedPage[] = []
  for (let n = 0; n < wanted.length;) {
    let end = n + 1
    const endOf = (page: number) => index.start[page]! + index.bytes[page]!
    while (end < wanted.length && index.start[wanted[end]!]! - endOf(wanted[end - 1]!) <= gapMax)
      end += 1
    const start = index.start[wanted[n]!]!
    const length = endOf(wanted[end - 1]!) - start
    if (!(length >= 0 && length <= chunk.bytes))
      throw new RangeError('pages are longer than their column')
    const bytes = await readAt(file, start, length)
    for (; n < end; n++) {
      const page = pageAt(bytes, index.start[wanted[n]!]! - start)
      const first = index.firstRow[wanted[n]!]!
      const next = index.firstRow[wanted[n]! + 1] ?? chunk.rows
      if (page.isDictionary || page.rows !== next - first)
        throw new RangeError('a page is not the one that its index names')
      const { packed, rawBytes, encoding, rows } = page
      data.push({ first, rows, packed, rawBytes, encoding })
    }
  }
  return { chunk, ...dictionary, data }
}

/** The pages that have rows of `spans`, which are in order. */
function pagesOf({ firstRow }: PageIndex, rows: number, spans: readonly RowSpan[]): number[] {
  const pages: number[] = []
  let page = 0
  const endOf = (n: number) => firstRow[n + 1] ?? rows
  for (const { from, to } of spans) {
    if (to <= from) continue
    while (page < firstRow.length && endOf(page) <= from) page += 1
    for (let n = page; n < firstRow.length && firstRow[n]! < to; n++)
      if (pages.length === 0 || pages.at(-1)! < n) pages.push(n)
  }
  return pages
}

interface FoundPage {
  readonly isDictionary: boolean
  /** Rows, or entries of the dictionary. */
  readonly rows: number
  readonly encoding: number
  readonly packed: Buffer
  readonly rawBytes: number
  readonly end: number
}

/** The page that begins at `at`, with its header. */
export function pageAt(bytes: Buffer, at: number): FoundPage {
  const reader = new ThriftReader(bytes, at)
  const header = reader.struct()
  const end = reader.at + Number(header[3])
  if (!(end <= bytes.length)) throw new RangeError('a page is longer than its column')
  const packed = bytes.subarray(reader.at, end)
  const rawBytes = Number(header[2])
  const isDictionary = header[1] === 2
  if (!isDictionary && header[1] !== 0)
    throw new RangeError(`pages of kind ${String(header[1])} are not read`)
  const own = header[isDictionary ? 7 : 5] as ThriftStruct
  return {
    isDictionary,
    rows: Number(own[1]),
    encoding: Number(own[2]),
    packed,
    rawBytes,
    end,
  }
}

/** A page's bytes as they were before they were compressed. */
export function unpacked(
  { packed, rawBytes }: { packed: Buffer; rawBytes: number },
  codec: number,
): Buffer {
  if (codec === 0) return packed
  if (codec !== 6 || rawBytes > pageMax) throw new RangeError(`codec ${codec} is not read`)
  const page = zstdDecompressSync(packed, { chunkSize: Math.max(64, rawBytes) })
  if (page.length !== rawBytes) throw new RangeError('a page is not as long as it should be')
  return page
}

/** Whether a page's values are places in the dictionary. */
export const isIndexed = (encoding: number): boolean =>
  encoding === encodings.dictionary || encoding === encodings.plainDictionary

function dictionaryOf(page: FoundPage, chunk: ColumnChunk): Dictionary {
  const bytes = unpacked(page, chunk.codec)
  return chunk.type === physical.bytes
    ? { ...none, texts: plainTexts(bytes, page.rows) }
    : { ...none, numbers: plainNumbers(bytes, 0, page.rows, chunk) }
}

/** The texts of a page that has them itself, one for each row. */
function ownTexts(page: PackedPage, { isOptional, codec }: ColumnChunk): string[] {
  const { rows, encoding } = page
  const bytes = unpacked(page, codec)
  const start = isOptional ? 4 + bytes.readUInt32LE(0) : 0
  if (encoding === encodings.plain) return plainTexts(bytes.subarray(start), rows)
  if (encoding !== encodings.deltaLength)
    throw new RangeError(`texts of the encoding ${encoding} are not read`)
  const { values, end } = deltaValues(bytes, start, rows)
  if (values.length !== rows) throw new RangeError('there are rows without a text')
  let at = end
  return Array.from(values, (length) => bytes.toString('utf8', at, (at += length)))
}

function plainTexts(page: Buffer, count: number): string[] {
  const texts: string[] = []
  let at = 0
  for (let n = 0; n < count; n++) {
    const length = page.readUInt32LE(at)
    at += 4 + length
    if (at > page.length) throw new RangeError('a text is longer than its page')
    texts.push(page.toString('utf8', at - length, at))
  }
  return texts
}

/** Bytes of a number. */
export const widthOf = ({ type }: ColumnChunk): number => (type === physical.int32 ? 4 : 8)

/** `count` numbers that lie one behind the other. */
export function plainNumbers(
  page: Buffer,
  from: number,
  count: number,
  chunk: ColumnChunk,
): Float64Array {
  const width = widthOf(chunk)
  const end = from + count * width
  if (end > page.length) throw new RangeError('the values end too early')
  const numbers = new Float64Array(count)
  if (chunk.type === physical.double) {
    // Of a machine that keeps the lowest byte first, as all do that DuckDB runs on.
    Buffer.from(numbers.buffer).set(page.subarray(from, end))
    return numbers
  }
  const view = new DataView(page.buffer, page.byteOffset + from, count * width)
  if (chunk.type === physical.int32) {
    for (let n = 0; n < count; n++) numbers[n] = view.getInt32(n * 4, true)
  } else if (chunk.type === physical.int64) {
    for (let n = 0; n < count; n++) {
      const value = view.getInt32(n * 8 + 4, true) * 2 ** 32 + view.getUint32(n * 8, true)
      numbers[n] = value / chunk.divisor
    }
  } else throw new RangeError(`type ${chunk.type} is not read`)
  return numbers
}

/** Numbers as eight streams, of the first byte of each, the second, and so on. */
export function splitNumbers(page: Buffer, from: number, chunk: ColumnChunk): Float64Array {
  const width = widthOf(chunk)
  const count = Math.floor((page.length - from) / width)
  const whole = Buffer.allocUnsafe(count * width)
  for (let byte = 0; byte < width; byte++) {
    const start = from + byte * count
    for (let n = 0; n < count; n++) whole[n * width + byte] = page[start + n]!
  }
  return plainNumbers(whole, 0, count, chunk)
}
