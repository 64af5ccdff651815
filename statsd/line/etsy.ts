import { mix } from '../tables/hash.ts'
import { SeriesKey } from '../tables/series_key.ts'
import { noRow } from '../tables/series_table.ts'
import type { Tables } from '../tables/tables.ts'
import { jsNumber, plainNumber, textOf } from './number.ts'
import { isPlainInName, SeriesName } from './series_name.ts'
import type { LineReader, Traffic } from './traffic.ts'

const newline = 0x0a
const hash = 0x23
const plus = 0x2b
const comma = 0x2c
const minus = 0x2d
const point = 0x2e
const colon = 0x3a
const semicolon = 0x3b
const equals = 0x3d
const at = 0x40
const c = 0x63
const g = 0x67
const m = 0x6d
const s = 0x73
const pipe = 0x7c
const underscore = 0x5f

const tens = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/**
 * Lines as Etsy's statsd reads them (stats.js and lib/helpers.js of 0.9), to the bit, but for what would
 * crash it or is not finite: that is refused. Nearly all lines are read by `#plain`, one pass over their
 * bytes; whatever it does not expect, `#general` reads by the rules.
 */
export class EtsyLines implements LineReader {
  readonly #tables: Tables
  readonly #traffic: Traffic
  readonly #name: SeriesName
  /** The key of a plain line, whose name it is. */
  readonly #key: SeriesKey
  readonly #seed: number
  readonly #maxNameBytes: number
  readonly #isSanitised: boolean

  constructor(tables: Tables, traffic: Traffic) {
    this.#tables = tables
    this.#traffic = traffic
    this.#seed = tables.seed
    this.#name = new SeriesName(tables.seed, tables.limits)
    this.#key = new SeriesKey(tables.seed, tables.limits.maxNameBytes)
    this.#maxNameBytes = tables.limits.maxNameBytes
    this.#isSanitised = tables.limits.sanitize
  }

  packet(bytes: Uint8Array, start: number, end: number): void {
    const traffic = this.#traffic
    traffic.packets += 1
    for (let from = start; from < end;) {
      if (bytes[from] === newline) {
        from += 1
        continue
      }
      traffic.lines += 1
      const next = this.#plain(bytes, from, end)
      from = next > 0 ? next : this.#general(bytes, from, end)
    }
  }

  /**
   * Reads `name:number|c`, `|g`, `|ms` or `|s`, perhaps with `|@rate`, and adds its value. Returns where
   * the next line begins, or 0 when the line is of another form: then nothing has happened.
   */
  #plain(bytes: Uint8Array, start: number, end: number): number {
    const nameEnd = this.#plainName(bytes, start, end)
    if (nameEnd === 0) return 0
    let i = nameEnd + 1
    const valueStart = i
    let isSigned = false
    if (i < end && (bytes[i] === minus || bytes[i] === plus)) {
      isSigned = true
      i += 1
    }
    const digits = i
    let value = 0
    let fraction = -1
    for (; i < end; i++) {
      const digit = bytes[i]! - 0x30
      if (digit >= 0 && digit <= 9) value = value * 10 + digit
      else if (digit === -2 && fraction < 0) fraction = i
      else break
    }
    const length = i - digits
    // Up to 15 digits are exact; see number.ts.
    if (length === 0 || length > 15 || i + 1 >= end || bytes[i] !== pipe) return 0
    if (fraction >= 0) {
      if (length === 1) return 0
      value /= tens[i - fraction - 1]!
    }
    if (isSigned && bytes[valueStart] === minus) value = -value
    const valueEnd = i
    i += 1
    const type = bytes[i]!
    i += 1
    if (type === m) {
      if (i >= end || bytes[i] !== s || value < 0) return 0
      i += 1
    }
    let weight = 1
    if (i < end && bytes[i] !== newline) {
      if (i + 2 >= end || bytes[i] !== pipe || bytes[i + 1] !== at) return 0
      const rateStart = i + 2
      i = rateStart
      while (i < end && bytes[i] !== newline) i += 1
      if (bytes[rateStart] === plus || bytes[rateStart] === minus) return 0
      weight = 1 / plainNumber(bytes, rateStart, i)
      if (weight - weight !== 0) return 0
    }
    const key = this.#key
    const tables = this.#tables
    if (type === c) {
      const row = tables.counter.series.row(key)
      if (row === noRow) this.#traffic.note('statsd_limit')
      else if (!tables.counter.add(row, value * weight)) this.#traffic.refuse('statsd_not_finite')
    } else if (type === m) {
      const row = tables.timer.series.row(key)
      if (row === noRow) this.#traffic.note('statsd_limit')
      else tables.timer.add(row, value, weight)
    } else if (type === g) {
      const row = tables.gauge.series.row(key)
      if (row === noRow) this.#traffic.note('statsd_limit')
      else if (!tables.gauge.set(row, value, isSigned)) this.#traffic.refuse('statsd_not_finite')
    } else if (type === s) {
      const row = tables.set.series.row(key)
      if (row === noRow || !tables.set.add(row, bytes, valueStart, valueEnd)) {
        this.#traffic.note('statsd_limit')
      }
    } else return 0
    return i + 1
  }

  /**
   * Makes `#key` of the name that begins at `start`, and returns where its colon is: 0 when it has a
   * character that sanitising or tags would change.
   */
  #plainName(bytes: Uint8Array, start: number, end: number): number {
    const isPlain = isPlainInName
    const key = this.#key
    const { words } = key
    let hash = this.#seed
    let count = 0
    let i = start
    for (const last = Math.min(end, start + this.#maxNameBytes) - 3; i < last; i += 4) {
      const b0 = bytes[i]!
      const b1 = bytes[i + 1]!
      const b2 = bytes[i + 2]!
      const b3 = bytes[i + 3]!
      if ((isPlain[b0]! & isPlain[b1]! & isPlain[b2]! & isPlain[b3]!) === 0) break
      const word = b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)
      words[count++] = word
      hash = mix(hash, word)
    }
    let rest = 0
    let shift = 0
    for (; i < end && isPlain[bytes[i]!] === 1; i++) {
      if (shift === 32) return 0
      rest |= bytes[i]! << shift
      shift += 8
    }
    if (i >= end || bytes[i] !== colon || i - start > this.#maxNameBytes) return 0
    if (shift > 0) {
      words[count] = rest
      hash = mix(hash, rest)
    }
    key.hash = mix(hash, i - start)
    key.length = i - start
    return i
  }

  /** Reads any line, whose end it returns (behind the newline). */
  #general(bytes: Uint8Array, start: number, packetEnd: number): number {
    let end = bytes.indexOf(newline, start)
    if (end < 0 || end > packetEnd) end = packetEnd
    // Tags are between the first `|#` and the second.
    const body = indexOfTags(bytes, start, end)
    let nameEnd = start
    while (nameEnd < body && bytes[nameEnd] !== colon) nameEnd += 1
    const name = this.#name
    name.begin()
    name.add(bytes, start, nameEnd)
    if (body < end) this.#addTags(bytes, body + 2, indexOfTags(bytes, body + 2, end))
    name.sanitise(this.#isSanitised)
    if (!name.finish()) this.#traffic.refuse('statsd_too_long')
    else if (nameEnd >= body) this.#traffic.refuse('statsd_no_type')
    else {
      for (let from = nameEnd + 1; from <= body;) {
        let to = from
        while (to < body && bytes[to] !== colon) to += 1
        this.#bit(bytes, from, to)
        from = to + 1
      }
    }
    return end + 1
  }

  /** `a:1,b` as `;a=1;b`: in each tag the first `;` becomes `_` and the first `:` becomes `=`. */
  #addTags(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return
    const name = this.#name
    let hadSemicolon = false
    let hadColon = false
    name.push(semicolon)
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte === comma) {
        hadSemicolon = false
        hadColon = false
        name.push(semicolon)
      } else if (byte === semicolon && !hadSemicolon) {
        hadSemicolon = true
        name.push(underscore)
      } else if (byte === colon && !hadColon) {
        hadColon = true
        name.push(equals)
      } else name.push(byte)
    }
  }

  /** One `value|type|@rate`. */
  #bit(bytes: Uint8Array, start: number, end: number): void {
    const traffic = this.#traffic
    const valueEnd = indexOfByte(bytes, pipe, start, end)
    if (valueEnd === end) return traffic.refuse('statsd_no_type')
    const typeEnd = indexOfByte(bytes, pipe, valueEnd + 1, end)
    let weight = 1
    if (typeEnd < end) {
      const rate = rateOf(bytes, typeEnd + 1, indexOfByte(bytes, pipe, typeEnd + 1, end))
      if (rate !== rate) return traffic.refuse('statsd_bad_rate')
      weight = 1 / rate
    }
    const isExactSet = typeEnd - valueEnd === 2 && bytes[valueEnd + 1] === s
    if (isExactSet) return this.#addMember(bytes, start, valueEnd)
    const type = typeOf(bytes, valueEnd + 1, typeEnd)
    const value = jsNumber(bytes, start, valueEnd)
    if (value !== value) return traffic.refuse('statsd_bad_value')
    // Etsy's asks for the untrimmed type here: `ms ` may be negative.
    const isExactTimer = type === 'ms' && typeEnd - valueEnd === 3
    if (isExactTimer && value < 0) return traffic.refuse('statsd_bad_value')
    if (type === 's') return this.#addMember(bytes, start, valueEnd)
    if (type === 'g') {
      if (value - value !== 0) return traffic.refuse('statsd_not_finite')
      const isChange = bytes[start] === minus || bytes[start] === plus
      const row = this.#tables.gauge.series.row(this.#name)
      if (row === noRow) traffic.note('statsd_limit')
      else if (!this.#tables.gauge.set(row, value, isChange)) traffic.refuse('statsd_not_finite')
      return
    }
    const amount = type === 'ms' ? value + weight : value * weight
    if (amount - amount !== 0) return traffic.refuse('statsd_not_finite')
    const table = type === 'ms' ? this.#tables.timer : this.#tables.counter
    const row = table.series.row(this.#name)
    if (row === noRow) traffic.note('statsd_limit')
    else if (type === 'ms') this.#tables.timer.add(row, value, weight)
    else if (!this.#tables.counter.add(row, amount)) traffic.refuse('statsd_not_finite')
  }

  /** Any value is a member; an empty one is `0`. */
  #addMember(bytes: Uint8Array, start: number, end: number): void {
    const { set } = this.#tables
    const row = set.series.row(this.#name)
    const member = start === end ? zero : wellFormed(bytes, start, end)
    const isTaken =
      row !== noRow &&
      (member ? set.add(row, member, 0, member.length) : set.add(row, bytes, start, end))
    if (!isTaken) this.#traffic.note('statsd_limit')
  }
}

const zero = Buffer.from('0')

function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== byte) i += 1
  return i
}

/** Where `|#` is; `end` when it is not there. */
function indexOfTags(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 1 < end; i++) if (bytes[i] === pipe && bytes[i + 1] === hash) return i
  return end
}

/** `c` for `c`, `h`, an empty type and anything else: in Etsy's statsd all of them are counters. */
function typeOf(bytes: Uint8Array, start: number, end: number): 'ms' | 'g' | 's' | 'c' {
  const length = end - start
  if (length === 1 && bytes[start] === g) return 'g'
  if (length === 2 && bytes[start] === m && bytes[start + 1] === s) return 'ms'
  if (length < 2) return 'c'
  const text = textOf(bytes, start, end).trim()
  return text === 'ms' || text === 'g' || text === 's' ? text : 'c'
}

/**
 * The rate in `@rate`, NaN when there is none: it must be a number to JavaScript, and what counts are the
 * digits and points that it begins with, so that `@1e-1` is 1. (Where there are none Etsy's ends.)
 */
function rateOf(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== at || end - start < 2 || bytes[start + 1] === minus) return NaN
  const number = jsNumber(bytes, start + 1, end)
  if (number !== number) return NaN
  let i = start + 1
  while (i < end && (bytes[i] === point || (bytes[i]! >= 0x30 && bytes[i]! <= 0x39))) i += 1
  return i === end ? number : jsNumber(bytes, start + 1, i)
}

/** Bytes that are not UTF-8 are U+FFFD in Etsy's statsd; undefined when the bytes are good as they are. */
function wellFormed(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return Buffer.from(textOf(bytes, start, end))
  }
  return undefined
}
