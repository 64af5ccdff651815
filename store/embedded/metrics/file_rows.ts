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

/** Rows of a row group, and where the first of them is in the arrays of numbers. */
interface Span {
  readonly keys: readonly number[]
  readonly type: PointType
  from: number
  to: number
  at: number
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
          if (spans.length === 0) continue
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
  spans: readonly Span[],
  wanted: WantedRows<Name>,
  visit: (rows: Rows<Name>) => boolean,
): Promise<boolean> {
  const { fromMs, toMs, columnsOf } = wanted
  const byType = Map.groupBy(spans, ({ type }) => type)
  const names = [...new Set([...byType.keys()].flatMap(columnsOf))]
  const [time, ...rest] = await Promise.all(
    ['time', ...names].map((name) => readColumn(file, columnOf(group, name))),
  )
  const length = layOut(spans)
  const times = numbersOf(time!, spans, length)
  // From the first to the last within the time that is asked for.
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < toMs
  for (const span of spans) {
    let end = span.at + span.to - span.from
    for (; span.from < span.to && !isWithin(times[span.at]!); span.from++) span.at += 1
    for (; span.from < span.to && !isWithin(times[end - 1]!); span.to--) end -= 1
  }
  const columns = new Map<PointType, Partial<Record<Name, Float64Array>>>()
  for (const type of byType.keys()) columns.set(type, {})
  for (const [place, name] of names.entries()) {
    const types = [...byType.keys()].filter((type) => columnsOf(type).includes(name))
    const own =
      types.length < byType.size ? spans.filter(({ type }) => types.includes(type)) : spans
    const values = numbersOf(rest[place]!, own, length)
    for (const type of types) columns.get(type)![name] = values
  }
  for (const { keys, type, from, to, at } of spans) {
    if (from === to) continue
    for (const key of keys) {
      const rows = { key, from: at, to: at + to - from, times, columns: columns.get(type)! }
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
): Promise<Span[]> {
  const series = await readColumn(file, columnOf(group, 'series'))
  const bySeries = Map.groupBy(keys.keys(), (key) => keys[key]!.series)
  const wanted = series.texts.map((name) => bySeries.get(name))
  if (wanted.every((each) => each === undefined)) return []
  const named: Pick<Span, 'keys' | 'from' | 'to'>[] = []
  new ColumnReader(series).runs((text, from, to) => {
    const own = wanted[text]
    if (own) named.push({ keys: own, from, to })
  })
  const types = await readColumn(file, columnOf(group, 'type'))
  const spans: Span[] = []
  let place = 0
  new ColumnReader(types).runs((text, from, to) => {
    const type = types.texts[text]
    for (; place < named.length && named[place]!.from < to; place++) {
      const span = named[place]!
      const own = span.keys.filter((key) => keys[key]!.type === type)
      if (own.length > 0)
        spans.push({
          keys: own,
          type: keys[own[0]!]!.type,
          from: Math.max(span.from, from),
          to: Math.min(span.to, to),
          at: 0,
        })
      // What goes on behind this run is looked at again with the next one.
      if (span.to > to) break
    }
  })
  return spans
}

/** Gives spans their places: one behind the other. @returns the length of all. */
function layOut(spans: readonly Span[]): number {
  let length = 0
  for (const span of spans) {
    span.at = length
    length += span.to - span.from
  }
  return length
}

function numbersOf(pages: ColumnPages, spans: readonly Span[], length: number): Float64Array {
  const reader = new ColumnReader(pages)
  const values = new Float64Array(length)
  for (const { from, to, at } of spans) if (to > from) reader.numbers(from, to - from, values, at)
  return values
}
