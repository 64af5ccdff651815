import type { FileHandle } from '../../../core/files.ts'
import { readAt, readFooterBytes, type Span } from './footer.ts'
import { movedPageIndex, pageIndexBytes, readIndexBytes, walkedPageIndex } from './page_index.ts'
import { type Fields, type Thrift, thriftBytes } from './thrift.ts'
import { ThriftReader } from './thrift_reader.ts'

const magic = Buffer.from('PAR1')
/** A column of less is read as a whole soon enough. */
const indexedMin = 500_000
/** What is copied at once. */
const pieceBytes = 2_097_152

/** The pages of a column of one row group, where they lie and where they are to. */
interface Move {
  readonly source: FileHandle
  readonly from: number
  readonly bytes: number
  to: number
  /** Of where its pages are: undefined where it has none. */
  index: Span | undefined
  /** Whether each row has one value. */
  readonly isFlat: boolean
}

/**
 * Writes a Parquet file with the row groups of all `sources`, one behind the other, their pages as they are: nothing is
 * unpacked. A column's pages lie together, those of the largest column first: whoever reads a column reads on, and what
 * the system reads ahead is of use. Of what stands beside pages the indexes of where they are stay, and no more.
 *
 * @param turn awaited before each piece that is copied
 * @returns false when the sources have not the same columns; then the target is not complete.
 * @throws RangeError when a source is no Parquet file
 */
export async function joinFiles(
  sources: readonly FileHandle[],
  target: FileHandle,
  turn: () => Promise<void>,
): Promise<boolean> {
  const footers: Fields[] = []
  for (const source of sources) {
    await turn()
    footers.push(new ThriftReader(await readFooterBytes(source)).fields())
  }
  const [first] = footers
  const schema = schemaText(first!)
  if (footers.some((footer) => schemaText(footer) !== schema)) return false
  const groups = footers.flatMap((footer) => structsOf(footer[4]))
  const moves = footers.flatMap((footer, n) =>
    structsOf(footer[4]).map((group) => movesOf(sources[n]!, group)),
  )
  const end = await movedIndexes(moves.flat(), await copied(columnsOf(moves), target, turn), target)
  await turn()
  const rows = groups.reduce((sum, group) => sum + numberOf(group[3]), 0)
  const list = groups.map((group, n) => ({ struct: movedGroup(group, moves[n]!, n) }))
  // What else was said of the first file, such as who wrote it, is said of all.
  const footer = thriftBytes({ ...first!, 3: { i64: rows }, 4: { list } })
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  await target.write([footer, length, magic], end)
  return true
}

/** The columns: names, types and how they are nested; of what a number means, two writers say the same in different words. */
function schemaText(footer: Fields): string {
  const elements = structsOf(footer[2]).slice(1)
  return JSON.stringify(elements.map((each) => [each[1], each[3], textOf(each[4]), each[5]]))
}

const textOf = (value: Thrift | undefined) =>
  value && 'binary' in value ? String(value.binary) : undefined

function movesOf(source: FileHandle, group: Fields): Move[] {
  return structsOf(group[1]).map((chunk) => {
    const metadata = metadataOf(chunk)
    const [from, bytes] = [startOf(metadata), numberOf(metadata[7])]
    const index = chunk[4] && { start: numberOf(chunk[4]), bytes: numberOf(chunk[5]) }
    const path = metadata[3]
    const isFlat = path !== undefined && 'list' in path && path.list.length === 1
    return { source, from, bytes, to: NaN, index, isFlat }
  })
}

/** Those of each column, the largest first. */
function columnsOf(groups: readonly (readonly Move[])[]): Move[] {
  const columns = (groups[0] ?? []).map((_, column) => groups.map((group) => group[column]!))
  const sum = (moves: readonly Move[]) => moves.reduce((all, { bytes }) => all + bytes, 0)
  return columns.toSorted((a, b) => sum(b) - sum(a)).flat()
}

/** Copies pages one behind the other, and says where they are. @returns where they end. */
async function copied(
  moves: readonly Move[],
  target: FileHandle,
  turn: () => Promise<void>,
): Promise<number> {
  let parts: Buffer[] = [magic]
  let [written, at] = [0, magic.length]
  const put = async () => {
    await target.write(parts, written)
    parts = []
    written = at
  }
  for (const move of moves) {
    move.to = at
    for (let done = 0; done < move.bytes;) {
      const bytes = Math.min(pieceBytes, move.bytes - done)
      parts.push(await readAt(move.source, move.from + done, bytes))
      done += bytes
      at += bytes
      if (at - written < pieceBytes) continue
      await put()
      await turn()
    }
  }
  await put()
  return at
}

/** Writes the indexes of pages that were moved. @returns where they end. */
async function movedIndexes(
  moves: readonly Move[],
  start: number,
  target: FileHandle,
): Promise<number> {
  const parts: Buffer[] = []
  let at = start
  for (const move of moves) {
    const part = await movedIndex(move)
    if (!part) continue
    move.index = { start: at, bytes: part.length }
    parts.push(part)
    at += part.length
  }
  await target.write(parts, start)
  return at
}

async function movedIndex(move: Move): Promise<Buffer | undefined> {
  const { source, from, to, bytes, index, isFlat } = move
  if (index) return movedPageIndex(await readIndexBytes(source, index), to - from)
  // Segments of before 22 November 2026 have none.
  if (!isFlat || bytes < indexedMin) return undefined
  const pages = await walkedPageIndex(source, { start: from, bytes })
  return pages && pageIndexBytes({ ...pages, start: pages.start.map((at) => at - from + to) })
}

function movedGroup(group: Fields, moves: readonly Move[], ordinal: number): Fields {
  const list = structsOf(group[1]).map((chunk, column) => ({
    struct: movedChunk(chunk, moves[column]!),
  }))
  return {
    ...group,
    1: { list },
    5: { i64: moves[0]!.to },
    6: { i64: moves.reduce((sum, { bytes }) => sum + bytes, 0) },
    7: ordinal < 32_768 ? { i16: ordinal } : undefined,
  }
}

/** Fields 6 and 7 and those of the metadata from 14 on are of what is left out. */
function movedChunk(chunk: Fields, { from, to, index }: Move): Fields {
  const metadata = metadataOf(chunk)
  const moved = (place: Thrift | undefined): Thrift | undefined =>
    place && { i64: numberOf(place) - from + to }
  const struct: Fields = {
    ...metadata,
    9: moved(metadata[9]),
    10: moved(metadata[10]),
    11: moved(metadata[11]),
    14: undefined,
    15: undefined,
  }
  const beside: Fields = {
    4: index && { i64: index.start },
    5: index && { i32: index.bytes },
    6: undefined,
    7: undefined,
  }
  // Its metadata stand in the footer alone.
  return { ...chunk, 2: { i64: 0 }, 3: { struct }, ...beside }
}

/** DuckDB names no dictionary where there is none, and Weir none either. */
const startOf = (metadata: Fields): number =>
  Math.min(numberOf(metadata[9]), numberOf(metadata[11] ?? metadata[9]))

function metadataOf(chunk: Fields): Fields {
  const metadata = chunk[3]
  if (!metadata || !('struct' in metadata)) throw new RangeError('a column has no metadata')
  return metadata.struct
}

const structsOf = (value: Thrift | undefined): readonly Fields[] =>
  value && 'list' in value
    ? value.list.flatMap((each) => ('struct' in each ? [each.struct] : []))
    : []

function numberOf(value: Thrift | undefined): number {
  if (value && 'i64' in value) return value.i64
  if (value && 'i32' in value) return value.i32
  return NaN
}
