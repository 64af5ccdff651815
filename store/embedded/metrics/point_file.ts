import type { FileHandle, Files } from '../../../core/files.ts'
import type { Chunk } from '../../../core/journal/chunk.ts'
import { decodePoint, encodePoint } from '../../points.ts'
import { hashSeed, hashStep, type SeenSeries } from './seen_series.ts'

/** Points further in the future than this are refused: no clock is that wrong. */
const futureMs = 86_400_000

/** What a point file holds besides its lines. */
export interface PointFacts {
  readonly points: number
  /** Lines that are no points, and points of the future. */
  readonly refused: number
  /** Whether two points may be of the same instance, series and time. */
  readonly mayRepeat: boolean
  readonly hasTimers: boolean
}

const backslash = 0x5c
const quote = 0x22
/** `{"@timestamp":"2026-11-21T15:00:00.000Z","series":"` */
const timeStart = 15
const timeEnd = 39
const seriesStart = 51
const seriesKey = Buffer.from('","series":"')
const typeKey = Buffer.from(',"type":"')
const intervalKey = Buffer.from('"interval_ms":')
const timerType = 0x74

/**
 * The lines of points that come from the journal, as a file for DuckDB to read. Bytes are passed on as they are;
 * only the time, the series and its type are looked at.
 */
export class PointFile {
  readonly #file: FileHandle
  readonly #seen: SeenSeries
  readonly #untilMs: number
  #written = 0
  #points = 0
  #refused = 0
  #mayRepeat = false
  #hasTimers = false
  /** The time that was read last, and its bytes. */
  #time = Buffer.alloc(timeEnd - timeStart)
  #atMs = NaN

  private constructor(file: FileHandle, seen: SeenSeries, nowMs: number) {
    this.#file = file
    this.#seen = seen
    this.#untilMs = nowMs + futureMs
  }

  static async create(files: Files, path: string, seen: SeenSeries, nowMs: number) {
    await files.remove(path)
    seen.beginPass()
    return new PointFile(await files.open(path, 'wx+'), seen, nowMs)
  }

  get bytes(): number {
    return this.#written
  }

  facts(): PointFacts {
    return {
      points: this.#points,
      refused: this.#refused,
      mayRepeat: this.#mayRepeat,
      hasTimers: this.#hasTimers,
    }
  }

  /** Adds the lines of `chunk`; its bytes may be used again afterwards. */
  async add({ bytes, parts }: Chunk): Promise<void> {
    for (const part of parts) {
      /** From here on lines are to be written, up to `start`. */
      let from = part.start
      let start = part.start
      for (let i = 0; i < part.count; i++) {
        const end = bytes.indexOf(10, start) + 1
        if (!this.#isPlain(bytes, start, end)) {
          await this.#write(bytes.subarray(from, start))
          const line = this.#respelt(bytes.toString('utf8', start, end))
          if (line) await this.#write(line)
          from = end
        }
        start = end
      }
      await this.#write(bytes.subarray(from, start))
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    await this.#file.write([bytes], this.#written)
    this.#written += bytes.length
  }

  /** Takes a line in that is spelt as `encodePoint` does. @returns whether it was. */
  #isPlain(bytes: Buffer, start: number, end: number): boolean {
    const from = start + seriesStart
    if (end - start < seriesStart + 20 || !isAt(bytes, start + timeEnd, seriesKey)) return false
    let hash = hashSeed
    let at = from
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte === backslash) return false
      hash = hashStep(hash, byte)
    }
    if (!isAt(bytes, at + 1, typeKey)) return false
    const atMs = this.#timeAt(bytes, start + timeStart)
    if (!(atMs <= this.#untilMs)) return false
    this.#count(bytes, from, at, hash, bytes[at + 1 + typeKey.length]!, atMs, () =>
      intervalOf(bytes, at, end),
    )
    return true
  }

  #count(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    type: number,
    atMs: number,
    interval: () => number,
  ): void {
    this.#points += 1
    if (type === timerType) this.#hasTimers = true
    if (!this.#seen.see(bytes, start, end, hash, type, atMs, interval)) this.#mayRepeat = true
  }

  /** Any other point, spelt as usual; undefined when it is none. */
  #respelt(text: string): Buffer | undefined {
    try {
      const point = decodePoint(text)
      if (point.atMs > this.#untilMs || typeof point.series !== 'string') throw new SyntaxError()
      const line = Buffer.from(encodePoint({ ...point, instance: String(point.instance) }))
      const name = Buffer.from(point.series)
      const hash = name.reduce(hashStep, hashSeed)
      const type = point.type.charCodeAt(0)
      this.#count(name, 0, name.length, hash, type, point.atMs, () => point.intervalMs ?? 0)
      return line
    } catch {
      this.#refused += 1
      return undefined
    }
  }

  #timeAt(bytes: Buffer, start: number): number {
    const known = this.#time
    let same = 0
    while (same < known.length && known[same] === bytes[start + same]) same += 1
    if (same === known.length) return this.#atMs
    bytes.copy(known, 0, start, start + known.length)
    this.#atMs = Date.parse(known.toString('latin1'))
    return this.#atMs
  }
}

function isAt(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let at = 0; at < expected.length; at++) if (bytes[start + at] !== expected[at]) return false
  return true
}

function intervalOf(bytes: Buffer, start: number, end: number): number {
  const line = bytes.subarray(start, end)
  const found = line.indexOf(intervalKey)
  if (found < 0) return 0
  const from = found + intervalKey.length
  return Number.parseFloat(line.toString('latin1', from, from + 20)) || 0
}
