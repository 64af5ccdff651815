import type { FileHandle, Files } from '../../../core/files.ts'
import type { SeriesKey } from '../../metrics.ts'
import type { PointType } from '../../points.ts'
import { BoundedCache } from '../bounded_cache.ts'
import { ColumnReader } from '../parquet/column_reader.ts'
import { type ColumnChunk, columnOf, readFooter, type RowGroup } from '../parquet/footer.ts'
import { NumberPages } from './number_pages.ts'
import type { PointSegment } from './point_manifest.ts'
import { SeriesRuns } from './series_runs.ts'

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

/** Rows of a row group that lie together: in a fresh file each row can be of another series. */
interface Span {
  /** Those that ask for the series. */
  readonly keys: readonly number[]
  readonly type: PointType
  from: number
  to: number
  /** Where the first is in the arrays of numbers. */
  at: number
}

/** What a column takes that a footer names, in memory. */
const chunkBytes = 400
/** More names than these, as they lie in a file, are not remembered: to make all of them out costs more than to look. */
const namesBytesMax = 400_000

/**
 * Reads the rows of some series out of files of points: what a dozen pages hold takes DuckDB twenty times as long to look
 * for. For numbers alone; sketches and exact figures are DuckDB's. Where what is in the files is remembered.
 */
export class FileRows {
  readonly #files: Files
  readonly #pathOf: (segment: PointSegment) => string
  /** By segment. */
  readonly #footers: BoundedCache<number, readonly RowGroup[]>
  readonly #runs: BoundedCache<RowGroup, SeriesRuns>
  readonly #pages: BoundedCache<ColumnChunk, NumberPages>

  /** @param cacheBytes what may be remembered of where things are in the files, at most about. */
  constructor(files: Files, pathOf: (segment: PointSegment) => string, cacheBytes: number) {
    this.#files = files
    this.#pathOf = pathOf
    this.#footers = new BoundedCache(cacheBytes / 4, (groups) =>
      groups.reduce((sum, { columns }) => sum + columns.size * chunkBytes, 0),
    )
    this.#runs = new BoundedCache(cacheBytes / 4, ({ bytes }) => bytes)
    this.#pages = new BoundedCache(cacheBytes / 2, ({ bytes }) => bytes)
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
    const bySeries = Map.groupBy(wanted.keys.keys(), (key) => wanted.keys[key]!.series)
    const sorted = [...bySeries.keys()].map((name) => Buffer.from(name)).sort(Buffer.compare)
    const file = await this.#files.open(this.#pathOf(segment), 'r')
    try {
      const footer = await this.#footers.get(segment.id, () => readFooter(file))
      const groups = footer.filter((group) => mayHave(columnOf(group, 'series'), sorted))
      // One after the other: what one has of names, which may all be different, is much at once.
      for (const group of groups) {
        deadline.throwIfAborted()
        const isWide = columnOf(group, 'series').bytes > namesBytesMax
        const runs = isWide
          ? await SeriesRuns.read(file, group, bySeries)
          : await this.#runs.get(group, () => SeriesRuns.read(file, group))
        const spans = spansOf(runs, wanted.keys, bySeries)
        if (spans.length === 0) continue
        if (!(await this.#visit(file, group, spans, wanted, visit))) return false
      }
      return true
    } finally {
      await file.close()
    }
  }

  #pagesOf(file: FileHandle, chunk: ColumnChunk): Promise<NumberPages> {
    return this.#pages.get(chunk, () => NumberPages.of(file, chunk))
  }

  async #visit<Name extends string>(
    file: FileHandle,
    group: RowGroup,
    spans: Span[],
    wanted: WantedRows<Name>,
    visit: (rows: Rows<Name>) => boolean,
  ): Promise<boolean> {
    const { fromMs, toMs, columnsOf } = wanted
    const time = await this.#pagesOf(file, columnOf(group, 'time'))
    for (const span of spans) time.narrow(span, fromMs, toMs)
    let length = 0
    for (const span of spans) {
      span.at = length
      length += span.to - span.from
    }
    if (length === 0) return true
    const times = await numbersOf(file, time, spans, length)
    narrowTo(spans, times, fromMs, toMs)
    const types = [...new Set(spans.map(({ type }) => type))]
    const names = [...new Set(types.flatMap(columnsOf))]
    const columns = new Map<PointType, Partial<Record<Name, Float64Array>>>()
    for (const type of types) columns.set(type, {})
    for (const name of names) {
      const having = types.filter((type) => columnsOf(type).includes(name))
      const own = spans.filter(({ type }) => having.includes(type))
      const pages = await this.#pagesOf(file, columnOf(group, name))
      const values = await numbersOf(file, pages, own, length)
      for (const type of having) columns.get(type)![name] = values
    }
    for (const { keys, type, from, to, at } of spans) {
      if (to === from) continue
      for (const key of keys) {
        const rows = { key, from: at, to: at + to - from, times, columns: columns.get(type)! }
        if (!visit(rows)) return false
      }
    }
    return true
  }
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

/** Where the rows of `keys` are, in order. */
function spansOf(
  runs: SeriesRuns,
  keys: readonly SeriesKey[],
  bySeries: ReadonlyMap<string, readonly number[]>,
): Span[] {
  const spans: Span[] = []
  for (const [series, own] of bySeries) {
    if (!runs.has(series)) continue
    for (const [type, some] of Map.groupBy(own, (key) => keys[key]!.type))
      for (const { from, to } of runs.of(series, type))
        spans.push({ keys: some, type, from, to, at: 0 })
  }
  return spans.sort((a, b) => a.from - b.from)
}

/** From the first to the last row within the time that is asked for. */
function narrowTo(spans: readonly Span[], times: Float64Array, fromMs: number, toMs: number): void {
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < toMs
  for (const span of spans) {
    let end = span.at + span.to - span.from
    for (; span.from < span.to && !isWithin(times[span.at]!); span.at++) span.from += 1
    for (; span.from < span.to && !isWithin(times[end - 1]!); span.to--) end -= 1
  }
}

/** A column's numbers of `spans` at their places; those of other spans are 0. */
async function numbersOf(
  file: FileHandle,
  pages: NumberPages,
  spans: readonly Span[],
  length: number,
): Promise<Float64Array> {
  const values = new Float64Array(length)
  const reader = new ColumnReader(await pages.read(file, spans))
  for (const { from, to, at } of spans) if (to > from) reader.numbers(from, to - from, values, at)
  return values
}
