import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { type Column, dataHeader, encodings, type Pages, physical } from './pages.ts'
import { type Fields, type Thrift, thriftBytes } from './thrift.ts'

export type ColumnKind = 'text' | 'texts' | 'int32' | 'int64' | 'timestamp'

export interface NamedColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly column: Column
}

/** Pages behind their headers, and what the footer says of them when they begin at a place. */
interface Compressed {
  readonly bytes: readonly Buffer[]
  readonly rawBytes: number
  readonly fields: (at: number) => Fields
}

const magic = Buffer.from('PAR1')
const codecs = { none: 0, zstd: 6 } as const
/** Less is not worth the call. */
const compressedMin = 256
/** Documents are alike over more than zstd looks back by itself, and in long runs. */
const documentParams = {
  [constants.ZSTD_c_windowLog]: 23,
  [constants.ZSTD_c_minMatch]: 7,
}
const documentsMin = 2_000_000
const compress = promisify(zstdCompress)

/**
 * A Parquet file, written one row group after the other, its pages compressed by zstd. What its
 * columns hold is theirs to know.
 */
export class ParquetFile {
  readonly #open: () => Promise<FileHandle>
  #file: FileHandle | undefined
  readonly #columns: readonly NamedColumn[]
  readonly #level: number
  readonly #groups: Fields[] = []
  #rows = 0
  #position = 0

  /** @param open called once there is something to write. */
  constructor(open: () => Promise<FileHandle>, columns: readonly NamedColumn[], level: number) {
    this.#open = open
    this.#columns = columns
    this.#level = level
  }

  /** Bytes that were written. */
  get bytes(): number {
    return this.#position
  }

  /**
   * Takes a row group of so many rows out of the columns, at once, and writes it. The one before has to be
   * written.
   */
  async write(rows: number): Promise<void> {
    const taken = this.#columns.map(({ column }) => column.take(rows))
    // A column's pages one after the other: most there is to do is in one column, and whoever fills the next row group
    // is to have a core.
    const compressed = await Promise.all(taken.map((pages) => this.#compressed(pages)))
    if (this.#file === undefined) {
      this.#file = await this.#open()
      await this.#put([magic])
    }
    const parts: Buffer[] = []
    const chunks: Fields[] = []
    const start = this.#position
    let at = start
    for (const [place, column] of this.#columns.entries()) {
      const { bytes, fields, rawBytes } = compressed[place]!
      const own = { ...metadataOf(column, taken[place]!), ...fields(at), 6: { i64: rawBytes } }
      chunks.push({ 2: { i64: 0 }, 3: { struct: own } })
      for (const part of bytes) {
        at += part.length
        parts.push(part)
      }
    }
    await this.#put(parts)
    this.#rows += rows
    this.#groups.push({
      1: { list: chunks.map((struct) => ({ struct })) },
      2: { i64: compressed.reduce((sum, { rawBytes }) => sum + rawBytes, 0) },
      3: { i64: rows },
      5: { i64: start },
      6: { i64: at - start },
      7: this.#groups.length < 32_768 ? { i32: this.#groups.length } : undefined,
    })
  }

  /** Writes what ends the file, and syncs it. It has a row group at least. */
  async finish(): Promise<void> {
    const footer = thriftBytes({
      1: { i32: 2 },
      2: { list: schemaOf(this.#columns) },
      3: { i64: this.#rows },
      4: { list: this.#groups.map((struct) => ({ struct })) },
      6: { binary: 'weir' },
      // The order of each column's bounds is that of its type.
      7: { list: this.#columns.map(() => ({ struct: { 1: { struct: {} } } })) },
    })
    const length = Buffer.alloc(4)
    length.writeUInt32LE(footer.length)
    await this.#put([footer, length, magic])
    await this.#file!.datasync()
    await this.close()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #put(parts: readonly Buffer[]): Promise<void> {
    await this.#file!.write(parts, this.#position)
    this.#position += parts.reduce((sum, { length }) => sum + length, 0)
  }

  async #compressed(pages: Pages): Promise<Compressed> {
    const { dictionary, data, encoding } = pages
    const raw = [...(dictionary ? [dictionary.bytes] : []), ...data.map(({ bytes }) => bytes)]
    const isSmall = raw.reduce((sum, { length }) => sum + length, 0) < compressedMin
    const packed: Buffer[] = []
    for (const bytes of raw) packed.push(isSmall ? bytes : await compressed(bytes, this.#level))
    const headers = data.map(({ count }) => dataHeader(count, encoding))
    if (dictionary) headers.unshift(dictionaryHeader(dictionary.count))
    const heads = headers.map((header, place) => {
      const sizes = { 2: { i32: raw[place]!.length }, 3: { i32: packed[place]!.length } }
      return thriftBytes({ ...header, ...sizes })
    })
    const bytes = heads.flatMap((head, place) => [head, packed[place]!])
    const sum = (parts: readonly Buffer[]) => parts.reduce((total, { length }) => total + length, 0)
    const dictionaryBytes = dictionary ? heads[0]!.length + packed[0]!.length : 0
    const fields = (at: number): Fields => ({
      4: { i32: isSmall ? codecs.none : codecs.zstd },
      7: { i64: sum(bytes) },
      9: { i64: at + dictionaryBytes },
      11: dictionary ? { i64: at } : undefined,
    })
    return { bytes, rawBytes: sum(heads) + sum(raw), fields }
  }
}

const dictionaryHeader = (count: number): Fields => ({
  1: { i32: 2 },
  7: { struct: { 1: { i32: count }, 2: { i32: encodings.plain } } },
})

async function compressed(bytes: Buffer, level: number): Promise<Buffer> {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    ...(bytes.length > documentsMin && documentParams),
  }
  // What comes out in one piece takes one turn of the loop.
  return await compress(bytes, { params, chunkSize: Math.max(1_024, bytes.length >>> 2) })
}

const physicalOf = {
  text: physical.bytes,
  texts: physical.bytes,
  int32: physical.int32,
  int64: physical.int64,
  timestamp: physical.int64,
} as const

function metadataOf({ name, kind }: NamedColumn, pages: Pages): Fields {
  const path = kind === 'texts' ? [name, 'list', 'element'] : [name]
  const used = [encodings.rle, pages.encoding, ...(pages.dictionary ? [encodings.plain] : [])]
  const { least, most, nulls } = pages
  return {
    1: { i32: physicalOf[kind] },
    2: { list: [...new Set(used)].map((i32) => ({ i32 })) },
    3: { list: path.map((binary) => ({ binary })) },
    5: { i64: pages.count },
    12: {
      struct: {
        3: { i64: nulls },
        5: most && { binary: most },
        6: least && { binary: least },
      },
    },
  }
}

const optional: Fields = { 3: { i32: 1 } }
const text: Fields = { 1: { i32: physical.bytes }, 6: { i32: 0 } }
const named = (name: string): Fields => ({ 4: { binary: name } })

function schemaOf(columns: readonly NamedColumn[]): Thrift[] {
  const elements: Fields[] = [{ 4: { binary: 'schema' }, 5: { i32: columns.length } }]
  for (const { name, kind } of columns) {
    if (kind === 'text') elements.push({ ...text, ...optional, ...named(name) })
    else if (kind === 'texts') {
      elements.push(
        { ...optional, ...named(name), 5: { i32: 1 }, 6: { i32: 3 } },
        { 3: { i32: 2 }, ...named('list'), 5: { i32: 1 } },
        { ...text, ...optional, ...named('element') },
      )
    } else if (kind === 'timestamp') {
      const micros: Thrift = { struct: { 2: { struct: {} } } }
      const timestamp: Thrift = { struct: { 1: { bool: false }, 2: micros } }
      const logical: Fields = { 10: { struct: { 8: timestamp } } }
      elements.push({ 1: { i32: physical.int64 }, ...optional, ...named(name), ...logical })
    } else elements.push({ 1: { i32: physicalOf[kind] }, ...optional, ...named(name) })
  }
  return elements.map((struct) => ({ struct }))
}
