import type { FileHandle } from '../../../core/files.ts'
import { type ColumnChunk, readAt, type Span } from './footer.ts'
import { type Fields, type Thrift, thriftBytes } from './thrift.ts'
import { ThriftReader, type ThriftStruct } from './thrift_reader.ts'

/** Where the data pages of a column of a row group are: in each array an element for each page. */
export interface PageIndex {
  /** The first row, of the row group's. */
  readonly firstRow: Float64Array
  readonly start: Float64Array
  /** With its header. */
  readonly bytes: Float64Array
}

/** More than pages of all rows that a row group may have. */
const indexMax = 16_000_000

/** Parquet's OffsetIndex of a column that has one. @throws RangeError */
export async function readPageIndex(
  file: FileHandle,
  { offsetIndex, rows }: ColumnChunk,
): Promise<PageIndex | undefined> {
  if (!offsetIndex) return undefined
  const fields = await structAt(file, offsetIndex)
  const locations = (fields[1] ?? []) as readonly ThriftStruct[]
  const all = (field: number) =>
    Float64Array.from(locations, (location) => Number(location[field] ?? NaN))
  const [start, bytes, firstRow] = [all(1), all(2), all(3)]
  const isInOrder = firstRow.every((row, n) => row === 0 || row > firstRow[n - 1]!)
  if (firstRow[0] !== 0 || !isInOrder || !(firstRow.at(-1)! < rows))
    throw new RangeError('the index of the pages is not in order')
  return { firstRow, start, bytes }
}

/** The bounds of each page of whole numbers, of Parquet's ColumnIndex. @throws RangeError */
export async function readPageBounds(
  file: FileHandle,
  { columnIndex, divisor }: ColumnChunk,
): Promise<{ least: Float64Array; most: Float64Array } | undefined> {
  if (!columnIndex) return undefined
  const fields = await structAt(file, columnIndex)
  const numbers = (field: number) =>
    Float64Array.from((fields[field] ?? []) as readonly Buffer[], (bytes) =>
      bytes.length === 8 ? Number(bytes.readBigInt64LE()) / divisor : NaN,
    )
  return { least: numbers(2), most: numbers(3) }
}

async function structAt(file: FileHandle, span: Span): Promise<ThriftStruct> {
  return new ThriftReader(await readIndexBytes(file, span)).struct()
}

/** An index as it stands in the file. @throws RangeError */
export async function readIndexBytes(file: FileHandle, { start, bytes }: Span): Promise<Buffer> {
  if (!(bytes > 0 && bytes <= indexMax)) throw new RangeError('the index of the pages is too long')
  return await readAt(file, start, bytes)
}

const i64 = (value: number): Thrift => ({ i64: value })

export function pageIndexBytes({ firstRow, start, bytes }: PageIndex): Buffer {
  const locations = Array.from(firstRow, (row, n): Fields => {
    return { 1: i64(start[n]!), 2: { i32: bytes[n]! }, 3: i64(row) }
  })
  return thriftBytes({ 1: { list: locations.map((struct) => ({ struct })) } })
}

/** A page's header is some 30 bytes long. */
const headMax = 512

/**
 * Where the data pages are of a column that has no index, and of each row one value: by their headers.
 *
 * @param column the bytes of its pages
 * @returns undefined for one page, and for pages of another kind than Weir's and DuckDB's
 */
export async function walkedPageIndex(
  file: FileHandle,
  column: Span,
): Promise<PageIndex | undefined> {
  const pages: { row: number; start: number; bytes: number }[] = []
  const end = column.start + column.bytes
  let row = 0
  for (let at = column.start; at < end;) {
    const reader = new ThriftReader(await readAt(file, at, Math.min(headMax, end - at)))
    const header = reader.struct()
    const bytes = reader.at + Number(header[3])
    const isDictionary = header[1] === 2
    const own = header[5] as ThriftStruct | undefined
    if (!(bytes > reader.at) || (!isDictionary && !own)) return undefined
    if (!isDictionary) {
      pages.push({ row, start: at, bytes })
      row += Number(own![1])
    }
    at += bytes
  }
  if (pages.length < 2) return undefined
  const all = (of: (page: (typeof pages)[number]) => number) => Float64Array.from(pages, of)
  return {
    firstRow: all((page) => page.row),
    start: all(({ start }) => start),
    bytes: all(({ bytes }) => bytes),
  }
}

/** An OffsetIndex of pages that were moved. */
export function movedPageIndex(bytes: Buffer, by: number): Buffer {
  const { 1: locations } = new ThriftReader(bytes).struct()
  const all = (field: number) =>
    Float64Array.from((locations ?? []) as readonly ThriftStruct[], (each) => Number(each[field]))
  return pageIndexBytes({ start: all(1).map((at) => at + by), bytes: all(2), firstRow: all(3) })
}

/** A ColumnIndex of pages that have a value in each row, whose bounds are whole numbers of 64 bits. */
export function pageBoundsBytes(least: readonly number[], most: readonly number[]): Buffer {
  const list = (values: readonly number[]): Thrift => ({
    list: values.map((value) => {
      const binary = Buffer.alloc(8)
      binary.writeBigInt64LE(BigInt(value))
      return { binary }
    }),
  })
  return thriftBytes({
    1: { list: least.map(() => ({ bool: false })) },
    2: list(least),
    3: list(most),
    // In no order.
    4: { i32: 0 },
  })
}
