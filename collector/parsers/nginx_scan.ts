import { plainEnd, viewOf } from './plain_run.ts'

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Finds the fields of an access log line in the combined format, without making strings: the places of
 * each field's first byte and of the byte after its last, -1 for a field that is not there.
 *
 *     remote host user [time] "method path HTTP/version" code size "referer" "agent" "forwarded"
 *
 * What follows the size may be missing. Within quotes a backslash protects the next byte (Apache writes
 * `\"`; nginx writes `\x22`). Linear: no place is looked at more than a few times.
 */
export class NginxScanner {
  remote = 0
  remoteEnd = 0
  host = 0
  hostEnd = 0
  user = 0
  userEnd = 0
  time = 0
  timeEnd = 0
  request = 0
  requestEnd = 0
  code = 0
  codeEnd = 0
  size = 0
  sizeEnd = 0
  referer = -1
  refererEnd = -1
  agent = -1
  agentEnd = -1
  forwarded = -1
  forwardedEnd = -1
  /** When a scan failed: what was expected and the place in the source. */
  expected = ''
  at = 0

  scan(source: Buffer, start: number, end: number): boolean {
    if (!this.head(source, start, end)) return false
    return this.sizeEnd === end || this.#tail(source, this.sizeEnd, end)
  }

  /** The fields up to the size; those behind it are said to be absent. */
  head(source: Buffer, start: number, end: number): boolean {
    this.referer = this.agent = this.forwarded = -1
    this.remote = start
    this.remoteEnd = fieldEnd(source, start, end)
    this.host = this.remoteEnd + 1
    this.hostEnd = fieldEnd(source, this.host, end)
    this.user = this.hostEnd + 1
    this.userEnd = userEnd(source, this.user, end)
    if (this.userEnd + 1 >= end) return this.#fail(end, 'a host, a user and "["')
    this.time = this.userEnd + 2
    this.timeEnd = find(source, 0x5d, this.time, end)
    if (source[this.userEnd + 1] !== 0x5b || this.timeEnd >= end) {
      return this.#fail(this.userEnd + 1, 'a time in brackets')
    }
    this.request = this.timeEnd + 3
    if (
      this.request > end ||
      source[this.request - 2] !== SPACE ||
      source[this.request - 1] !== QUOTE
    ) {
      return this.#fail(this.timeEnd + 1, 'a request in quotes')
    }
    this.requestEnd = quotedEnd(source, this.request, end)
    this.code = this.requestEnd + 2
    this.codeEnd = fieldEnd(source, this.code, end)
    this.size = this.codeEnd + 1
    this.sizeEnd = fieldEnd(source, this.size, end)
    if (this.size > end || source[this.code - 1] !== SPACE) {
      return this.#fail(Math.min(this.requestEnd, end), 'a code and a size')
    }
    return true
  }

  #tail(source: Buffer, from: number, end: number): boolean {
    if (source[from + 1] !== QUOTE || from + 2 > end)
      return this.#fail(from + 1, 'a referer in quotes')
    this.referer = from + 2
    this.refererEnd = quotedEnd(source, this.referer, end)
    const agent = this.refererEnd + 3
    if (agent > end || source[agent - 2] !== SPACE || source[agent - 1] !== QUOTE) {
      return this.#fail(Math.min(this.refererEnd, end), 'a user agent in quotes')
    }
    this.agent = agent
    this.agentEnd = quotedEnd(source, agent, end)
    if (this.agentEnd >= end) return this.#fail(end, 'the end of the user agent')
    return this.rest(source, this.agentEnd + 1, end)
  }

  /** What follows the user agent's closing quote. */
  rest(source: Buffer, from: number, end: number): boolean {
    let at = from
    if (at === end) return true
    if (source[at] !== SPACE) return this.#fail(at, 'a space')
    while (at < end && source[at] === SPACE) at += 1
    const quoted = source[at] === QUOTE && at < end
    this.forwarded = quoted ? at + 1 : at
    this.forwardedEnd = find(source, QUOTE, this.forwarded, end)
    const last = this.forwardedEnd < end ? this.forwardedEnd + 1 : end
    return last === end || this.#fail(last, 'the end')
  }

  #fail(at: number, expected: string): false {
    this.expected = expected
    this.at = at
    return false
  }
}

function find(source: Buffer, wanted: number, from: number, end: number): number {
  let at = from
  while (at < end && source[at] !== wanted) at += 1
  return at
}

function fieldEnd(source: Buffer, from: number, end: number): number {
  return find(source, SPACE, from, end)
}

/** A user may hold spaces, so it ends where ` [` follows. */
function userEnd(source: Buffer, from: number, end: number): number {
  let at = fieldEnd(source, from, end)
  while (at < end && source[at + 1] !== 0x5b) at = fieldEnd(source, at + 1, end)
  return at
}

function quotedEnd(source: Buffer, from: number, end: number): number {
  const view = viewOf(source)
  let at = from
  while (at < end) {
    at = plainEnd(view, at, end)
    if (at >= end || source[at] === QUOTE) return at
    at += source[at] === BACKSLASH ? 2 : 1
  }
  return at
}
