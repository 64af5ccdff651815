import { isUtf8 } from 'node:buffer'
import type { Reason } from '../../../core/reasons.ts'
import { EventBuffer } from '../../event_buffer.ts'
import { splitLines } from './lines.ts'
import { type Messages, Problems } from './messages.ts'

const maxDepth = 100

/**
 * MessagePack to JSON text, a line for each map: a map, an array of maps, or several of either one
 * after another. Written directly, without objects in between: 64-bit integers stay exact, and a
 * header that announces four billion elements costs nothing, because none is made room for.
 *
 * What JSON lacks: binary is text where it is UTF-8 and base64 otherwise; a timestamp (extension -1)
 * and Fluentd's EventTime (0) are ISO 8601; NaN and infinities are text.
 *
 * Values before a place that cannot be read are taken; the place is a problem.
 *
 * @param maxMessageBytes longest event; a longer one is a problem, those after it are taken.
 * @param note hears of what had to be replaced.
 */
export function msgpackToJson(
  body: Buffer,
  { maxMessageBytes, note }: { maxMessageBytes: number; note: (reason: Reason) => void },
): Messages {
  const reader = new Reader(body, maxMessageBytes, note)
  reader.readAll()
  const { out, problems } = reader
  return { ...splitLines(out.bytes.subarray(0, out.length), 'json'), problems }
}

class Unreadable extends Error {}

class Reader {
  readonly out: EventBuffer
  readonly problems = new Problems()
  readonly #body: Buffer
  readonly #maxBytes: number
  readonly #note: (reason: Reason) => void
  #at = 0
  /** The event under way: where its text begins, its number from 1. */
  #start = 0
  #number = 1
  #isTooLong = false

  constructor(body: Buffer, maxBytes: number, note: (reason: Reason) => void) {
    this.#body = body
    this.#maxBytes = maxBytes
    this.#note = note
    this.out = new EventBuffer(body.length + (body.length >> 2) + 64)
  }

  readAll(): void {
    try {
      while (this.#at < this.#body.length) {
        const elements = this.#arrayLength() ?? 1
        for (let i = 0; i < elements; i++) this.#event()
      }
    } catch (failure) {
      if (!(failure instanceof Unreadable)) throw failure
      this.out.length = this.#start
      this.problems.add(this.#number, failure.message)
    }
  }

  /** An event that is left out leaves an empty line, so that lines keep their numbers. */
  #event(): void {
    this.#value(0)
    this.#shorten()
    if (this.#isTooLong) {
      this.problems.add(this.#number, `the event has more than ${this.#maxBytes} bytes as JSON`)
      this.out.length = this.#start
      this.#isTooLong = false
    }
    this.out.byte(10)
    this.#start = this.out.length
    this.#number += 1
  }

  /** What is too long is read to its end, but not built. */
  #shorten(): void {
    if (this.out.length - this.#start <= this.#maxBytes) return
    this.#isTooLong = true
    this.out.length = this.#start
  }

  /** Takes the head of an array; undefined when the next value is none. */
  #arrayLength(): number | undefined {
    const byte = this.#body[this.#at]!
    if (byte >= 0x90 && byte <= 0x9f) {
      this.#at += 1
      return byte & 15
    }
    if (byte !== 0xdc && byte !== 0xdd) return undefined
    this.#at += 1
    return this.#unsigned(byte === 0xdc ? 2 : 4)
  }

  #value(depth: number): void {
    if (depth > maxDepth) throw new Unreadable(`nested deeper than ${maxDepth}`)
    const start = this.#at
    this.#need(1)
    const elements = this.#arrayLength()
    if (elements !== undefined) return this.#array(elements, depth)
    const byte = this.#body[this.#at++]!
    if (byte <= 0x7f) return this.out.text(String(byte))
    if (byte <= 0x8f) return this.#map(byte & 15, depth)
    if (byte <= 0xbf) return this.#text(byte & 31)
    if (byte >= 0xe0) return this.out.text(String(byte - 256))
    switch (byte) {
      case 0xc0:
        return this.out.text('null')
      case 0xc2:
        return this.out.text('false')
      case 0xc3:
        return this.out.text('true')
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (byte - 0xc4)))
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (byte - 0xc7)))
      case 0xca:
        return this.#float(this.#body.readFloatBE(this.#skip(4)))
      case 0xcb:
        return this.#float(this.#body.readDoubleBE(this.#skip(8)))
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.out.text(String(this.#unsigned(1 << (byte - 0xcc))))
      case 0xcf:
        return this.out.text(String(this.#body.readBigUInt64BE(this.#skip(8))))
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 1 << (byte - 0xd0)
        return this.out.text(String(this.#body.readIntBE(this.#skip(size), size)))
      }
      case 0xd3:
        return this.out.text(String(this.#body.readBigInt64BE(this.#skip(8))))
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (byte - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(1 << (byte - 0xd9)))
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(byte === 0xde ? 2 : 4), depth)
      default:
        throw new Unreadable(`byte ${start} is 0xc1, which MessagePack never uses`)
    }
  }

  #array(elements: number, depth: number): void {
    this.out.byte(91)
    for (let i = 0; i < elements; i++) {
      if (i > 0) this.out.byte(44)
      this.#value(depth + 1)
      this.#shorten()
    }
    this.out.byte(93)
  }

  #map(entries: number, depth: number): void {
    this.out.byte(123)
    for (let i = 0; i < entries; i++) {
      if (i > 0) this.out.byte(44)
      this.#key()
      this.out.byte(58)
      this.#value(depth + 1)
      this.#shorten()
    }
    this.out.byte(125)
  }

  /** Keys that are no text become it, where they are simple. */
  #key(): void {
    const start = this.out.length
    const at = this.#at
    this.#value(maxDepth)
    const first = this.out.bytes[start]
    if (first === 34) return
    if (first === 123 || first === 91) throw new Unreadable(`the key at byte ${at} is no text`)
    const key = this.out.bytes.toString('latin1', start, this.out.length)
    this.out.length = start
    this.out.text(`"${key}"`)
  }

  #text(length: number): void {
    const start = this.#skip(length)
    if (length > this.#maxBytes) return this.#leaveOut()
    const bytes = this.#body.subarray(start, start + length)
    if (!isUtf8(bytes)) this.#note('invalid_utf8')
    this.out.text(JSON.stringify(bytes.toString('utf8')))
  }

  #binary(length: number): void {
    const start = this.#skip(length)
    if (length > this.#maxBytes) return this.#leaveOut()
    const bytes = this.#body.subarray(start, start + length)
    this.out.text(JSON.stringify(bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64')))
  }

  #float(value: number): void {
    if (Number.isFinite(value)) return this.out.text(String(value))
    this.#note('invalid_number')
    this.out.text(`"${value}"`)
  }

  #extension(length: number): void {
    const type = this.#body.readInt8(this.#skip(1))
    const start = this.#skip(length)
    if (length > this.#maxBytes) return this.#leaveOut()
    const time = timeOf(this.#body, type, start, length)
    if (time !== undefined) return this.out.text(`"${time}"`)
    this.out.text(`"${this.#body.toString('base64', start, start + length)}"`)
  }

  #leaveOut() {
    this.#isTooLong = true
    this.out.text('""')
  }

  #unsigned(size: number): number {
    return this.#body.readUIntBE(this.#skip(size), size)
  }

  #skip(length: number): number {
    this.#need(length)
    const start = this.#at
    this.#at += length
    return start
  }

  #need(length: number) {
    if (this.#at + length <= this.#body.length) return
    const text = `the value at byte ${this.#at} needs ${length} bytes, ${this.#body.length - this.#at} are left`
    throw new Unreadable(text)
  }
}

/** MessagePack's timestamp in its three sizes, and Fluentd's EventTime (forward protocol v1). */
function timeOf(body: Buffer, type: number, start: number, length: number): string | undefined {
  if (type === 0 && length === 8) {
    return isoTime(body.readUInt32BE(start), body.readUInt32BE(start + 4))
  }
  if (type !== -1) return undefined
  if (length === 4) return isoTime(body.readUInt32BE(start), 0)
  if (length === 8) {
    const both = body.readBigUInt64BE(start)
    return isoTime(Number(both & 0x3ffffffffn), Number(both >> 34n))
  }
  if (length !== 12) return undefined
  return isoTime(Number(body.readBigInt64BE(start + 4)), body.readUInt32BE(start))
}

function isoTime(seconds: number, nanoseconds: number): string | undefined {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime()) || nanoseconds > 999_999_999) return undefined
  return `${date.toISOString().slice(0, -4)}${String(nanoseconds).padStart(9, '0')}Z`
}
