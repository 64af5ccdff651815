import { Spans } from '../framing/spans.ts'
import { lineCounter, listedMax, type Messages, Problems } from './messages.ts'

const newline = 10
const carriageReturn = 13
const space = 32
const quote = 34
const comma = 44
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/**
 * Finds the values in a body of JSON: one object, an array of them, several one after another with or
 * without white space or commas between. Only the limits of values are looked for; whether one is an
 * object and valid is for the JSON parser to say, so that a bad one costs no good one. Line ends
 * within a value, which JSON allows between tokens, become spaces in a copy.
 *
 * A value that does not end leaves a problem, and the rest is read line by line: most such bodies are
 * NDJSON with a broken line. Linear in the length of the body.
 */
export function splitJson(body: Buffer): Messages {
  return new Splitter(body).split()
}

class Splitter {
  readonly #body: Buffer
  readonly #spans = new Spans()
  readonly #problems = new Problems()
  readonly #lineAt: (offset: number) => number
  #source: Buffer
  #isInArray = false

  constructor(body: Buffer) {
    this.#body = body
    this.#source = body
    this.#lineAt = lineCounter(body)
  }

  split(): Messages {
    const { length } = this.#body
    let at = 0
    while (at < length) {
      const byte = this.#source[at]!
      // 0x1e separates values in a JSON text sequence (RFC 7464).
      if (byte <= space || byte === comma) at += 1
      else if (byte === openBracket && !this.#isInArray) {
        this.#isInArray = true
        at += 1
      } else if (byte === closeBracket && this.#isInArray) {
        this.#isInArray = false
        at += 1
      } else at = this.#value(at, byte)
    }
    if (this.#isInArray && this.#problems.count === 0) {
      this.#problem(length, 'the array does not end: the body was cut off, or lacks a "]"')
    }
    return {
      source: this.#source,
      spans: this.#spans,
      format: 'json',
      problems: this.#problems,
      lineAt: this.#lineAt,
    }
  }

  /** Adds the value that begins at `start`; returns where to go on. */
  #value(start: number, first: number): number {
    if (first === openBrace || first === openBracket) return this.#nested(start)
    const end = first === quote ? this.#stringEnd(start) : this.#bareEnd(start)
    if (end > 0) {
      this.#spans.add(start, end)
      return end
    }
    this.#problem(start, 'a string does not end on its line')
    return -end
  }

  #nested(start: number): number {
    const { length } = this.#source
    let depth = 0
    for (let at = start; at < length; at++) {
      const byte = this.#source[at]!
      if (byte === quote) {
        const end = this.#stringEnd(at)
        if (end <= 0) {
          if (-end >= length) break
          this.#problem(start, `a string that begins at byte ${at} does not end on its line`)
          return -end
        }
        at = end - 1
      } else if (byte === openBrace || byte === openBracket) depth += 1
      else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1
        if (depth > 0) continue
        this.#spans.add(start, at + 1)
        return at + 1
      } else if (byte === newline || byte === carriageReturn) this.#blank(at)
    }
    this.#problem(start, `the value that begins at byte ${start} does not end`)
    this.#rest(start)
    return length
  }

  /** Where the string that opens at `start` ends; minus the end of its line when it does not. */
  #stringEnd(start: number): number {
    const source = this.#source
    for (let at = start + 1; at < source.length; at++) {
      const byte = source[at]!
      if (byte === quote) return at + 1
      if (byte === newline) return -at
      if (byte === backslash && source[at + 1] !== newline) at += 1
    }
    return -source.length
  }

  /** A number, a word or anything else up to the next thing that may separate values. */
  #bareEnd(start: number): number {
    const source = this.#source
    let at = start
    for (; at < source.length; at++) {
      const byte = source[at]!
      if (byte === newline || byte === carriageReturn) break
      if (this.#isInArray && (byte === comma || byte === closeBracket)) break
    }
    return at
  }

  /** Takes what looks like an object on a line of its own, after the line at `start`. */
  #rest(start: number) {
    const body = this.#body
    let isBad = true
    for (let at = body.indexOf(newline, start) + 1; at > 0 && at < body.length;) {
      const found = body.indexOf(newline, at)
      const next = found === -1 ? body.length : found
      let end = next
      while (end > at && (body[end - 1]! <= space || body[end - 1] === comma)) end -= 1
      if (body[at] === openBrace && body[end - 1] === closeBrace) {
        this.#restore(at, end)
        this.#spans.add(at, end)
        isBad = false
      } else if (end > at && body[at] !== closeBracket) {
        if (!isBad) this.#problem(at, 'this is no JSON object on a line of its own')
        isBad = true
      }
      at = next + 1
    }
  }

  #blank(at: number) {
    if (this.#source === this.#body) this.#source = Buffer.from(this.#body)
    this.#source[at] = space
  }

  /** What was blanked out as part of a value that turned out not to end. */
  #restore(start: number, end: number) {
    if (this.#source !== this.#body) this.#body.copy(this.#source, start, start, end)
  }

  #problem(at: number, text: string) {
    const isListed = this.#problems.count < listedMax
    this.#problems.add(isListed ? this.#lineAt(at) : 0, text)
  }
}
