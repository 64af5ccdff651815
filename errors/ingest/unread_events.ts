import { isUtf8 } from 'node:buffer'
import { frameOf } from '../event/frames.ts'
import { FrameScan, type FrameScanRules } from '../event/frame_scan.ts'
import type { EventBounds } from '../event/bounds.ts'
import { valuesOf } from '../event/reading.ts'
import type { SentryEvent, Stacktrace } from '../event/sentry_event.ts'
import { JsonWalk } from '../event/json_walk.ts'
import {
  type ScannedFrames,
  UnreadFrames,
  type UnreadJson,
  UnreadStacktrace,
} from '../event/unread_frames.ts'
import { modulesEnd, UnreadModules } from '../event/unread_modules.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isRecord, readJson, type ReadJson } from './json_text.ts'
import { PartNames } from './part_names.ts'

/** JSON in the order in which it is written: texts, and what stays bytes. */
export type JsonPieces = readonly (string | UnreadJson)[]

const nothing = Buffer.alloc(0)
const COMMA = 0x2c
const OPEN = 0x7b
/** What comes behind so many, or so many that were looked through in vain, is read. */
const maxParts = 256
const maxTries = 8

type Part =
  | { readonly scanned: ScannedFrames; readonly end: number }
  | { readonly scanned: undefined; readonly start: number; readonly end: number }

/**
 * Reads events without those of their frames and modules that may stay bytes (../event/unread_frames.ts): in what
 * JSON.parse reads a mark that nobody can guess stands for each.
 */
export class UnreadEvents {
  readonly #mark: string
  readonly #walk = new JsonWalk()
  readonly #scan = new FrameScan(this.#walk)

  /** @param mark plain text, which no sender knows. */
  constructor(mark: string) {
    this.#mark = mark
  }

  /**
   * As `readJson` of an event's payload, with parts of it unread, which only `normalise` may see.
   *
   * @throws SyntaxError for what is no JSON.
   */
  read(payload: Uint8Array, rules: FrameScanRules, bounds: EventBounds): ReadJson {
    const source = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
    if (!isUtf8(source)) return readJson(payload)
    try {
      return this.#unread(source, rules, bounds) ?? readJson(payload)
    } finally {
      // Else a payload would stay in memory until the next one comes.
      this.#walk.bytes = nothing
      this.#scan.forget()
    }
  }

  /** Undefined where all of it has to be read. */
  #unread(source: Buffer, rules: FrameScanRules, bounds: EventBounds): ReadJson | undefined {
    this.#walk.bytes = source
    const parts: Part[] = []
    let text = ''
    let from = 0
    let tries = 0
    const names = new PartNames(source)
    for (let name = names.next(0); name;) {
      const { at, start, isFrames } = name
      // It is a member, not the end of a text.
      const isMember = source[at - 1] === OPEN || source[at - 1] === COMMA
      const part = isMember ? this.#part(start, isFrames, rules, bounds) : undefined
      if (part) {
        text += `${source.toString('utf8', from, start)}"${this.#mark}${parts.length}"`
        parts.push(part)
        from = part.end
      } else tries++
      if (tries === maxTries || parts.length === maxParts) break
      name = names.next(part ? from : start)
    }
    if (parts.length === 0) return undefined
    const read = readText(text + source.toString('utf8', from))
    if (!read || !isRecord(read.value)) return undefined
    return this.#putBack(source, read.value, parts, bounds) ? read : undefined
  }

  #part(
    start: number,
    isFrames: boolean,
    rules: FrameScanRules,
    { max_modules: maxModules }: EventBounds,
  ): Part | undefined {
    if (isFrames) {
      const scanned = this.#scan.scan(start, rules)
      return scanned && { scanned, end: this.#scan.end }
    }
    const end = modulesEnd(this.#walk, start, maxModules)
    return end < 0 ? undefined : { scanned: undefined, start, end }
  }

  /** @returns whether each part is where it belongs */
  #putBack(source: Buffer, raw: JsonRecord, parts: readonly Part[], bounds: EventBounds): boolean {
    const read = (json: string) => frameOf(json, bounds)
    let found = 0
    const put = (record: JsonRecord, key: string, isFrames: boolean) => {
      const mark = record[key]
      if (typeof mark !== 'string' || !mark.startsWith(this.#mark)) return
      const part = parts[Number(mark.slice(this.#mark.length))]!
      if ((part.scanned !== undefined) !== isFrames) return
      const unread: unknown = part.scanned
        ? new UnreadFrames(part.scanned, mark, read)
        : new UnreadModules(mark, source, part.start, part.end)
      record[key] = unread as JsonValue
      found++
    }
    put(raw, 'modules', false)
    for (const holder of holders(raw)) {
      for (const key of ['stacktrace', 'raw_stacktrace', 'sentry.interfaces.Stacktrace']) {
        const stacktrace = holder[key]
        if (isRecord(stacktrace)) put(stacktrace, 'frames', true)
      }
    }
    return found === parts.length
  }
}

/** Undefined for what is no JSON, or needs more than JSON.parse. */
function readText(text: string): ReadJson | undefined {
  if (text.includes('\\ud') || text.includes('\\uD')) return undefined
  try {
    return { value: JSON.parse(text) as JsonValue, isRepaired: false }
  } catch {
    return undefined
  }
}

/** What may have a stack trace. */
function* holders(raw: JsonRecord): Generator<JsonRecord> {
  yield raw
  for (const key of [
    'exception',
    'threads',
    'sentry.interfaces.Exception',
    'sentry.interfaces.Threads',
  ]) {
    for (const value of valuesOf(raw[key]) ?? []) if (isRecord(value)) yield value
  }
}

/** An event's JSON. What stays bytes is to be written from them. */
export function eventPieces(event: SentryEvent): JsonPieces {
  const json = JSON.stringify(event)
  const lists = unreadOf(event)
  if (lists.length === 0) return [json]
  const places = lists.map((unread) => ({ unread, at: json.indexOf(`"${unread.mark}"`) }))
  const pieces: (string | UnreadJson)[] = []
  let from = 0
  for (const { unread, at } of places.toSorted((a, b) => a.at - b.at)) {
    pieces.push(json.slice(from, at), unread)
    from = at + unread.mark.length + 2
  }
  return [...pieces, json.slice(from)]
}

function unreadOf({ exception, threads, stacktrace, modules }: SentryEvent): UnreadJson[] {
  const lists: UnreadJson[] = []
  const add = (one: Stacktrace | undefined) => {
    if (one instanceof UnreadStacktrace) lists.push(one.unread)
  }
  for (const values of [exception?.values, threads?.values]) {
    for (const one of values ?? []) {
      add(one.stacktrace)
      add(one.raw_stacktrace)
    }
  }
  add(stacktrace)
  if (modules instanceof UnreadModules) lists.push(modules)
  return lists
}
