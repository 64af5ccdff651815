import type { Needs } from '../ask/needs.ts'
import type { TimeBounds } from '../ask/time_spans.ts'
import { columnInTimes } from '../ask/value_condition.ts'
import type { Shape } from '../shape.ts'
import { all, join, type Sql, sql, verbatim } from '../sql.ts'
import { promotedColumns } from '../columns.ts'
import type { DamagedFile, Manifest, Minutes } from './manifest.ts'
import type { Gone } from './manifest_change.ts'
import { isMasked } from './masked_rows.ts'
import { MinuteSums } from './minute_sums.ts'
import type { MinuteCount, Segment } from './segment.ts'
import { fits, type WordLookup } from './prune.ts'

/** A stream that has documents, and what they taught. */
export interface StoredStream {
  readonly name: string
  readonly shapes: readonly Shape[]
  readonly documents: number
  /** Documents that were replaced or deleted, and take room until they are merged away. */
  readonly deleted: number
  readonly bytes: number
  readonly createdMs: number
}

/** The rows that a question may touch, held until `close`. */
export interface Opened {
  /**
   * FROM-able, with all of `baseColumns` and `promotedColumns`, and `filename` and `file_row_number`: every row there is,
   * replaced ones left out, and those outside of the bounds of time that it was opened for.
   */
  readonly from: Sql
  /** FROM-able as `from`: only segments that may have rows within `bounds`, or, where wanted, some without a time. */
  readonly within: (bounds: TimeBounds, untimed: boolean) => Sql
  /** Segments that `from` reads, and those that need not be read. */
  readonly segments: readonly Segment[]
  readonly skipped: number
  /** Segments of the streams that were set aside, and whose rows are missing. */
  readonly damaged: readonly DamagedFile[]
  close(): void
}

/** Counts by minute and level that are kept beside segments, and what they do not cover. */
export interface Counted {
  readonly counts: readonly Omit<MinuteCount, 'stream'>[]
  /** Segments without counts that can be used: all of their rows are to be read. */
  readonly rest: Opened
  /** Segments with counts, of which only rows outside the counts' minutes are to be read. */
  readonly edges: Opened
}

const minuteMicros = 60_000_000n

/** Segments as questions see them. What is opened stays on disk until it is closed. */
export class Reading {
  readonly #manifest: Manifest
  readonly #segmentsFolder: string
  readonly #words: WordLookup
  readonly #sums: MinuteSums
  /** Segments and how many questions read them. */
  readonly #held = new Map<number, number>()
  readonly #onReleased: () => void

  constructor(
    manifest: Manifest,
    segmentsFolder: string,
    words: WordLookup,
    onReleased: () => void,
  ) {
    this.#manifest = manifest
    this.#segmentsFolder = segmentsFolder
    this.#words = words
    this.#sums = new MinuteSums((segments) => manifest.minutesIn(segments))
    this.#onReleased = onReleased
  }

  isHeld(id: number): boolean {
    return this.#held.has(id)
  }

  streams(): StoredStream[] {
    const sums = new Map<string, { documents: number; bytes: number; missing: number }>()
    const { gone, segments, aside } = this.#manifest
    for (const segment of [...segments.values(), ...aside.values()]) {
      for (const { stream, rows, maxSeq } of segment.parts) {
        const limit = gone.get(stream)
        if (limit && isGone(limit, segment) && (maxSeq ?? 0) <= limit.seq) continue
        const sum = sums.get(stream) ?? { documents: 0, bytes: 0, missing: 0 }
        sums.set(stream, sum)
        // A stream of which no file can be read is there all the same: its answers say what is missing.
        if (aside.has(segment.id)) {
          sum.missing += rows
          continue
        }
        sum.documents += rows
        sum.bytes += Math.round((segment.bytes * rows) / Math.max(1, segment.rows))
      }
    }
    const masks = this.#manifest.maskCounts()
    return this.#manifest.streams().flatMap(({ stream: name, createdMs }) => {
      const sum = sums.get(name)
      if (!sum) return []
      // Masks may be of rows that are missing: there are never fewer documents than are found.
      const masked = Math.max(0, (masks.get(name) ?? 0) - sum.missing)
      const deleted = Math.min(masked, sum.documents)
      const [documents, { bytes }] = [sum.documents - deleted, sum]
      return [{ name, bytes, createdMs, documents, deleted, shapes: this.#manifest.shapes(name) }]
    })
  }

  /** What `streams` hold that may fit `needs`. */
  open(streams: readonly string[], needs: Needs): Opened {
    const wanted = new Set(streams)
    const ofStreams = [...this.#manifest.segments.values()].filter(({ parts }) =>
      parts.some(({ stream }) => wanted.has(stream)),
    )
    const segments = ofStreams.filter((segment) => fits(segment, wanted, needs, this.#words))
    return this.#opened(streams, segments, ofStreams.length - segments.length, timesOf(needs))
  }

  /** What `streams` hold within the bounds of `needs`, as counts of `minutes`, `grain` of them together, as far as they are kept. */
  counted(streams: readonly string[], needs: Needs, minutes: Minutes, grain: number): Counted {
    const wanted = new Set(streams)
    const fromMicros = BigInt(minutes.from) * minuteMicros
    const toMicros = BigInt(minutes.to) * minuteMicros
    const isTimed = needs.fromMicros !== undefined || needs.toMicros !== undefined
    const masked = new Set(streams.filter((stream) => this.#manifest.hasMasks(stream)))
    const [usable, rest, edges]: [number[], Segment[], Segment[]] = [[], [], []]
    let skipped = 0
    for (const segment of this.#manifest.segments.values()) {
      const parts = segment.parts.filter(({ stream }) => wanted.has(stream))
      if (parts.length === 0) continue
      if (!fits(segment, wanted, needs, this.#words)) {
        skipped += 1
        continue
      }
      const isUsable =
        segment.counted &&
        parts.every(({ stream, untimed }) => {
          if (masked.has(stream) || isGone(this.#manifest.gone.get(stream), segment)) return false
          return isTimed || untimed === 0
        })
      if (!isUsable) {
        rest.push(segment)
        continue
      }
      usable.push(segment.id)
      const reaches = parts.some(({ minMicros, maxMicros }) => {
        return minMicros !== null && (minMicros < fromMicros || maxMicros! >= toMicros)
      })
      if (reaches) edges.push(segment)
    }
    return {
      counts: this.#sums.of(usable, streams, minutes, grain),
      rest: this.#opened(streams, rest, skipped),
      edges: this.#opened(streams, edges, usable.length - edges.length),
    }
  }

  /** All rows of `segments` that count, whatever their stream, FROM-able: the columns of a segment. Nothing is held. */
  rowsOf(segments: readonly Segment[]): Sql {
    const streams = new Set(segments.flatMap(({ parts }) => parts.map(({ stream }) => stream)))
    return sql`(select * exclude (filename, file_row_number) from ${this.#from([...streams], segments, {}, asStored)})`
  }

  #opened(
    streams: readonly string[],
    segments: readonly Segment[],
    skipped: number,
    times: TimeBounds = {},
  ): Opened {
    for (const { id } of segments) this.#held.set(id, (this.#held.get(id) ?? 0) + 1)
    let isOpen = true
    const close = () => {
      if (!isOpen) return
      isOpen = false
      for (const { id } of segments) {
        const left = this.#held.get(id)! - 1
        if (left > 0) this.#held.set(id, left)
        else this.#held.delete(id)
      }
      this.#onReleased()
    }
    const wanted = new Set(streams)
    const damaged = this.#manifest
      .damaged()
      .filter(({ stream }) => stream === undefined || wanted.has(stream))
    const within = (bounds: TimeBounds, untimed: boolean) => {
      const some = segments.filter((segment) => {
        return isWithin(segment, bounds) || (untimed && segment.untimed > 0)
      })
      return this.#from(streams, some, times)
    }
    const from = this.#from(streams, segments, times)
    return { from, within, segments, skipped, damaged, close }
  }

  #from(
    streams: readonly string[],
    segments: readonly Segment[],
    times: TimeBounds = {},
    columnsOf = columnsToRead,
  ): Sql {
    const { gone } = this.#manifest
    const groups = new Map<string, { columns: Sql; condition: Sql; files: string[] }>()
    for (const segment of segments) {
      const conditions: Sql[] = []
      const isMixed = segment.parts.length > 1 || segment.stream === undefined
      if (isMixed) {
        const names = segment.parts.filter(({ stream }) => streams.includes(stream))
        if (names.length < segment.parts.length) {
          conditions.push(
            sql`_stream in (${join(
              names.map(({ stream }) => sql`${stream}`),
              ', ',
            )})`,
          )
        }
      }
      for (const { stream } of segment.parts) {
        const limit = gone.get(stream)
        if (!limit || !isGone(limit, segment) || !streams.includes(stream)) continue
        conditions.push(sql`(_stream <> ${stream} or coalesce(_seq > ${limit.seq}, false))`)
      }
      if (!isInside(segment, times)) conditions.push(columnInTimes(times))
      const condition = all(conditions)
      const columns = columnsOf(streams, segment)
      const key = JSON.stringify([columns.text, condition.text, condition.values])
      if (!groups.has(key)) groups.set(key, { columns, condition, files: [] })
      groups.get(key)!.files.push(`${this.#segmentsFolder}/${segment.file}`)
    }
    const masked = this.#masked(streams)
    const selects = [...groups.values()].map(({ columns, condition, files }) => {
      const list = join(
        files.map((file) => sql`${file}`),
        ', ',
      )
      const rows = sql`select ${columns} from read_parquet([${list}], filename = true, file_row_number = true)`
      const filters = condition.text === 'true' ? [] : [condition]
      if (masked) filters.push(masked)
      return filters.length === 0 ? rows : sql`${rows} where ${join(filters, ' and ')}`
    })
    if (selects.length === 0) return sql`(${noRows})`
    return sql`(${join(selects, ' union all ')})`
  }

  /** The condition that leaves replaced and deleted documents out; undefined when there are none. */
  #masked(streams: readonly string[]): Sql | undefined {
    const masks = this.#manifest.masks(streams)
    if (masks.length === 0) return undefined
    return sql`not ${isMasked(masks)}`
  }
}

const asStored = (): Sql => verbatim('*')

/** All columns; what the manifest says is the same in all rows is not read: a column costs DuckDB some time in each row group. */
function columnsToRead(streams: readonly string[], { parts }: Segment): Sql {
  const known: Sql[] = []
  if (streams.length === 1) known.push(sql`${streams[0]!}::varchar as _stream`)
  const hasIds = parts.some(({ stream, maxSeq }) => maxSeq !== null && streams.includes(stream))
  if (!hasIds) known.push(sql`null::varchar as _id, null::bigint as _seq`)
  return known.length === 0 ? verbatim('*') : sql`* replace (${join(known, ', ')})`
}

const timesOf = ({ fromMicros, toMicros }: Needs): TimeBounds => ({
  ...(fromMicros !== undefined && { from: fromMicros }),
  ...(toMicros !== undefined && { to: toMicros + 1n }),
})

/** Whether all rows are within the bounds; those without a time are within none. */
function isInside({ minMicros, maxMicros, untimed }: Segment, { from, to }: TimeBounds): boolean {
  if (from === undefined && to === undefined) return true
  if (untimed > 0 || minMicros === null || maxMicros === null) return false
  return (from === undefined || minMicros >= from) && (to === undefined || maxMicros < to)
}

/** Whether some row may be within the bounds. */
function isWithin({ minMicros, maxMicros }: Segment, { from, to }: TimeBounds): boolean {
  if (minMicros === null || maxMicros === null) return false
  return (from === undefined || maxMicros >= from) && (to === undefined || minMicros < to)
}

/** Whether rows of a segment are hidden because their index was deleted. */
const isGone = (gone: Gone | undefined, { id }: Segment): boolean =>
  gone !== undefined && id <= gone.segment

const noRows = verbatim(
  `select ''::varchar as _stream, null::timestamp as "@timestamp", ''::varchar as _journal, 0::integer as _ordinal,
   null::varchar as _id, null::bigint as _seq, null::varchar[] as _spilled, ${promotedColumns
     .map(({ path, type }) => `null::${type} as "${path}"`)
     .join(
       ', ',
     )}, ''::varchar as _source, ''::varchar as filename, 0::bigint as file_row_number where false`,
)
