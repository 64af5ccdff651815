/** Tag of the journal's batches that hold metric points. It has a space, so that no event can have it. */
export const metricPointsTag = 'metric points'

/** The journal's partitions that can have points, which the store reads whatever the outputs are. */
export const pointPartitions: ReadonlySet<string> = new Set(['statsd', 'points', 'forwarded'])

/** Where points come from; the middle of their stream's name. */
export type PointSource = 'statsd' | 'graphite' | 'prometheus' | 'host'

/** The stream of points, such as `metrics-statsd-default`. */
export const pointStream = (source: PointSource, namespace = 'default'): string =>
  `metrics-${source}-${namespace}`

/**
 * - `counter`: `sum` the value of the interval after sampling, `count` the lines seen. Etsy's rate is
 *   `sum / (intervalMs / 1000)`.
 * - `gauge`: `last` the value at the flush; `min`, `max`, `sum`, `count` of what was set in the interval, absent
 *   when it was idle.
 * - `timer`: `count` up-sampled, `sum`, `min`, `max` over the raw values, `exact` and `sketch`.
 * - `set`: `count` of the distinct values.
 * - `value`: a raw sample with a time of its own (carbon, Prometheus, host): `last`.
 */
export type PointType = 'counter' | 'gauge' | 'timer' | 'set' | 'value'

export const pointTypes: readonly PointType[] = ['counter', 'gauge', 'timer', 'set', 'value']

/** Counts of consecutive buckets; `counts[i]` is that of bucket `offset + i`. */
export interface SketchBuckets {
  readonly offset: number
  readonly counts: ArrayLike<number>
}

/**
 * A DDSketch (arXiv 1908.10693) with alpha 1 %: a value x is in bucket ceil(log(x) / log(sketchGamma)), that of a
 * negative one in the bucket of -x. Two merge by adding counts.
 */
export interface PointSketch {
  /** Zeros, and what is too near to zero for a bucket. */
  readonly zero: number
  readonly positive?: SketchBuckets
  readonly negative?: SketchBuckets
}

/** How far a sketch's quantile is from the true one at most, relative to it. */
export const sketchAccuracy = 0.01
export const sketchGamma = (1 + sketchAccuracy) / (1 - sketchAccuracy)

/** One series of one instance over one interval. Numbers that are not finite are left out when written. */
export interface MetricPoint {
  /** Milliseconds since the epoch: of the flush, or of the sample. */
  readonly atMs: number
  /** Canonical: `name;k=v;k2=v2`, tags sorted by key (series.ts). */
  readonly series: string
  readonly type: PointType
  /** Of the Weir that made it; the last write of the same instance, series, type and time wins. */
  readonly instance: string
  readonly flush?: number
  /** Absent where the source has none. */
  readonly intervalMs?: number
  readonly sum?: number
  readonly count?: number
  readonly min?: number
  readonly max?: number
  readonly last?: number
  /** Every figure that Etsy's statsd sends for this flush, under its key: `mean_90`, `histogram.bin_10`. */
  readonly exact?: Readonly<Record<string, number>>
  readonly sketch?: PointSketch
}

/** Bytes of journal lines, as a batch wants them. */
export interface EncodedPoints {
  /** Valid until the next `take`, unless it is copied. */
  readonly bytes: Uint8Array
  readonly count: number
}

const pieceChars = 1 << 16

/**
 * Writes points as the journal's lines (docs/formats/points.md), about a million counters a second.
 *
 * @example
 * const writer = new PointWriter()
 * for (const point of points) writer.add(point)
 * const { bytes, count } = writer.take()
 */
export class PointWriter {
  #bytes = Buffer.allocUnsafeSlow(1 << 18)
  #length = 0
  #text = ''
  #count = 0
  #atMs = NaN
  #begin = ''

  add(point: MetricPoint): void {
    if (point.atMs !== this.#atMs) {
      this.#atMs = point.atMs
      this.#begin = `{"@timestamp":"${new Date(point.atMs).toISOString()}","series":`
    }
    this.#text += this.#begin + fieldsOf(point)
    this.#count += 1
    if (this.#text.length >= pieceChars) this.#flush()
  }

  /** Bytes so far, about: for who makes batches of a size. */
  get length(): number {
    return this.#length + this.#text.length
  }

  /** What was added since the last `take`. */
  take(): EncodedPoints {
    this.#flush()
    const taken = { bytes: this.#bytes.subarray(0, this.#length), count: this.#count }
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(1 << 18, this.#length))
    this.#length = 0
    this.#count = 0
    return taken
  }

  #flush(): void {
    const needed = this.#length + this.#text.length * 3
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    this.#length += this.#bytes.write(this.#text, this.#length, 'utf8')
    this.#text = ''
  }
}

/** One point as a line of the journal, with its `\n`. For many, `PointWriter`. */
export const encodePoint = (point: MetricPoint): string =>
  `{"@timestamp":"${new Date(point.atMs).toISOString()}","series":${fieldsOf(point)}`

function fieldsOf(point: MetricPoint): string {
  const { flush, intervalMs, sum, count, min, max, last, exact, sketch } = point
  let text = `${quoted(point.series)},"type":"${point.type}","instance":${quoted(point.instance)}`
  if (isFinite(flush)) text += `,"flush":${flush}`
  if (isFinite(intervalMs)) text += `,"interval_ms":${intervalMs}`
  if (isFinite(sum)) text += `,"sum":${sum}`
  if (isFinite(count)) text += `,"count":${count}`
  if (isFinite(min)) text += `,"min":${min}`
  if (isFinite(max)) text += `,"max":${max}`
  if (isFinite(last)) text += `,"last":${last}`
  if (exact) text += `,"exact":${exactText(exact)}`
  if (sketch) text += `,"sketch":${sketchText(sketch)}`
  return `${text}}\n`
}

const isFinite = (value: number | undefined): value is number => Number.isFinite(value)

const plain = /^[ !#-[\]-~]*$/
const quoted = (text: string): string =>
  plain.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed())

function exactText(exact: Readonly<Record<string, number>>): string {
  let text = '{'
  for (const key in exact) {
    const value = exact[key]
    if (isFinite(value)) text += `${text.length > 1 ? ',' : ''}${quoted(key)}:${value}`
  }
  return `${text}}`
}

function sketchText({ zero, positive, negative }: PointSketch): string {
  let text = `{"zero":${zero}`
  if (positive && positive.counts.length > 0) text += `,"positive":${bucketsText(positive)}`
  if (negative && negative.counts.length > 0) text += `,"negative":${bucketsText(negative)}`
  return `${text}}`
}

const bucketsText = ({ offset, counts }: SketchBuckets): string =>
  `{"offset":${offset},"counts":[${Array.prototype.join.call(counts, ',')}]}`

/** @throws SyntaxError when a line is none of `encodePoint`. For who reads a few; the store has its own reader. */
export function decodePoint(line: string): MetricPoint {
  const { '@timestamp': at, interval_ms: intervalMs, ...rest } = JSON.parse(line) as Line
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs) || !pointTypes.includes(rest.type)) {
    throw new SyntaxError(`no metric point: ${line.slice(0, 200)}`)
  }
  return { atMs, ...rest, ...(intervalMs === undefined ? {} : { intervalMs }) }
}

type Line = Omit<MetricPoint, 'atMs' | 'intervalMs'> & {
  readonly '@timestamp': string
  readonly interval_ms?: number
}
