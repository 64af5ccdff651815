import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { pageAt, type RowSpan } from './column_pages.ts'
import { readAt, readFooterBytes, type RowGroup, rowGroupsOf } from './footer.ts'
import { pageIndexBytes, type PageIndex } from './page_index.ts'
import { type SplitPages, splitOf } from './page_split.ts'
import { dataHeader, encodings, physical } from './pages.ts'
import { type Fields, type Thrift, thriftBytes } from './thrift.ts'
import { ThriftReader } from './thrift_reader.ts'

export interface Repaging {
  /** The pages that a row group is to have, all its rows one behind the other. */
  readonly pagesOf: (file: FileHandle, group: RowGroup) => Promise<readonly RowSpan[]>
  /** A column without more bytes is read as a whole soon enough, and keeps the page it has. */
  readonly wholeBytes: number
  readonly level: number
}

const magic = Buffer.from('PAR1')
const compress = promisify(zstdCompress)

/** A column's bytes as they are to lie in the file. */
interface Chunk {
  readonly parts: readonly Buffer[]
  readonly rawBytes: number
  /** Bytes of the dictionary, which comes first. */
  readonly dictionaryBytes: number
  /** Undefined: that which it had. */
  readonly encoding: number | undefined
  /** By the start of the column; undefined: the pages are as they were. */
  readonly index: PageIndex | undefined
  readonly bounds: Buffer | undefined
}

/**
 * Writes a Parquet file of DuckDB's anew: with the same rows and row groups, but pages of its own and an index of them,
 * so that a few rows are read without the rest of their row group. Bloom filters are left out.
 *
 * @throws RangeError for what else there is than DuckDB writes.
 */
export async function repage(
  source: FileHandle,
  target: FileHandle,
  repaging: Repaging,
): Promise<void> {
  const bytes = await readFooterBytes(source)
  const footer = new ThriftReader(bytes).fields()
  const parsed = rowGroupsOf(bytes)
  let at = 0
  const put = async (parts: readonly Buffer[]) => {
    const before = at
    await target.write(parts, before)
    at += parts.reduce((sum, { length }) => sum + length, 0)
    return before
  }
  await put([magic])
  const groups: { fields: Fields; chunks: { fields: Fields; chunk: Chunk }[] }[] = []
  for (const [place, { struct: fields }] of structsOf(footer[4]).entries()) {
    const group = parsed[place]!
    const pages = await repaging.pagesOf(source, group)
    const start = at
    const chunks: { fields: Fields; chunk: Chunk }[] = []
    for (const { struct: own } of structsOf(fields[1])) {
      const chunk = await chunkOf(source, group, own, pages, repaging)
      const from = await put(chunk.parts)
      chunks.push({ fields: placed(own, chunk, from, at - from), chunk })
    }
    const raw = chunks.reduce((sum, { chunk }) => sum + chunk.rawBytes, 0)
    const sizes = { 2: { i64: raw }, 5: { i64: start }, 6: { i64: at - start } }
    groups.push({ fields: { ...fields, ...sizes }, chunks })
  }
  const list: Thrift[] = []
  for (const { fields, chunks } of groups) {
    const indexed: Thrift[] = []
    for (const { fields: own, chunk } of chunks) {
      const bounds = chunk.bounds ? await indexAt(put, chunk.bounds, 6) : {}
      const index = chunk.index ? await indexAt(put, pageIndexBytes(chunk.index), 4) : {}
      indexed.push({ struct: { ...own, ...index, ...bounds } })
    }
    list.push({ struct: { ...fields, 1: { list: indexed } } })
  }
  const end = thriftBytes({ ...footer, 4: { list } })
  const length = Buffer.alloc(4)
  length.writeUInt32LE(end.length)
  await put([end, length, magic])
}

/** Writes an index, and says so under `field` and the one behind it. */
async function indexAt(
  put: (parts: readonly Buffer[]) => Promise<number>,
  bytes: Buffer,
  field: number,
): Promise<Fields> {
  const start = await put([bytes])
  return { [field]: { i64: start }, [field + 1]: { i32: bytes.length } }
}

const structsOf = (value: Thrift | undefined): readonly { struct: Fields }[] =>
  value && 'list' in value
    ? value.list.flatMap((each) => ('struct' in each ? [{ struct: each.struct }] : []))
    : []

const metadataOf = (column: Fields): Fields => {
  const metadata = column[3]
  if (!metadata || !('struct' in metadata)) throw new RangeError('a column has no metadata')
  return metadata.struct
}

function numberOf(value: Thrift | undefined): number {
  if (value && 'i64' in value) return value.i64
  if (value && 'i32' in value) return value.i32
  return NaN
}

/** A column's fields in the footer once it lies at `from`. */
function placed(column: Fields, chunk: Chunk, from: number, bytes: number): Fields {
  const metadata = metadataOf(column)
  if (chunk.index) for (let n = 0; n < chunk.index.start.length; n++) chunk.index.start[n]! += from
  const dictionary = chunk.dictionaryBytes > 0 ? { i64: from } : undefined
  const used = [encodings.rle, chunk.encoding ?? NaN, ...(dictionary ? [encodings.plain] : [])]
  // Encodings of pages and Bloom filters (13 to 15) are what it had before.
  const struct: Fields = {
    ...metadata,
    2: chunk.encoding === undefined ? metadata[2] : { list: used.map((i32) => ({ i32 })) },
    6: { i64: chunk.rawBytes },
    7: { i64: bytes },
    9: { i64: from + chunk.dictionaryBytes },
    11: dictionary,
    13: undefined,
    14: undefined,
    15: undefined,
  }
  return { ...column, 3: { struct } }
}

async function chunkOf(
  file: FileHandle,
  { columns }: RowGroup,
  column: Fields,
  pages: readonly RowSpan[],
  { wholeBytes, level }: Repaging,
): Promise<Chunk> {
  const metadata = metadataOf(column)
  const data = numberOf(metadata[9])
  // DuckDB names no dictionary where there is none.
  const start = Math.min(data, numberOf(metadata[11] ?? metadata[9]))
  const bytes = await readAt(file, start, numberOf(metadata[7]))
  const whole: Chunk = {
    parts: [bytes],
    rawBytes: numberOf(metadata[6]),
    dictionaryBytes: data - start,
    encoding: undefined,
    index: undefined,
    bounds: undefined,
  }
  const path = metadata[3]
  const [name] = path && 'list' in path && path.list.length === 1 ? path.list : []
  const chunk = name && 'binary' in name ? columns.get(String(name.binary)) : undefined
  const isSplit = chunk && chunk.codec === 6 && chunk.type !== physical.bytes
  if (!isSplit || whole.rawBytes <= wholeBytes || pages.length < 2) return whole
  const split = splitOf(bytes.subarray(0, data - start), bytes.subarray(data - start), chunk, pages)
  return split ? await compressed(split, level) : whole
}

async function compressed(
  { dictionary, pages, encoding, bounds }: SplitPages,
  level: number,
): Promise<Chunk> {
  const parts: Buffer[] = [dictionary]
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  const index: PageIndex = {
    firstRow: new Float64Array(pages.length),
    start: new Float64Array(pages.length),
    bytes: new Float64Array(pages.length),
  }
  let at = dictionary.length
  let rawBytes = 0
  if (dictionary.length > 0) {
    const { rawBytes: own, packed } = pageAt(dictionary, 0)
    rawBytes = dictionary.length - packed.length + own
  }
  for (const [n, { span, bytes }] of pages.entries()) {
    const packed = await compress(bytes, { params, chunkSize: Math.max(1_024, bytes.length >>> 1) })
    const head = thriftBytes({
      ...dataHeader(span.to - span.from, encoding),
      2: { i32: bytes.length },
      3: { i32: packed.length },
    })
    index.firstRow[n] = span.from
    index.start[n] = at
    index.bytes[n] = head.length + packed.length
    at += index.bytes[n]!
    rawBytes += head.length + bytes.length
    parts.push(head, packed)
  }
  return { parts, rawBytes, dictionaryBytes: dictionary.length, encoding, index, bounds }
}
