import type { FileHandle, Files } from '../../../core/files.ts'
import type { SeriesKey } from '../../metrics.ts'
import type { PointType } from '../../points.ts'
import { type ColumnPages, ColumnReader, readColumn } from '../parquet/column_reader.ts'
import { type ColumnChunk, readFooter, type RowGroup } from '../parquet/footer.ts'
import type { PointSegment } from './point_manifest.ts'

/** Rows of one key that lie together in a file, as it has them: in each array from `from` to before `to`. */
export interface Rows<Name extends string> {
  /** Place in `WantedRows.keys`. */
  readonly key: number
  readonly from: number
  readonly to: number
  readonly times: Float64Array
  /** Those that are wanted of its type; NaN where there is nothing. */
  readonly columns: Readonly<Partial<Record<Name, Float64Array>>>
}

export interface WantedRows<Name extends string> {
  readonly keys: readonly SeriesKey[]
  /** Rows before or behind may be among those that come. */
  readonly fromMs: number
  readonly toMs: number
  readonly columnsOf: (type: PointType) => readonly Name[]
}

/** Keys of one series and type. */
interface Owner {
  readonly keys: readonly number[]
  readonly type: PointType
}

/** Rows of a row group that lie together, by their place: in a fresh file each row can be of another series. */
interface Spans {
  readonly owner: Owner[]
  readonly from: number[]
  readonly to: number[]
  /** Where the first is in the arrays of numbers. */
  readonly at: number[]
}

/** Files whose footers are remembered: some 100 KB each when they are large. */
const footersMax = 128
/** Row groups whose names are looked at together. */
const groupsAtOnce = 16

/**
 * Reads the rows of some series out of files of points: what a dozen pages hold takes DuckDB twenty times as long to look
 * for. For numbers alone; sketches and exact figures are DuckDB's.
 */
export class FileRows {
  readonly #files: Files
  readonly #pathOf: (segment: PointSegment) => string
  /** By segment, those asked for last at the end. */
  readonly #footers = new Map<number, readonly RowGroup[]>()

  constructor(files: Files, pathOf: (segment: PointSegment) => string) {
    this.#files = files
    this.#pathOf = pathOf
  }

  /**
   * Calls `visit` with the rows in the order of the file, until it says false.
   *
   * @returns whether it never did.
   * @throws Error when the file is damaged, or not laid out as `readColumn` knows it.
   */
  async each<Name extends string>(
    segment: PointSegment,
    wanted: WantedRows<Name>,
    deadline: AbortSignal,
    visit: (rows: Rows<Name>) => boolean,
  ): Promise<boolean> {
    const names = [...new Set(wanted.keys.map(({ series }) => series))]
    const sorted = names.map((name) => Buffer.from(name)).sort(Buffer.compare)
    const file = await this.#files.open(this.#pathOf(segment), 'r')
    try {
      const footer = await this.#footerOf(segment, file)
      const groups = footer.filter((group) => mayHave(columnOf(group, 'series'), sorted))
      for (let at = 0; at < groups.length; at += groupsAtOnce) {
        const some = groups.slice(at, at + groupsAtOnce)
        const found = await Promise.all(some.map((group) => spansOf(file, group, wanted.keys)))
        for (const [place, spans] of found.entries()) {
          deadline.throwIfAborted()
          if (spans.owner.length === 0) continue
          if (!(await visitSpans(file, some[place]!, spans, wanted, visit))) return false
        }
      }
      return true
    } finally {
      await file.close()
    }
  }

  async #footerOf(segment: PointSegment, file: FileHandle): Promise<readonly RowGroup[]> {
    const known = this.#footers.get(segment.id)
    const footer = known ?? (await readFooter(file))
    this.#footers.delete(segment.id)
    this.#footers.set(segment.id, footer)
    const [oldest] = this.#footers.keys()
    if (this.#footers.size > footersMax) this.#footers.delete(oldest!)
    return footer
  }
}

async function visitSpans<Name extends string>(
  file: FileHandle,
  group: RowGroup,
  spans: Spans,
  wanted: WantedRows<Name>,
  visit: (rows: Rows<Name>) => boolean,
): Promise<boolean> {
  const { fromMs, toMs, columnsOf } = wanted
  const { owner, from, to, at } = spans
  const types = [...new Set(owner.map(({ type }) => type))]
  const names = [...new Set(types.flatMap(columnsOf))]
  const [time, ...rest] = await Promise.all(
    ['time', ...names].map((name) => readColumn(file, columnOf(group, name))),
  )
  const length = from.reduce((sum, first, n) => sum + to[n]! - first, 0)
  const times = numbersOf(time!, spans, length)
  // From the first to the last within the time that is asked for.
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < toMs
  for (let n = 0; n < owner.length; n++) {
    let end = at[n]! + to[n]! - from[n]!
    for (; from[n]! < to[n]! && !isWithin(times[at[n]!]!); at[n]!++) from[n]! += 1
    for (; from[n]! < to[n]! && !isWithin(times[end - 1]!); to[n]!--) end -= 1
  }
  const columns = new Map<PointType, Partial<Record<Name, Float64Array>>>()
  for (const type of types) columns.set(type, {})
  for (const [place, name] of names.entries()) {
    const having = types.filter((type) => columnsOf(type).includes(name))
    const only = having.length < types.length ? having : undefined
    const values = numbersOf(rest[place]!, spans, length, only)
    for (const type of having) columns.get(type)![name] = values
  }
  for (let n = 0; n < owner.length; n++) {
    const end = at[n]! + to[n]! - from[n]!
    if (end === at[n]) continue
    const { keys, type } = owner[n]!
    for (const key of keys) {
      const rows = { key, from: at[n]!, to: end, times, columns: columns.get(type)! }
      if (!visit(rows)) return false
    }
  }
  return true
}

function columnOf(group: RowGroup, name: string): ColumnChunk {
  const chunk = group.columns.get(name)
  if (!chunk) throw new RangeError(`the file has no column ${name}`)
  return chunk
}

/** Whether one of `names`, which are in order, is not outside of the column's bounds. */
function mayHave({ least, most }: ColumnChunk, names: readonly Buffer[]): boolean {
  if (!least || !most) return true
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (names[middle]!.compare(least) < 0) low = middle + 1
    else high = middle
  }
  return low < names.length && names[low]!.compare(most) <= 0
}

/** Where the rows of `keys` are. */
async function spansOf(
  file: FileHandle,
  group: RowGroup,
  keys: readonly SeriesKey[],
): Promise<Spans> {
  const spans: Spans = { owner: [], from: [], to: [], at: [] }
  const series = await readColumn(file, columnOf(group, 'series'))
  const bySeries = Map.groupBy(keys.keys(), (key) => keys[key]!.series)
  const named = series.texts.map((name) => bySeries.get(name))
  if (named.every((each) => each === undefined)) return spans
  const runs = { text: [] as number[], from: [] as number[], to: [] as number[] }
  new ColumnReader(series).runs((text, from, to) => {
    if (!named[text]) return
    runs.text.push(text)
    runs.from.push(from)
    runs.to.push(to)
  })
  const types = await readColumn(file, columnOf(group, 'type'))
  // By text and type; undefined where nobody wants it.
  const owners = new Map<number, Owner | undefined>()
  const ownerOf = (text: number, type: PointType, place: number): Owner | undefined => {
    const known = text * types.texts.length + place
    if (!owners.has(known)) {
      const own = named[text]!.filter((key) => keys[key]!.type === type)
      owners.set(known, own.length === 0 ? undefined : { keys: own, type })
    }
    return owners.get(known)
  }
  let [run, length] = [0, 0]
  new ColumnReader(types).runs((place, start, end) => {
    const type = types.texts[place] as PointType
    for (; run < runs.text.length && runs.from[run]! < end; run++) {
      const owner = ownerOf(runs.text[run]!, type, place)
      if (owner) {
        const from = Math.max(runs.from[run]!, start)
        const to = Math.min(runs.to[run]!, end)
        spans.owner.push(owner)
        spans.from.push(from)
        spans.to.push(to)
        spans.at.push(length)
        length += to - from
      }
      // What goes on behind this run is looked at again with the next one.
      if (runs.to[run]! > end) break
    }
  })
  return spans
}

/** A column's numbers of all spans, one behind the other, or of those of some types, the others' being 0. */
function numbersOf(
  pages: ColumnPages,
  { owner, from, to, at }: Spans,
  length: number,
  only?: readonly PointType[],
): Float64Array {
  const reader = new ColumnReader(pages)
  const values = new Float64Array(length)
  for (let n = 0; n < owner.length; n++) {
    const count = to[n]! - from[n]!
    if (count === 0 || (only && !only.includes(owner[n]!.type))) continue
    reader.numbers(from[n]!, count, values, at[n]!)
  }
  return values
}
