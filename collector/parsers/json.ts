import { z } from 'zod'
import { type Event } from '../event.ts'
import { isObject, isRawJson, type Json, type JsonObject } from '../../core/json.ts'
import { phraseOf, type EventBuffer } from '../event_buffer.ts'
import { defineParser, Refusal, type Note, type Parser } from '../parser.ts'
import { timeReader, type ReadTime } from '../times/reader.ts'
import { JsonScanner } from './json_scan.ts'
import * as scan from './json_scan.ts'
import { converter, eventOf, rawJson, recordFields, takeTime, type Convert } from './record.ts'
import { canonicalLength, timePhrase } from './timestamp.ts'

const logPhrase = phraseOf(',"log":')

/** What the direct way leaves to the plain one. */
const needsParse = scan.loneSurrogate | scan.repeatedKey | scan.lineBreak | scan.nameClash

export const json = defineParser(
  'json',
  'One JSON object a message. Its members are kept as they came, numbers digit by digit.',
  {
    time_key: z
      .string()
      .min(1)
      .optional()
      .describe('Member that holds the time. Default: `@timestamp`, with `fields: fluentd` `time`'),
    max_depth: z
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe('Deepest nesting; a deeper message is refused (Elasticsearch refuses 1000)'),
    ...recordFields,
  },
  (config, context) => {
    const fluentd = config.fields === 'fluentd'
    const timeType =
      config.time_type ?? (fluentd && config.time_format === undefined ? 'float' : undefined)
    return new JsonParser({
      timeKey: config.time_key ?? (fluentd ? 'time' : '@timestamp'),
      keepTimeKey: config.keep_time_key,
      maxDepth: config.max_depth,
      readTime: timeReader({ ...config, time_type: timeType }, context.now),
      readOwn: timeReader({ ...config, time_type: 'auto' }, context.now),
      convert: converter(config, context),
      byTimestamp: (timeType ?? 'auto') === 'auto' && config.time_format === undefined,
    })
  },
)

interface Settings {
  readonly timeKey: string
  readonly keepTimeKey: boolean
  readonly maxDepth: number
  readonly readTime: ReadTime
  /** For an `@timestamp` that is not the time key. */
  readonly readOwn: ReadTime
  readonly convert: Convert | undefined
  /** True when times are recognised by their look, so that the canonical form needs no reader. */
  readonly byTimestamp: boolean
}

class JsonParser implements Parser {
  readonly transcode?: NonNullable<Parser['transcode']>
  readonly #settings: Settings
  readonly #scanner: JsonScanner

  constructor(settings: Settings) {
    this.#settings = settings
    this.#scanner = new JsonScanner(settings.maxDepth, settings.timeKey)
    if (!settings.convert && !(settings.keepTimeKey && settings.timeKey !== '@timestamp')) {
      this.transcode = (source, start, end, out, arrival) =>
        this.#transcode(source, start, end, out, arrival)
    }
  }

  parse(source: Buffer, start: number, end: number, note: Note): Event | Refusal {
    const scanner = this.#scanner
    let whole = scanner.scan(source, start, end)
    let scanned = source
    let text: string | undefined
    if (!whole && scanner.failure === 'invalid_utf8') {
      text = source.toString('utf8', start, end)
      const repaired = Buffer.from(text)
      whole = scanner.scan(repaired, 0, repaired.length)
      if (!whole) return this.#refusal(text, 0)
      scanned = repaired
      note('invalid_utf8')
    }
    text ??= source.toString('utf8', start, end)
    if (!whole) return this.#refusal(text, start)
    if (scanner.flags & scan.loneSurrogate) {
      note('lone_surrogate')
      text = text.replace(escapeOrLone, (escape, lone) => (lone === undefined ? escape : '\\ufffd'))
    }
    const record = parseText(text, hasInexact(scanner, scanned))
    if (scanner.flags & scan.repeatedKey && countMembers(record) !== scanner.members) {
      note('duplicate_key')
    }
    return this.#event(record, note)
  }

  #event(record: JsonObject, note: Note): Event {
    const { timeKey, keepTimeKey, readTime, readOwn, convert } = this.#settings
    const own = timeKey === '@timestamp'
    const time = own ? undefined : takeTime(record, timeKey, keepTimeKey, readTime, note)
    convert?.(record, note)
    return eventOf(record, time, own ? readTime : readOwn, note)
  }

  #refusal(text: string, base: number): Refusal {
    const { failure, expected, at } = this.#scanner
    const place = `byte ${at - base}`
    if (failure === 'too_deep') {
      return new Refusal(
        'too_deep',
        `nested deeper than max_depth ${this.#settings.maxDepth} at ${place}`,
      )
    }
    if (expected === '"{"' && isJson(text)) {
      return new Refusal('not_an_object', 'the JSON value is not an object')
    }
    return new Refusal('invalid_json', `expected ${expected} at ${place}`)
  }

  #transcode(
    source: Buffer,
    start: number,
    end: number,
    out: EventBuffer,
    arrival: Buffer,
  ): number {
    const scanner = this.#scanner
    if (!scanner.scan(source, start, end) || (scanner.flags & needsParse) !== 0) return -1
    const { open, close, timeKey, timeEnd } = scanner
    out.reserve(close - open + 64)
    out.phrase(timePhrase)
    if (timeKey < 0) out.copy(arrival, 0, arrival.length)
    else if (!this.#writeTime(source, scanner.timeValue, timeEnd, out)) return -1
    out.byte(0x22)
    const { logValue, logEnd } = scanner
    const logKey = scanner.names.log
    let from = open + 1
    if (logKey < 0) {
      if (timeKey >= 0) from = this.#copyUntil(source, from, timeKey, timeEnd, out)
    } else if (timeKey < 0) from = this.#copyUntil(source, from, logKey, logEnd, out)
    else if (timeKey < logKey) {
      from = this.#copyUntil(source, from, timeKey, timeEnd, out)
      from = this.#copyUntil(source, from, logKey, logEnd, out)
    } else {
      from = this.#copyUntil(source, from, logKey, logEnd, out)
      from = this.#copyUntil(source, from, timeKey, timeEnd, out)
    }
    if (from === open + 1 && scanner.topMembers > 0) out.byte(0x2c)
    out.copy(source, from, close - 1)
    if (logKey >= 0) {
      out.phrase(logPhrase)
      out.copy(source, logValue, logEnd - 1)
    }
    return scanner.names.bits
  }

  /**
   * Copies members up to the one at `key`, which is left out with the comma before it.
   *
   * @param from behind the opening brace, or behind a member.
   * @returns `end`, which is behind the member left out.
   */
  #copyUntil(source: Buffer, from: number, key: number, end: number, out: EventBuffer): number {
    let comma = key - 1
    while (source[comma]! <= 0x20) comma -= 1
    if (comma < from) return end
    if (from === this.#scanner.open + 1) out.byte(0x2c)
    out.copy(source, from, comma)
    return end
  }

  /** Writes the time value as `@timestamp` text; false when it cannot be read. */
  #writeTime(source: Buffer, start: number, end: number, out: EventBuffer): boolean {
    const quoted = source[start] === 0x22
    if (quoted && this.#settings.byTimestamp) {
      const length = canonicalLength(source, start + 1, end - 1)
      if (length > 0) {
        out.copy(source, start + 1, start + 1 + length)
        return true
      }
    }
    if (end - start > 64) return false
    const text = quoted
      ? source.toString('latin1', start + 1, end - 1)
      : source.toString('latin1', start, end)
    if (!quoted && !/^[-\d]/.test(text)) return false
    if (quoted && /[\\\x80-\xff]/.test(text)) return false
    const time = this.#settings.readTime(quoted ? text : numberOf(text))
    if (time === undefined) return false
    out.text(time)
    return true
  }
}

/** Whole escapes, and, captured, those of half a surrogate pair. */
const escapeOrLone =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})|\\[^]/g

/** Whether a number would be written differently by JavaScript. Most with a point would not. */
function hasInexact({ numbers, precise }: JsonScanner, source: Buffer): boolean {
  if (precise * 2 > numbers.length) return true
  for (let at = 0; at < precise * 2; at += 2) {
    const text = source.toString('latin1', numbers[at], numbers[at + 1])
    if (JSON.stringify(Number(text)) !== text) return true
  }
  return false
}

/** JSON.parse of a text that the scanner has accepted; a reviver makes it several times slower. */
function parseText(text: string, inexact: boolean): JsonObject {
  return JSON.parse(text, inexact ? keepNumbers : undefined) as JsonObject
}

function keepNumbers(_key: string, value: Json, context?: { source?: string }): Json {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return numberOf(context.source)
}

/** The number, or the text of one that JavaScript would write differently. */
function numberOf(text: string): Json {
  const value = Number(text)
  return JSON.stringify(value) === text ? value : rawJson(text)
}

function countMembers(value: Json): number {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return 0
  let count = 0
  for (const inner of Object.values(value)) count += countMembers(inner as Json)
  return isObject(value) ? count + Object.keys(value).length : count
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
