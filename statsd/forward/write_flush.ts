import type { Batch } from '../../core/journal/batch.ts'
import { SeriesNames } from '../flush/series_names.ts'
import {
  deletedSeries,
  type SketchBuckets,
  type SwappedSketch,
  type SwappedTables,
  type SwappedTimers,
} from '../tables/swapped.ts'
import { gatherTimerValues } from '../tables/timer_values.ts'
import { type FlushHeader, type FlushLine, toForwardTag } from './flush_format.ts'

/** Bytes about which a piece is cut. */
const pieceBytes = 2_000_000

/** Year 10,000: later times have another form. */
const latestMs = Date.UTC(10_000, 0)

type Kind = 'counter' | 'gauge' | 'timer' | 'set' | 'histogram' | 'distribution' | 'value'
const kinds: readonly Kind[] = [
  'counter',
  'gauge',
  'timer',
  'set',
  'histogram',
  'distribution',
  'value',
]

type WithoutTime = FlushLine extends infer Each
  ? Each extends FlushLine
    ? Omit<Each, '@timestamp'>
    : never
  : never

const noNames = () =>
  // The keys are all kinds.
  Object.fromEntries(kinds.map((kind) => [kind, new SeriesNames()])) as Record<Kind, SeriesNames>

/** Writes what is handed on of a flush: every swap of a generation has to pass, since names cross only once. */
export class FlushWriter {
  readonly #stream: string
  #generation = 0
  #names = noNames()

  constructor(stream: string) {
    this.#stream = stream
  }

  /**
   * @param atMs the time of the flush.
   * @returns one batch for each piece; none when nothing came in.
   */
  write(
    swapped: SwappedTables,
    { instance, flush }: { readonly instance: string; readonly flush: number },
    atMs: number,
  ): Batch[] {
    if (swapped.generation !== this.#generation) {
      this.#generation = swapped.generation
      this.#names = noNames()
    }
    const time = new Date(atMs).toISOString()
    const { packets, lines, badLines } = swapped.traffic
    const pieces = new Pieces(this.#stream, { '@timestamp': time, instance, flush, piece: 0 })
    const traffic = { packets, lines, bad_lines: badLines }
    if (packets > 0 || lines > 0) pieces.begin(traffic)
    for (const kind of kinds) this.#names[kind].add(swapped[kind].added)
    for (const line of this.#lines(swapped)) pieces.add(`{"@timestamp":"${time}",${bare(line)}\n`)
    for (const { at, line } of this.#values(swapped)) {
      pieces.add(`{"@timestamp":"${at}",${bare(line)}\n`)
    }
    for (const kind of kinds) this.#names[kind].remove(swapped[kind].removed)
    return pieces.take()
  }

  *#lines(swapped: SwappedTables): Generator<WithoutTime> {
    const { counter, gauge, set } = swapped
    for (const [row, series] of this.#rows(swapped, 'counter')) {
      yield { series, type: 'counter', sum: counter.sums[row]!, count: counter.counts[row]! }
    }
    for (const [row, series] of this.#rows(swapped, 'gauge')) {
      const [last, count] = [gauge.lasts[row]!, gauge.counts[row]!]
      const [min, max, sum] = [gauge.mins[row]!, gauge.maxs[row]!, gauge.sums[row]!]
      yield { series, type: 'gauge', last, min, max, sum, count }
    }
    for (const kind of ['timer', 'histogram', 'distribution'] as const) {
      yield* this.#timers(kind, swapped)
    }
    const members = membersOf(swapped)
    for (const [row, series] of this.#rows(swapped, 'set')) {
      yield { series, type: 'set', count: set.counts[row]!, ...textsOf(members.get(row) ?? []) }
    }
  }

  *#timers(
    kind: 'timer' | 'histogram' | 'distribution',
    swapped: SwappedTables,
  ): Generator<WithoutTime> {
    const timers: SwappedTimers = swapped[kind]
    if (timers.rows === 0) return
    const { offsets, values, weights } = gatherTimerValues(timers)
    const beyond = new Map(timers.beyond.map((each) => [each.row, each]))
    for (const [row, series] of this.#rows(swapped, kind)) {
      const [from, to] = [offsets[row]!, offsets[row + 1]!]
      const own = weights?.subarray(from, to)
      const rest = beyond.get(row)
      yield {
        series,
        type: kind,
        count: timers.counts[row]!,
        up_sampled: timers.upSampled[row]!,
        values: Array.from(values.subarray(from, to)),
        ...(own?.some((weight) => weight !== 1) && { weights: Array.from(own) }),
        ...(rest && { beyond: beyondOf(rest) }),
      }
    }
  }

  *#values(swapped: SwappedTables): Generator<{ at: string; line: WithoutTime }> {
    const { value } = swapped
    for (const [row, series] of this.#rows(swapped, 'value')) {
      const at = new Date(value.times[row]! * 1000)
      if (!(at.getTime() > 0 && at.getTime() < latestMs)) continue
      const line = { value: value.values[row]!, is_count: value.areCounts[row] === 1 }
      yield { at: at.toISOString(), line: { series, type: 'value', ...line } }
    }
  }

  *#rows(swapped: SwappedTables, kind: Kind): Generator<[row: number, series: string]> {
    const { rows, ids } = swapped[kind]
    for (let row = 0; row < rows; row++) {
      const id = ids[row]!
      const series = id === deletedSeries ? undefined : this.#names[kind].of(id)
      if (series !== undefined) yield [row, series]
    }
  }
}

/** The lines of a flush, cut into batches that begin with a header each. */
class Pieces {
  readonly #stream: string
  readonly #header: FlushHeader
  readonly #batches: Batch[] = []
  #text = ''
  #count = 0

  constructor(stream: string, header: FlushHeader) {
    this.#stream = stream
    this.#header = header
  }

  begin(more: Partial<FlushHeader>): void {
    this.#text = `${JSON.stringify({ ...this.#header, ...more, piece: this.#batches.length })}\n`
    this.#count = 1
  }

  add(line: string): void {
    if (this.#count === 0) this.begin({})
    this.#text += line
    this.#count += 1
    if (this.#text.length >= pieceBytes) this.#cut()
  }

  take(): Batch[] {
    this.#cut()
    return this.#batches.splice(0)
  }

  #cut(): void {
    if (this.#count === 0) return
    const bytes = Buffer.from(this.#text)
    this.#batches.push({ stream: this.#stream, tag: toForwardTag, bytes, count: this.#count })
    this.#text = ''
    this.#count = 0
  }
}

/** The fields of a line behind its time. */
const bare = (line: WithoutTime) => JSON.stringify(line).slice(1)

function beyondOf({ sumSquares, row: _, sketch, ...rest }: SwappedSketch) {
  const { zero, positive, negative } = sketch
  const plain = ({ offset, counts }: SketchBuckets) => ({ offset, counts: Array.from(counts) })
  const buckets = { zero, positive: plain(positive), negative: plain(negative) }
  return { ...rest, sum_squares: sumSquares, sketch: buckets }
}

function membersOf({ set }: SwappedTables): Map<number, Uint8Array[]> {
  const byRow = new Map<number, Uint8Array[]>()
  for (let i = 0; i < set.members; i++) {
    const member = set.bytes.subarray(set.offsets[i], set.offsets[i + 1])
    const row = set.memberRows[i]!
    const known = byRow.get(row)
    if (known) known.push(member)
    else byRow.set(row, [member])
  }
  return byRow
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textsOf(members: readonly Uint8Array[]) {
  const texts: string[] = []
  const others: string[] = []
  for (const member of members) {
    try {
      texts.push(strict.decode(member))
    } catch {
      others.push(Buffer.from(member).toString('base64'))
    }
  }
  return { members: texts, ...(others.length > 0 && { members_base64: others }) }
}
