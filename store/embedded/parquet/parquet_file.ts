import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { FileHandle } from '../../../core/files.ts'
import { type PageIndex, pageIndexBytes } from './page_index.ts'
import { type Column, dataHeader, encodings, type Pages, physical } from './pages.ts'
import { type Fields, type Thrift, thriftBytes } from './thrift.ts'

export type ColumnKind = 'text' | 'texts' | 'int32' | 'int64' | 'timestamp'

export interface NamedColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly column: Column
  /** A few rows of it are read at a time, and it is most of the file: it has no place between columns that are read whole. */
  readonly isApart?: boolean
}

/** A column of a row group: pages behind their headers, and what the footer says of them when they begin at a place. */
interface Chunk {
  /** None once they are written. */
  parts: readonly Buffer[]
  readonly bytes: number
  readonly rawBytes: number
  readonly fields: (at: number) => Fields
  /** Its data pages, counted from its beginning. */
  readonly pages: PageIndex
  /** Where it is written, and where the index of its pages is; undefined where it has none. */
  at: number
  index: { readonly at: number; readonly bytes: number } | undefined
}

interface Group {
  readonly rows: number
  readonly chunks: readonly Chunk[]
}

const magic = Buffer.from('PAR1')
const codecs = { none: 0, zstd: 6 } as const
/** Less is not worth the call. */
const compressedMin = 256
/**
 * Documents are alike over more than zstd looks at by itself, and in long runs. To look for those first, at every 64th
 * place or so, and quickly for what is left between, takes half of what a thorough search for all of it does.
 */
const documentParams = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_windowLog]: 21,
  [constants.ZSTD_c_minMatch]: 7,
  [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  [constants.ZSTD_c_ldmMinMatch]: 80,
  [constants.ZSTD_c_ldmHashLog]: 14,
  [constants.ZSTD_c_ldmBucketSizeLog]: 2,
  [constants.ZSTD_c_ldmHashRateLog]: 6,
}
const documentsMin = 1_000_000
const compress = promisify(zstdCompress)
/**
 * Pages of a column that are compressed beside each other: while one waits to be taken back by the main thread, the other is
 * worked on. With more, whoever fills the next row group has no core.
 */
const atOnce = 2
/** Bytes of columns that wait for the next row groups, to lie before theirs. */
const heldMax = 16_000_000

/**
 * A Parquet file, written one row group after the other, its pages compressed by zstd. What its
 * columns hold is theirs to know. The pages of a column lie together, so that whoever reads it reads on: what the system reads
 * ahead of one row group's are the next one's.
 */
export class ParquetFile {
  readonly #open: () => Promise<FileHandle>
  #file: FileHandle | undefined
  readonly #columns: readonly NamedColumn[]
  readonly #level: number
  readonly #groups: Group[] = []
  /** By column, in the order of row groups: what is not written yet. */
  #held: Chunk[][] = []
  #heldBytes = 0
  #position = 0
  #written: Promise<void> = Promise.resolve()

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
   * Takes a row group of so many rows out of `columns`, which are named as those of the file, at once, and writes it behind
   * those before. The one that was taken out of them before has to be written.
   */
  async write(rows: number, columns = this.#columns): Promise<void> {
    const taken = columns.map(({ column }) => column.take(rows))
    const writing = this.#written.then(() => this.#write(rows, taken))
    this.#written = writing
    await writing
  }

  async #write(rows: number, taken: readonly Pages[]): Promise<void> {
    const chunks = await Promise.all(
      taken.map((pages, place) => this.#compressed(this.#columns[place]!, pages)),
    )
    if (this.#file === undefined) {
      this.#file = await this.#open()
      await this.#put([magic])
    }
    this.#groups.push({ rows, chunks })
    for (const [place, { isApart = false }] of this.#columns.entries()) {
      const chunk = chunks[place]!
      if (isApart) await this.#place([chunk])
      else {
        ;(this.#held[place] ??= []).push(chunk)
        this.#heldBytes += chunk.bytes
      }
    }
    if (this.#heldBytes > heldMax) await this.#placeHeld()
  }

  /** Writes what ends the file, and syncs it. It has a row group at least. */
  async finish(): Promise<void> {
    await this.#placeHeld()
    await this.#placeIndexes()
    const footer = thriftBytes({
      1: { i32: 2 },
      2: { list: schemaOf(this.#columns) },
      3: { i64: this.#groups.reduce((sum, { rows }) => sum + rows, 0) },
      4: { list: this.#groups.map((group, place) => ({ struct: groupFields(group, place) })) },
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

  /** The largest column first. What the system reads ahead of it is then less than it. */
  async #placeHeld(): Promise<void> {
    const held = this.#held.filter((chunks) => chunks.length > 0)
    this.#held = []
    this.#heldBytes = 0
    await this.#place(held.toSorted((a, b) => bytesOf(b) - bytesOf(a)).flat())
  }

  async #place(chunks: readonly Chunk[]): Promise<void> {
    let at = this.#position
    for (const chunk of chunks) {
      chunk.at = at
      at += chunk.bytes
    }
    await this.#put(chunks.flatMap(({ parts }) => parts))
    for (const chunk of chunks) chunk.parts = []
  }

  /** So that whoever wants one row reads one page of many. */
  async #placeIndexes(): Promise<void> {
    for (const chunk of this.#groups.flatMap(({ chunks }) => chunks)) {
      if (chunk.pages.start.length < 2) continue
      const start = chunk.pages.start.map((at) => at + chunk.at)
      const bytes = pageIndexBytes({ ...chunk.pages, start })
      chunk.index = { at: this.#position, bytes: bytes.length }
      await this.#put([bytes])
    }
  }

  async #put(parts: readonly Buffer[]): Promise<void> {
    await this.#file!.write(parts, this.#position)
    this.#position += parts.reduce((sum, { length }) => sum + length, 0)
  }

  #paramsOf({ isApart = false }: NamedColumn, { length }: Buffer): Record<number, number> {
    if (isApart && length > documentsMin) return documentParams
    return { [constants.ZSTD_c_compressionLevel]: this.#level }
  }

  async #compressed(column: NamedColumn, pages: Pages): Promise<Chunk> {
    const { dictionary, data, encoding } = pages
    const raw = [...(dictionary ? [dictionary.bytes] : []), ...data.map(({ bytes }) => bytes)]
    const isSmall = raw.reduce((sum, { length }) => sum + length, 0) < compressedMin
    const packed: Buffer[] = []
    const waiting = raw.entries()
    const turn = async () => {
      for (const [place, bytes] of waiting) {
        // The column's own bytes are filled again before these are written.
        packed[place] = isSmall
          ? Buffer.from(bytes)
          : await compressed(bytes, this.#paramsOf(column, bytes))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, turn))
    const headers = data.map(({ count }) => dataHeader(count, encoding))
    if (dictionary) headers.unshift(dictionaryHeader(dictionary.count))
    const heads = headers.map((header, place) => {
      const sizes = { 2: { i32: raw[place]!.length }, 3: { i32: packed[place]!.length } }
      return thriftBytes({ ...header, ...sizes })
    })
    const parts = heads.flatMap((head, place) => [head, packed[place]!])
    const sum = (buffers: readonly Buffer[]) =>
      buffers.reduce((total, { length }) => total + length, 0)
    const dictionaryBytes = dictionary ? heads[0]!.length + packed[0]!.length : 0
    const [bytes, rawBytes] = [sum(parts), sum(heads) + sum(raw)]
    const about = metadataOf(column, pages)
    const fields = (at: number): Fields => ({
      ...about,
      4: { i32: isSmall ? codecs.none : codecs.zstd },
      6: { i64: rawBytes },
      7: { i64: bytes },
      9: { i64: at + dictionaryBytes },
      11: dictionary ? { i64: at } : undefined,
    })
    const dataAt = dictionary ? 1 : 0
    const own = data.map((_, n) => heads[dataAt + n]!.length + packed[dataAt + n]!.length)
    const pagesOf = {
      firstRow: sumsBefore(
        data.map(({ count }) => count),
        0,
      ),
      start: sumsBefore(own, dictionaryBytes),
      bytes: Float64Array.from(own),
    }
    return { parts, bytes, rawBytes, fields, pages: pagesOf, at: NaN, index: undefined }
  }
}

/** Of each number what those before it are together, and `first`. */
function sumsBefore(numbers: readonly number[], first: number): Float64Array {
  let sum = first
  return Float64Array.from(numbers, (number) => (sum += number) - number)
}

const bytesOf = (chunks: readonly Chunk[]) => chunks.reduce((sum, { bytes }) => sum + bytes, 0)

/** What the footer says of a row group that is written. */
function groupFields({ rows, chunks }: Group, ordinal: number): Fields {
  const columns = chunks.map(({ fields, at, index }): Fields => {
    const place = index && { 4: { i64: index.at }, 5: { i32: index.bytes } }
    return { 2: { i64: 0 }, 3: { struct: fields(at) }, ...place }
  })
  return {
    1: { list: columns.map((struct) => ({ struct })) },
    2: { i64: chunks.reduce((sum, { rawBytes }) => sum + rawBytes, 0) },
    3: { i64: rows },
    5: { i64: chunks[0]!.at },
    6: { i64: bytesOf(chunks) },
    7: ordinal < 32_768 ? { i16: ordinal } : undefined,
  }
}

const dictionaryHeader = (count: number): Fields => ({
  1: { i32: 2 },
  7: { struct: { 1: { i32: count }, 2: { i32: encodings.plain } } },
})

async function compressed(bytes: Buffer, params: Record<number, number>): Promise<Buffer> {
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
