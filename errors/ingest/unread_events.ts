import { isUtf8 } from 'node:buffer'
import { parseLongAsText } from '../../core/exact_json.ts'
import type { EventBounds } from '../event/bounds.ts'
import { FrameScan, type FrameScanRules } from '../event/frame_scan.ts'
import { frameOf } from '../event/frames.ts'
import { JsonWalk } from '../event/json_walk.ts'
import { valuesOf } from '../event/reading.ts'
import { RememberedLists } from '../event/remembered_lists.ts'
import { type FrameList, UnreadFrames, type UnreadJson } from '../event/unread_frames.ts'
import { modulesEnd, UnreadModules } from '../event/unread_modules.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isRecord, readJson, type ReadJson } from './json_text.ts'
import { type Named, type PartKind, PartNames } from './part_names.ts'

const nothing = Buffer.alloc(0)
const COMMA = 0x2c
const OPEN = 0x7b
/** What comes behind so many, or so many that were looked through in vain, is read. */
const maxParts = 256
const maxTries = 8

/** What scans have to know of normalising and scrubbing. */
export interface ScanRules extends FrameScanRules {
  readonly maxModules: number
}

interface Part {
  readonly kind: PartKind
  readonly unread: UnreadJson
  /** Behind it. */
  readonly end: number
}

/**
 * Reads events without those of their frames and modules that may stay bytes (../event/unread_frames.ts): in what
 * JSON.parse reads a mark that nobody can guess stands for each.
 */
export class UnreadEvents {
  readonly #mark: string
  readonly #walk = new JsonWalk()
  readonly #frames = new FrameScan()
  readonly #remembered = new RememberedLists()

  /** @param mark plain text, which no sender knows. */
  constructor(mark: string) {
    this.#mark = mark
  }

  /**
   * As `readJson` of an event's payload, with parts of it unread, which only `normalise` may see.
   *
   * @throws SyntaxError for what is no JSON.
   */
  read(payload: Uint8Array, rules: ScanRules, bounds: EventBounds): ReadJson {
    const source = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
    if (!isUtf8(source)) return readJson(payload)
    try {
      return this.#unread(source, rules, bounds) ?? readJson(payload)
    } finally {
      // Else a payload would stay in memory until the next one comes.
      this.#walk.bytes = nothing
      this.#frames.forget()
    }
  }

  /** Undefined where all of it has to be read. */
  #unread(source: Buffer, rules: ScanRules, bounds: EventBounds): ReadJson | undefined {
    this.#walk.bytes = source
    const parts: Part[] = []
    let text = ''
    let from = 0
    let tries = 0
    const names = new PartNames(source)
    for (let name = names.next(0); name;) {
      const { at, start } = name
      const mark = `${this.#mark}${parts.length}`
      // It is a member, not the end of a text.
      const isMember = source[at - 1] === OPEN || source[at - 1] === COMMA
      const part = isMember ? this.#part(name, mark, rules, bounds) : undefined
      if (part) {
        text += `${source.toString('utf8', from, start)}"${mark}"`
        parts.push(part)
        from = part.end
      } else tries++
      if (tries === maxTries || parts.length === maxParts) break
      name = names.next(part ? from : start)
    }
    if (parts.length === 0) return undefined
    const read = readText(text + source.toString('utf8', from))
    if (!read || !isRecord(read.value)) return undefined
    return this.#putBack(read.value, parts) ? read : undefined
  }

  /** Undefined for one that has to be read. */
  #part(
    { kind, start }: Named,
    mark: string,
    rules: ScanRules,
    bounds: EventBounds,
  ): Part | undefined {
    switch (kind) {
      case 'frames': {
        const list = this.#list(start, rules)
        if (!list) return undefined
        const end = start + list.length
        const json = this.#walk.bytes.subarray(start, end)
        const unread = new UnreadFrames(list, json, mark, (one) => frameOf(one, bounds))
        return { kind, unread, end }
      }
      case 'modules': {
        const end = modulesEnd(this.#walk, start, rules.maxModules)
        if (end < 0) return undefined
        return { kind, unread: new UnreadModules(mark, this.#walk.bytes, start, end), end }
      }
    }
  }

  /** Frames, of which a scan may know already. */
  #list(start: number, rules: ScanRules): FrameList | undefined {
    const { bytes } = this.#walk
    const known = this.#remembered.find(bytes, start, rules)
    if (known) return known
    const list = this.#frames.scan(bytes.subarray(start), rules)
    if (list) this.#remembered.keep(bytes, start, rules, list)
    return list
  }

  /** @returns whether each part is where it belongs */
  #putBack(raw: JsonRecord, parts: readonly Part[]): boolean {
    let found = 0
    const put = (record: JsonRecord, key: string, kind: PartKind) => {
      const mark = record[key]
      if (typeof mark !== 'string' || !mark.startsWith(this.#mark)) return
      const part = parts[Number(mark.slice(this.#mark.length))]
      if (part?.kind !== kind) return
      record[key] = part.unread as unknown as JsonValue
      found++
    }
    put(raw, 'modules', 'modules')
    for (const holder of holders(raw)) {
      for (const key of ['stacktrace', 'raw_stacktrace', 'sentry.interfaces.Stacktrace']) {
        const stacktrace = holder[key]
        if (isRecord(stacktrace)) put(stacktrace, 'frames', 'frames')
      }
    }
    return found === parts.length
  }
}

/** Undefined for what is no JSON, or needs more than a parse. */
function readText(text: string): ReadJson | undefined {
  if (text.includes('\\ud') || text.includes('\\uD')) return undefined
  try {
    return { value: parseLongAsText(text) as JsonValue, isRepaired: false }
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
