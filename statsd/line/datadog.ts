import { noRow } from '../tables/series_table.ts'
import type { Tables } from '../tables/tables.ts'
import type { Timers } from '../tables/timers.ts'
import { readEvent, readServiceCheck } from './datadog_event.ts'
import { decimalNumber } from './number.ts'
import { SeriesName } from './series_name.ts'
import type { LineReader, Traffic } from './traffic.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const hash = 0x23
const comma = 0x2c
const colon = 0x3a
const semicolon = 0x3b
const equals = 0x3d
const at = 0x40
const timestampMark = 0x54
const underscore = 0x5f
const pipe = 0x7c

/** What a type letter makes of a line. `ms` is a histogram to DogStatsD. */
type Kind = 'counter' | 'gauge' | 'histogram' | 'distribution' | 'set'

/** A value without `=` of a tag without a value, since Graphite's tags have one. */
const noValue = Buffer.from('true')

/**
 * Lines as DogStatsD reads them (datagrams v1.0 to 1.6, the agent's parse.go): fields in any order,
 * packed values, signs that set gauges, events and service checks. Fields it does not know are passed
 * over, as the agent does; so are container, external data and cardinality, which speak to the agent.
 */
export class DatadogLines implements LineReader {
  readonly #tables: Tables
  readonly #traffic: Traffic
  readonly #name: SeriesName
  readonly #now: () => number
  /** Fields of the line read now. */
  #rate = 1
  #timeS = 0
  #tagsStart = 0
  #tagsEnd = 0

  /** @param now ms since the epoch; the time of events that do not say theirs. */
  constructor(tables: Tables, traffic: Traffic, now: () => number) {
    this.#tables = tables
    this.#traffic = traffic
    this.#now = now
    this.#name = new SeriesName(tables.seed, tables.limits)
  }

  packet(bytes: Uint8Array, start: number, end: number): void {
    this.#traffic.packets += 1
    for (let from = start; from < end;) {
      let to = bytes.indexOf(newline, from)
      if (to < 0 || to > end) to = end
      const lineEnd = to > from && bytes[to - 1] === carriageReturn ? to - 1 : to
      if (lineEnd > from) {
        this.#traffic.lines += 1
        this.#line(bytes, from, lineEnd)
      }
      from = to + 1
    }
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] === underscore) {
      if (startsWith(bytes, start, end, eventMark)) return this.#logEvent(bytes, start, end)
      if (startsWith(bytes, start, end, checkMark)) return this.#logEvent(bytes, start, end)
    }
    const nameEnd = indexOfByte(bytes, colon, start, end)
    const valueEnd = indexOfByte(bytes, pipe, start, end)
    if (valueEnd === end) return this.#traffic.refuse('statsd_no_type')
    if (nameEnd === start || nameEnd + 1 >= valueEnd) {
      return this.#traffic.refuse('statsd_bad_value')
    }
    const typeEnd = indexOfByte(bytes, pipe, valueEnd + 1, end)
    const kind = kindOf(bytes, valueEnd + 1, typeEnd)
    if (kind === undefined) {
      const isEmpty = typeEnd === valueEnd + 1
      return this.#traffic.refuse(isEmpty ? 'statsd_no_type' : 'statsd_bad_type')
    }
    if (!this.#readFields(bytes, typeEnd + 1, end)) return
    const name = this.#name
    name.begin()
    this.#addName(bytes, start, nameEnd)
    this.#addTags(bytes)
    name.sanitise(false)
    if (!name.finish({ isUnique: true })) return this.#traffic.refuse('statsd_too_long')
    if (kind === 'set') return this.#addMember(bytes, nameEnd + 1, valueEnd)
    if (!this.#areNumbers(bytes, nameEnd + 1, valueEnd)) return
    for (let from = nameEnd + 1; from < valueEnd;) {
      const to = indexOfByte(bytes, colon, from, valueEnd)
      if (to > from) this.#add(kind, decimalNumber(bytes, from, to))
      from = to + 1
    }
  }

  /** All values of a line are taken, or none: the agent refuses the whole. Empty ones are passed over. */
  #areNumbers(bytes: Uint8Array, start: number, end: number): boolean {
    let count = 0
    for (let from = start; from < end;) {
      const to = indexOfByte(bytes, colon, from, end)
      if (to > from) {
        const value = decimalNumber(bytes, from, to)
        if (value - value !== 0) {
          this.#traffic.refuse(value === value ? 'statsd_not_finite' : 'statsd_bad_value')
          return false
        }
        count += 1
      }
      from = to + 1
    }
    if (count === 0) this.#traffic.refuse('statsd_bad_value')
    return count > 0
  }

  #add(kind: Exclude<Kind, 'set'>, value: number): void {
    const tables = this.#tables
    const name = this.#name
    const weight = 1 / this.#rate
    const isTimed = this.#timeS > 0 && (kind === 'counter' || kind === 'gauge')
    const row = tables.series[isTimed ? 'value' : kind].row(name)
    if (row === noRow) return this.#traffic.note('statsd_limit')
    if (isTimed) {
      const isCount = kind === 'counter'
      const amount = isCount ? value * weight : value
      if (amount - amount !== 0) this.#traffic.refuse('statsd_not_finite')
      else if (!tables.value.add(row, amount, this.#timeS, isCount)) {
        this.#traffic.note('statsd_limit')
      }
    } else if (kind === 'counter') {
      if (!tables.counter.add(row, value * weight)) this.#traffic.refuse('statsd_not_finite')
    } else if (kind === 'gauge') tables.gauge.set(row, value, false)
    else this.#addToTimers(tables[kind], row, value, weight)
  }

  #addToTimers(timers: Timers, row: number, value: number, weight: number): void {
    timers.add(row, value, weight)
  }

  /** What is between `:` and `|` is one member, colons and all. */
  #addMember(bytes: Uint8Array, start: number, end: number): void {
    const { set } = this.#tables
    const row = set.series.row(this.#name)
    if (row === noRow || !set.add(row, bytes, start, end)) this.#traffic.note('statsd_limit')
  }

  /** Reads the fields behind the type; false when one is wrong (refused). */
  #readFields(bytes: Uint8Array, start: number, end: number): boolean {
    this.#rate = 1
    this.#timeS = 0
    this.#tagsStart = 0
    this.#tagsEnd = 0
    for (let from = start; from < end;) {
      const to = indexOfByte(bytes, pipe, from, end)
      const mark = bytes[from]
      if (mark === hash) {
        this.#tagsStart = from + 1
        this.#tagsEnd = to
      } else if (mark === at) {
        const rate = decimalNumber(bytes, from + 1, to)
        if (!(rate > 0 && rate <= 1)) {
          this.#traffic.refuse('statsd_bad_rate')
          return false
        }
        if (1 / rate === Infinity) {
          this.#traffic.refuse('statsd_not_finite')
          return false
        }
        this.#rate = rate
      } else if (mark === timestampMark) {
        const time = decimalNumber(bytes, from + 1, to)
        if (!Number.isInteger(time) || time < 1 || time > latestS) {
          this.#traffic.refuse('statsd_bad_value')
          return false
        }
        this.#timeS = time
      }
      from = to + 1
    }
    return true
  }

  /** What would part a name or is no text in it becomes `_`. */
  #addName(bytes: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      this.#name.push(byte <= 0x20 || byte === semicolon || byte === 0x7f ? underscore : byte)
    }
  }

  /** `a:1,b` as `;a=1;b=true`; empty tags are passed over. */
  #addTags(bytes: Uint8Array): void {
    const name = this.#name
    for (let from = this.#tagsStart; from < this.#tagsEnd;) {
      const to = indexOfByte(bytes, comma, from, this.#tagsEnd)
      const keyEnd = indexOfByte(bytes, colon, from, to)
      if (to > from) {
        name.push(semicolon)
        if (keyEnd === from) name.push(underscore)
        for (let i = from; i < keyEnd; i++) {
          const byte = bytes[i]!
          name.push(byte === equals ? underscore : plainInTag(byte))
        }
        name.push(equals)
        if (keyEnd + 1 < to) for (let i = keyEnd + 1; i < to; i++) name.push(plainInTag(bytes[i]!))
        else name.add(noValue, 0, noValue.length)
      }
      from = to + 1
    }
  }

  #logEvent(bytes: Uint8Array, start: number, end: number): void {
    const line = bytes.subarray(start, end)
    const read = bytes[start + 1] === eventMark[1] ? readEvent : readServiceCheck
    const event = read(line, this.#now())
    if (event === undefined) this.#traffic.refuse('statsd_bad_event')
    else if (!this.#tables.events.add(event)) this.#traffic.note('statsd_limit')
  }
}

/** The last time that a Date can have, in seconds. */
const latestS = 8.64e12
const eventMark = Buffer.from('_e{')
const checkMark = Buffer.from('_sc|')

const plainInTag = (byte: number) =>
  byte <= 0x20 || byte === semicolon || byte === 0x7f ? underscore : byte

function startsWith(bytes: Uint8Array, start: number, end: number, mark: Uint8Array): boolean {
  if (end - start < mark.length) return false
  return mark.every((byte, i) => bytes[start + i] === byte)
}

function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== byte) i += 1
  return i
}

function kindOf(bytes: Uint8Array, start: number, end: number): Kind | undefined {
  if (end - start === 2)
    return bytes[start] === 0x6d && bytes[start + 1] === 0x73 ? 'histogram' : undefined
  if (end - start !== 1) return undefined
  return kindOfLetter[String.fromCharCode(bytes[start]!) as keyof typeof kindOfLetter]
}
const kindOfLetter = Object.assign(
  Object.create(null) as object,
  {
    c: 'counter',
    g: 'gauge',
    h: 'histogram',
    d: 'distribution',
    s: 'set',
  } as const,
)
