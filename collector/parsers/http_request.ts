const SPACE = 0x20

/**
 * The parts of a request line `GET /a?b HTTP/1.1`, as places in the source. Where it does not begin with
 * a method and a space (a TLS hello, an empty request), `method` is -1 and the target is all of it.
 */
export class RequestLine {
  method = -1
  methodEnd = -1
  target = -1
  targetEnd = -1
  /** After `HTTP/`; -1 when there is no version. */
  version = -1
  versionEnd = -1
  /** The `?` in a target that begins with a slash; `targetEnd` when there is none. */
  question = -1

  split(source: Buffer, start: number, end: number): void {
    this.method = -1
    this.version = -1
    this.target = start
    this.targetEnd = end
    let at = start
    while (at < end && isMethodByte(source[at]!)) at += 1
    if (at > start && at < end && source[at] === SPACE) {
      this.method = start
      this.methodEnd = at
      while (at < end && source[at] === SPACE) at += 1
      this.target = at
      this.#version(source, at, end)
    }
    this.question = this.targetEnd
    if (source[this.target] !== 0x2f) return
    for (let place = this.target; place < this.targetEnd; place++) {
      if (source[place] !== 0x3f) continue
      this.question = place
      return
    }
  }

  #version(source: Buffer, from: number, end: number): void {
    let space = end - 1
    while (space >= from && source[space] !== SPACE) space -= 1
    if (space < from || end - space < 7) return
    for (let at = 0; at < 5; at++) if (source[space + 1 + at] !== http[at]) return
    // It is written as text, so a version is digits and points.
    for (let at = space + 6; at < end; at++) {
      const byte = source[at]!
      if (byte !== 0x2e && (byte < 0x30 || byte > 0x39)) return
    }
    this.version = space + 6
    this.versionEnd = end
    while (space > from && source[space - 1] === SPACE) space -= 1
    this.targetEnd = space
  }
}

const http = Buffer.from('HTTP/')

function isMethodByte(byte: number): boolean {
  return (
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x5f
  )
}
