import { bitsOf, hybrid } from './bit_packing.ts'
import { isIndexed, pageAt, plainNumbers, type RowSpan, unpacked, widthOf } from './column_pages.ts'
import { deltaPacked } from './delta.ts'
import { deltaValues } from './delta_reader.ts'
import type { ColumnChunk } from './footer.ts'
import { HybridReader } from './hybrid_reader.ts'
import { pageBoundsBytes } from './page_index.ts'
import { encodings, levelBytes, physical } from './pages.ts'

/** A page's values: some of them, encoded. */
interface Values {
  readonly encoded: (from: number, to: number) => Buffer
  readonly encoding: number
  /** Of whole numbers. */
  readonly numbers?: Float64Array
}

/** A column's page as several ones. */
export interface SplitPages {
  /** With its header; empty where the pages need none. */
  readonly dictionary: Buffer
  readonly pages: readonly { readonly span: RowSpan; readonly bytes: Buffer }[]
  readonly encoding: number
  /** Parquet's ColumnIndex, of times. */
  readonly bounds: Buffer | undefined
}

/**
 * The only page of a column as those of `spans`, all its rows one behind the other; undefined where it has several, or is
 * encoded as none of DuckDB's.
 *
 * @param dictionary what is before the page.
 */
export function splitOf(
  dictionary: Buffer,
  bytes: Buffer,
  chunk: ColumnChunk,
  spans: readonly RowSpan[],
): SplitPages | undefined {
  const page = pageAt(bytes, 0)
  if (page.rows !== chunk.rows || page.isDictionary) return undefined
  const raw = unpacked(page, chunk.codec)
  let at = 0
  const levels = new Int32Array(chunk.rows).fill(1)
  if (chunk.isOptional) {
    at = 4 + raw.readUInt32LE(0)
    new HybridReader(raw, 4, at, 1).read(levels, chunk.rows)
  }
  let present = 0
  for (let row = 0; row < levels.length; row++) present += levels[row]!
  const values = valuesOf(raw, at, page.encoding, present, chunk, dictionary)
  if (!values) return undefined
  let passed = 0
  const pages = spans.map((span) => {
    const own = levels.subarray(span.from, span.to)
    const from = passed
    for (let row = 0; row < own.length; row++) passed += own[row]!
    const parts = chunk.isOptional ? [levelBytes(own, own.length, 1)] : []
    return { span, bytes: Buffer.concat([...parts, values.encoded(from, passed)]) }
  })
  const { encoding, numbers } = values
  return {
    dictionary: isIndexed(encoding) ? dictionary : Buffer.alloc(0),
    pages,
    encoding,
    bounds:
      numbers && chunk.type === physical.int64 && present === chunk.rows
        ? boundsOf(numbers, spans)
        : undefined,
  }
}

/** Undefined for what is encoded otherwise than DuckDB does it. */
function valuesOf(
  raw: Buffer,
  at: number,
  encoding: number,
  count: number,
  chunk: ColumnChunk,
  dictionary: Buffer,
): Values | undefined {
  const width = widthOf(chunk)
  if (chunk.type === physical.int64) {
    const numbers = isIndexed(encoding)
      ? named(placesOf(raw, at, count), dictionary, chunk)
      : encoding === encodings.deltaPacked
        ? deltaValues(raw, at, count).values
        : undivided(plainNumbers(raw, at, count, chunk), chunk)
    return numbers.length === count ? differences(numbers) : undefined
  }
  if (isIndexed(encoding)) {
    const places = placesOf(raw, at, count)
    return { encoding, encoded: (from, to) => encodedPlaces(places.subarray(from, to)) }
  }
  if (encoding === encodings.plain) {
    const encoded = (from: number, to: number) => raw.subarray(at + from * width, at + to * width)
    return { encoding, encoded }
  }
  if (encoding === encodings.deltaPacked) {
    const { values } = deltaValues(raw, at, count)
    // Differences of others can be wider than the numbers.
    const isNarrow = values.length === count && values.every((value) => value >= 0)
    return isNarrow ? differences(values) : undefined
  }
  if (encoding !== encodings.splitStreams) return undefined
  const streams = Array.from({ length: width }, (_, byte) =>
    raw.subarray(at + byte * count, at + (byte + 1) * count),
  )
  const encoded = (from: number, to: number) =>
    Buffer.concat(streams.map((stream) => stream.subarray(from, to)))
  return { encoding, encoded }
}

function placesOf(raw: Buffer, at: number, count: number): Int32Array {
  const places = new Int32Array(count)
  if (count > 0) new HybridReader(raw, at + 1, raw.length, raw[at]!).read(places, count)
  return places
}

function named(places: Int32Array, dictionary: Buffer, chunk: ColumnChunk): Float64Array {
  const page = pageAt(dictionary, 0)
  const bytes = unpacked(page, chunk.codec)
  const entries = undivided(plainNumbers(bytes, 0, page.rows, chunk), chunk)
  const values = new Float64Array(places.length)
  for (let n = 0; n < places.length; n++) {
    const entry = entries[places[n]!]
    if (entry === undefined) throw new RangeError('a value is not in the dictionary')
    values[n] = entry
  }
  return values
}

/** Numbers as they stand in the file. */
const undivided = (values: Float64Array, { divisor }: ColumnChunk): Float64Array =>
  values.map((value) => Math.round(value * divisor))

/**
 * Times: of one series they are even, so that their differences take next to nothing, and need no dictionary of all that
 * a row group has.
 */
function differences(numbers: Float64Array): Values {
  return {
    encoding: encodings.deltaPacked,
    encoded: (from, to) => Buffer.from(deltaPacked(numbers.subarray(from, to), to - from)),
    numbers,
  }
}

/** Places in the dictionary, as narrow as they are here. */
function encodedPlaces(places: Int32Array): Buffer {
  let most = 0
  for (let n = 0; n < places.length; n++) if (places[n]! > most) most = places[n]!
  const width = Math.max(1, bitsOf(most))
  if (places.length === 0) return Buffer.from([width])
  return Buffer.concat([Buffer.from([width]), hybrid(places, places.length, width)])
}

function boundsOf(values: Float64Array, spans: readonly RowSpan[]): Buffer {
  const least: number[] = []
  const most: number[] = []
  for (const { from, to } of spans) {
    let [low, high] = [Infinity, -Infinity]
    for (let n = from; n < to; n++) {
      const value = values[n]!
      if (value < low) low = value
      if (value > high) high = value
    }
    least.push(low)
    most.push(high)
  }
  return pageBoundsBytes(least, most)
}
