import type { ReadTime } from '../times/reader.ts'
import { secondsText } from '../times/instant.ts'

const length = 26

/**
 * Reads the time of access logs, `17/May/2015:10:05:03 +0200`, from bytes to bytes. Lines of one day and
 * zone take a few comparisons; what differs goes to the general reader.
 */
export class ClfTime {
  /** The answer of the last `read`, 24 bytes such as `2015-05-17T08:05:03.000Z`. */
  readonly text = Buffer.from('0001-01-01T00:00:00.000Z')
  readonly #readTime: ReadTime
  readonly #last = new Uint8Array(length)
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
    const last = this.#last
    if (source[start + 11] !== 0x3a || source[start + 14] !== 0x3a || source[start + 17] !== 0x3a) {
      return false
    }
    const hour = digits(source, start + 12)
    const minute = digits(source, start + 15)
    const second = digits(source, start + 18)
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
      return false
    const inDay = hour * 3600 + minute * 60 + second
    for (let at = 0; at < length; at++) {
      if (at === 12) at = 20
      if (last[at] !== source[start + at]) return this.#readDay(source, start, end, inDay)
    }
    if (this.#inUtc) {
      for (let at = 0; at < 8; at++) this.text[11 + at] = source[start + 12 + at]!
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
    this.#last.set(source.subarray(start, end))
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
