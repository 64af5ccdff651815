import type { FileHandle } from '../../../core/files.ts'
import { ThriftReader, type ThriftStruct, type ThriftValue } from './thrift_reader.ts'

/** A column of a row group, as the footer says it lies in the file. */
export interface ColumnChunk {
  readonly type: number
  readonly codec: number
  /** Whether rows without a value are possible. */
  readonly isOptional: boolean
  readonly rows: number
  readonly start: number
  readonly bytes: number
  /** The least and the greatest value as they stand in Parquet; undefined where they are not known. */
  readonly least: Buffer | undefined
  readonly most: Buffer | undefined
  /** What a number is to be divided by: a thousand for microseconds, so that all are milliseconds. */
  readonly divisor: number
  /** Where it says which page has which rows, and what the bounds of these are; undefined where it does not. */
  readonly offsetIndex: Span | undefined
  readonly columnIndex: Span | undefined
}

/** Bytes of a file. */
export interface Span {
  readonly start: number
  readonly bytes: number
}

export interface RowGroup {
  readonly rows: number
  readonly columns: ReadonlyMap<string, ColumnChunk>
}

/** @throws RangeError when there is none. */
export function columnOf({ columns }: RowGroup, name: string): ColumnChunk {
  const chunk = columns.get(name)
  if (!chunk) throw new RangeError(`the file has no column ${name}`)
  return chunk
}

const tailBytes = 65_536
/** `columns × row groups` of a file of points are a few thousand. */
const footerMax = 64_000_000

/** The footer's bytes. @throws RangeError */
export async function readFooterBytes(file: FileHandle): Promise<Buffer> {
  const size = await file.size()
  const tail = await readAt(file, Math.max(0, size - tailBytes), Math.min(size, tailBytes))
  if (size < 12 || tail.toString('latin1', tail.length - 4) !== 'PAR1')
    throw new RangeError('this is no Parquet file')
  const length = tail.readUInt32LE(tail.length - 8)
  if (length > Math.min(size - 12, footerMax)) throw new RangeError('the footer is too long')
  const isWhole = length + 8 <= tail.length
  return isWhole
    ? tail.subarray(tail.length - 8 - length, tail.length - 8)
    : await readAt(file, size - 8 - length, length)
}

/** What columns a Parquet file has, and where; those of lists, maps and structs are left out. @throws RangeError */
export async function readFooter(file: FileHandle): Promise<RowGroup[]> {
  return rowGroupsOf(await readFooterBytes(file))
}

/** The same of a footer's bytes. @throws RangeError */
export function rowGroupsOf(footer: Buffer): RowGroup[] {
  const fields = new ThriftReader(footer).struct()
  const [root, ...elements] = structs(fields[2])
  const kinds = new Map(elements.map((element) => [text(element[4]), element]))
  if (Number(root?.[5]) < 1) throw new RangeError('the schema is empty')
  return structs(fields[4]).map((group) => {
    const rows = Number(group[3])
    const columns = structs(group[1]).flatMap((chunk) => {
      const metadata = (chunk[3] ?? {}) as ThriftStruct
      const path = ((metadata[3] ?? []) as readonly ThriftValue[]).map(text)
      const kind = kinds.get(path[0]!)
      if (path.length !== 1 || kind === undefined) return []
      return [[path[0]!, chunkOf(chunk, metadata, kind, rows)] as const]
    })
    return { rows, columns: new Map(columns) }
  })
}

function chunkOf(
  chunk: ThriftStruct,
  metadata: ThriftStruct,
  kind: ThriftStruct,
  rows: number,
): ColumnChunk {
  const statistics = (metadata[12] ?? {}) as ThriftStruct
  const data = Number(metadata[9])
  return {
    type: Number(metadata[1]),
    codec: Number(metadata[4]),
    isOptional: kind[3] === 1,
    rows,
    start: Math.min(data, Number(metadata[11] ?? data)),
    bytes: Number(metadata[7]),
    least: statistics[6] as Buffer | undefined,
    most: statistics[5] as Buffer | undefined,
    divisor: kind[6] === 10 ? 1_000 : 1,
    offsetIndex: spanOf(chunk[4], chunk[5]),
    columnIndex: spanOf(chunk[6], chunk[7]),
  }
}

const spanOf = (start: ThriftValue | undefined, bytes: ThriftValue | undefined): Span | undefined =>
  start === undefined || bytes === undefined
    ? undefined
    : { start: Number(start), bytes: Number(bytes) }

/** So many bytes from `position` on. @throws RangeError when the file ends before. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  if ((await file.read(bytes, position)) < length) throw new RangeError('the file ends too early')
  return bytes
}

const structs = (value: ThriftValue | undefined) => (value ?? []) as readonly ThriftStruct[]
const text = (value: ThriftValue | undefined) => String(value)
