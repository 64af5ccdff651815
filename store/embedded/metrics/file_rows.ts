import type { FileHandle, Files } from '../../../core/files.ts'
import type { SeriesKey } from '../../metrics.ts'
import type { PointType } from '../../points.ts'
import { type ColumnPages, ColumnReader, readColumn } from '../parquet/column_reader.ts'
import { type ColumnChunk, readFooter, type RowGroup } from '../parquet/footer.ts'
import type { PointSegment } from './point_manifest.ts'

/** Rows of one key that lie together in a file, as it has them; NaN where a column has nothing. */
export interface Rows<Name extends string> {
  /** Place in `WantedRows.keys`. */
  readonly key: number
  readonly times: Float64Array
  /** Those that are wanted of its type. */
  readonly columns: Readonly<Partial<Record<Name, Float64Array>>>
}

export interface WantedRows<Name extends string> {
  readonly keys: readonly SeriesKey[]
  /** Rows before or behind may be among those that come. */
  readonly fromMs: number
  readonly toMs: number
  readonly columnsOf: (type: PointType) => readonly Name[]
}

interface Span {
  readonly keys: readonly number[]
  readonly type: PointType
  from: number
  to: number
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
  const names = [...new Set(spans.flatMap(({ type }) => columnsOf(type)))]
  const [time, ...rest] = await Promise.all(
    ['time', ...names].map((name) => readColumn(file, columnOf(group, name))),
  )
  const times = numbersOf(time!, spans)
  // From the first to the last within the time that is asked for.
  for (const [place, span] of spans.entries()) {
    const own = times[place]!
    let [first, end] = [0, own.length]
    while (first < end && !(own[first]! >= fromMs && own[first]! < toMs)) first += 1
    while (end > first && !(own[end - 1]! >= fromMs && own[end - 1]! < toMs)) end -= 1
    times[place] = own.subarray(first, end)
    span.to = span.from + end
    span.from += first
  }
  const columns = spans.map((): Partial<Record<Name, Float64Array>> => ({}))
  for (const [place, name] of names.entries()) {
    const own = [...spans.keys()].filter((at) => columnsOf(spans[at]!.type).includes(name))
    const values = numbersOf(
      rest[place]!,
      own.map((at) => spans[at]!),
    )
    for (const [n, at] of own.entries()) columns[at]![name] = values[n]!
  }
  for (const [place, { keys, from, to }] of spans.entries()) {
    if (from === to) continue
    for (const key of keys) {
      if (!visit({ key, times: times[place]!, columns: columns[place]! })) return false
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
  const named: Omit<Span, 'type'>[] = []
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
        })
      // What goes on behind this run is looked at again with the next one.
      if (span.to > to) break
    }
  })
  return spans
}

function numbersOf(pages: ColumnPages, spans: readonly Span[]): Float64Array[] {
  const reader = new ColumnReader(pages)
  return spans.map(({ from, to }) => {
    const values = new Float64Array(to - from)
    if (to > from) reader.numbers(from, to - from, values)
    return values
  })
}
