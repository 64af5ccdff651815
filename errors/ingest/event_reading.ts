import type { KnownModules, KnownStacktrace } from '../event/known_parts.ts'
import { isRecord, valuesOf } from '../event/reading.ts'
import { type ReadJson, readJson, readJsonText } from './json_text.ts'

type Part = KnownStacktrace | KnownModules

/** What is known of parts of an event, by the bytes of each: a JSON object. */
export interface FindPart {
  readonly stacktrace: (bytes: Uint8Array) => KnownStacktrace | undefined
  readonly modules: (bytes: Uint8Array) => KnownModules | undefined
}

/** JSON, with the mark and a number in place of each part. */
interface Cut {
  readonly text: string
  readonly parts: readonly Part[]
}

const names = { stacktrace: Buffer.from('"stacktrace"'), modules: Buffer.from('"modules"') }
/** An event with more of them is read as it is. */
const mostCuts = 64

/**
 * An event as `readJson` reads it, but for its modules and the stack traces of its exceptions and threads where these
 * are known: their text is left out, and what is known of them stands in their place. Where anything else looks like
 * one, all of it is read.
 *
 * @param mark that no sender can guess: letters and digits.
 * @throws SyntaxError
 */
export function readEvent(bytes: Uint8Array, find: FindPart, mark: string): ReadJson {
  const cut = cutOut(bytes, find, mark)
  if (cut === undefined) return readJson(bytes)
  try {
    const read = readJsonText(cut.text)
    if (isRecord(read.value) && putBack(read.value, cut.parts, mark)) return read
  } catch {
    // Whatever it is, it is none of what is known.
  }
  return readJson(bytes)
}

/** Undefined when nothing is known. */
function cutOut(bytes: Uint8Array, find: FindPart, mark: string): Cut | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const next = { stacktrace: place(buffer, 'stacktrace', 0), modules: place(buffer, 'modules', 0) }
  const parts: Part[] = []
  let text = ''
  let from = 0
  for (let cuts = 0; ; cuts++) {
    const name = next.modules < next.stacktrace ? 'modules' : 'stacktrace'
    const at = next[name]
    if (at === Infinity) break
    // Within another text, or one of too many.
    if (bytes[at - 1] === backslash || cuts === mostCuts) return undefined
    const start = valueAfter(bytes, at + names[name].length)
    let end = at + 1
    if (bytes[start] === 0x7b) {
      end = endOf(bytes, start)
      if (end < 0) return undefined
      const found = find[name](bytes.subarray(start, end))
      if (found !== undefined) {
        text += `${buffer.toString('utf8', from, start)}"${mark}${parts.length}"`
        parts.push(found)
        from = end
      }
    }
    if (next.stacktrace < end) next.stacktrace = place(buffer, 'stacktrace', end)
    if (next.modules < end) next.modules = place(buffer, 'modules', end)
  }
  return parts.length === 0 ? undefined : { text: text + buffer.toString('utf8', from), parts }
}

function place(buffer: Buffer, name: keyof typeof names, from: number): number {
  const at = buffer.indexOf(names[name], from)
  return at < 0 ? Infinity : at
}

/** @returns whether each is in its place, once. */
function putBack(event: object, parts: readonly Part[], mark: string): boolean {
  const { exception, threads } = event as Record<'exception' | 'threads', never>
  let count = put(event, 'modules', parts, mark)
  for (const value of [exception, threads]) {
    for (const one of valuesOf(value) ?? []) {
      if (isRecord(one)) count += put(one, 'stacktrace', parts, mark)
    }
  }
  return count === parts.length
}

/** Only the one who reads that property looks there, and knows them. @returns how many. */
function put(
  owner: object,
  name: keyof typeof names,
  parts: readonly Part[],
  mark: string,
): number {
  const record = owner as Record<string, unknown>
  const given = record[name]
  if (typeof given !== 'string' || !given.startsWith(mark)) return 0
  record[name] = parts[Number(given.slice(mark.length))]
  return 1
}

const quote = 0x22
const backslash = 0x5c

/** Behind the object that begins at `start`; -1 when it does not end. */
function endOf(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === quote) {
      for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++
    } else if (byte === 0x7b || byte === 0x5b) depth += 1
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at + 1
  }
  return -1
}

/** Where the value of the key that ends before `from` begins; -1 when that is no key. */
function valueAfter(bytes: Uint8Array, from: number): number {
  const colon = skipBlank(bytes, from)
  return bytes[colon] === 0x3a ? skipBlank(bytes, colon + 1) : -1
}

function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
