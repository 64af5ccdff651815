import { phraseOf } from '../event_buffer.ts'
import type { ReadTime } from '../times/reader.ts'
import { secondsText } from '../times/instant.ts'
import { viewOf } from './plain_run.ts'

const length = 26
/** Where the four bytes each begin that hold the date and the zone: `17/May/2015:` and ` +0200`. */
const outsideOfDay = [0, 4, 8, 20, 22]

/**
 * Reads the time of access logs, `17/May/2015:10:05:03 +0200`, from bytes to bytes. Lines of one day and
 * zone take a few comparisons; what differs goes to the general reader.
 */
export class ClfTime {
  /** The answer of the last `read`, 24 bytes such as `2015-05-17T08:05:03.000Z`. */
  readonly phrase = phraseOf('0001-01-01T00:00:00.000Z')
  /** The same bytes. */
  readonly text = Buffer.from(this.phrase.view.buffer)
  readonly #readTime: ReadTime
  readonly #last = new DataView(new ArrayBuffer(length))
  /** Seconds since the epoch of the midnight that began the last line's day, in its zone. */
  #midnight = Number.NaN
  #inUtc = false

  /** @param readTime reads `%d/%b/%Y:%H:%M:%S %z`. */
  constructor(readTime: ReadTime) {
    this.#readTime = readTime
  }

  /** False when the bytes are not such a time. */
  read(source: Buffer, start: number, end: number): boolean {
    if (end - start !== length) return false
    if (source[start + 11] !== 0x3a || source[start + 14] !== 0x3a || source[start + 17] !== 0x3a) {
      return false
    }
    const hour = digits(source, start + 12)
    const minute = digits(source, start + 15)
    const second = digits(source, start + 18)
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
      return false
    const inDay = hour * 3600 + minute * 60 + second
    const from = viewOf(source)
    for (const at of outsideOfDay) {
      if (this.#last.getInt32(at) !== from.getInt32(start + at)) {
        return this.#readDay(source, start, end, inDay)
      }
    }
    if (this.#inUtc) {
      this.phrase.view.setInt32(11, from.getInt32(start + 12))
      this.phrase.view.setInt32(15, from.getInt32(start + 16))
      return true
    }
    const text = secondsText(this.#midnight + inDay)
    if (text === undefined) return false
    this.text.write(text, 0, 'latin1')
    return true
  }

  #readDay(source: Buffer, start: number, end: number, inDay: number): boolean {
    const time = this.#readTime(source.toString('latin1', start, end))
    if (time === undefined || time.length !== this.text.length) return false
    this.text.write(time, 0, 'latin1')
    for (const at of outsideOfDay) this.#last.setInt32(at, source.readInt32BE(start + at))
    this.#midnight = Date.parse(time) / 1000 - inDay
    this.#inUtc = this.#midnight % 86_400 === 0
    return true
  }
}

function digits(source: Buffer, at: number): number {
  const tens = source[at]! - 0x30
  const ones = source[at + 1]! - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}
