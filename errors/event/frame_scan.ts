import { hash } from 'node:crypto'
import { filenameBit, type Member, memberAt, namingBits } from './frame_members.ts'
import { isUrlScheme } from './frames.ts'
import { hasUnicode, JsonWalk, mayBeSecret } from './json_walk.ts'
import { scanVars, type VarsScanRules } from './vars_scan.ts'
import {
  addsMember,
  addsName,
  addsPath,
  addsVars,
  type FrameList,
  type ReadVars,
} from './unread_frames.ts'

/** What normalising and scrubbing would do, as far as a scan has to know it. */
export interface FrameScanRules extends VarsScanRules {
  /** Most frames of a list. */
  readonly maxFrames: number
  /** Whether scrubbing leaves a line of source as it is. */
  readonly isCleanLine: (line: string) => boolean
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const QUESTION = 0x3f
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const LETTER_N = 0x6e

const nothing = Buffer.alloc(0)
const maxFacts = 65_536
const maxLines = 20
const maxDigits = 15
/** With its colon. */
const longestScheme = 13

/**
 * Looks through lists of frames as SDKs write them, without white space and in valid UTF-8, and finds those that
 * may stay bytes. One scanner serves for any number of lists.
 */
export class FrameScan {
  readonly #walk = new JsonWalk()
  /** What grouping reads of the list. */
  readonly #facts = Buffer.allocUnsafeSlow(maxFacts)
  #factCount = 0
  #rules!: FrameScanRules
  #source: Buffer = nothing
  #pieces: number[] = []
  #places: number[] = []
  #vars: ReadVars[] = []
  /** Where what is copied, and what grouping reads, began; -1 between. */
  #piece = -1
  #fact = -1
  /** Of the member that was looked at last: whether it stays. */
  #stays = false
  /** Values of the frame's places, and its variables where they have to be read. */
  #name = 0
  #nameEnd = 0
  #path = 0
  #pathEnd = 0
  #varsEnd = 0
  #varsBefore = 0

  /** Lets go of what was scanned last; what was made of it stays. */
  forget(): void {
    this.#source = nothing
    this.#walk.bytes = nothing
    this.#pieces = []
    this.#places = []
    this.#vars = []
  }

  /**
   * @param source valid UTF-8 that begins with the list
   * @returns undefined for one that has to be read, whatever the reason
   */
  scan(source: Buffer, rules: FrameScanRules): FrameList | undefined {
    this.forget()
    this.#rules = rules
    this.#source = source
    this.#walk.bytes = source
    this.#factCount = 0
    this.#piece = 0
    this.#fact = 0
    let at = 0
    for (let count = 0; at === 0 || source[at] === COMMA; count++) {
      if (count === rules.maxFrames || source[at + 1] !== OPEN) return undefined
      at = this.#frame(at + 1)
      if (at < 0) return undefined
    }
    if (source[at] !== CLOSE_LIST) return undefined
    const length = at + 1
    this.#pieces.push(this.#piece, length)
    if (!this.#endFact(length)) return undefined
    const key = hash('sha256', this.#facts.subarray(0, this.#factCount), 'base64')
    const [places, pieces, vars] = [this.#places, this.#pieces, this.#vars]
    return { length, places, pieces, vars, key, factSize: this.#factCount }
  }

  /** @returns the place behind the frame, or -1 */
  #frame(open: number): number {
    const source = this.#source
    this.#name = 0
    this.#path = 0
    this.#varsEnd = 0
    this.#varsBefore = this.#vars.length
    let seen = 0
    let kept = 0
    let at = open + 1
    if (source[at] === CLOSE) at--
    else {
      for (at = open; at === open || source[at] === COMMA;) {
        // With the comma before it, where one is needed.
        const from = kept > 0 ? at : at + 1
        if (source[at + 1] !== QUOTE) return -1
        const nameEnd = this.#walk.text(at + 2)
        if (nameEnd < 0 || this.#walk.has !== 0 || source[nameEnd + 1] !== COLON) return -1
        const member = memberAt(source, at + 2, nameEnd)
        if (member) {
          if ((seen & member.bit) !== 0) return -1
          seen |= member.bit
        }
        at = member ? this.#value(member, nameEnd + 2) : this.#ignored(nameEnd + 2)
        if (at < 0) return -1
        if (this.#stays) kept++
        if (!this.#note(from, member?.isFact === true)) return -1
        if (member?.kind === 'vars' && this.#stays) this.#replaceMembers()
      }
      if (source[at] !== CLOSE) return -1
      at--
    }
    return this.#endFrame(open, at + 1, kept)
  }

  /** Adds what is missing before the brace at `close`. */
  #endFrame(open: number, close: number, kept: number): number {
    const pieces = this.#pieces
    const addsOne = this.#name > 0 !== this.#path > 0
    if (addsOne || this.#varsEnd > 0) {
      if (kept === 0) return -1
      if (this.#piece >= 0) pieces.push(this.#piece, close)
      this.#piece = -1
      if (this.#name > 0 && addsOne) pieces.push(addsPath, 0, this.#name, this.#nameEnd)
      else if (addsOne) pieces.push(addsName, 0, this.#path, this.#pathEnd)
      if (this.#varsEnd > 0) pieces.push(addsVars, this.#vars.length - 1)
    }
    if (this.#piece < 0) this.#piece = close
    if (this.#fact < 0) this.#fact = close
    this.#places.push(open, close + 1)
    return close + 1
  }

  /** Whether what follows is copied, or belongs to what grouping reads. @returns whether there was room */
  #note(from: number, isFact: boolean): boolean {
    if (!this.#stays) {
      if (this.#piece >= 0) this.#pieces.push(this.#piece, from)
      this.#piece = -1
    } else if (this.#piece < 0) this.#piece = from
    if (this.#stays && isFact) {
      if (this.#fact < 0) this.#fact = from
      return true
    }
    return this.#endFact(from)
  }

  #endFact(end: number): boolean {
    const start = this.#fact
    if (start < 0) return true
    this.#fact = -1
    if (this.#factCount + end - start > maxFacts) return false
    this.#factCount += this.#source.copy(this.#facts, this.#factCount, start, end)
    return true
  }

  /** What is read of the variables that stay. */
  #replaceMembers(): void {
    for (let index = this.#varsBefore; index < this.#vars.length; index++) {
      const { start, end } = this.#vars[index]!
      this.#pieces.push(this.#piece, start, addsMember, index)
      this.#piece = end
    }
  }

  #ignored(at: number): number {
    this.#stays = false
    return this.#walk.value(at)
  }

  /** @returns the place behind the value, or -1 where the list has to be read for it */
  #value(member: Member, at: number): number {
    const source = this.#source
    if (source[at] === LETTER_N) {
      this.#stays = false
      return this.#walk.isWord(at, 'null') ? at + 4 : -1
    }
    this.#stays = true
    switch (member.kind) {
      case 'text':
        return this.#text(member, at)
      case 'place':
        return this.#place(member, at)
      case 'line':
        return this.#line(member, at)
      case 'lines':
        return this.#lines(member, at)
      case 'count': {
        const end = this.#walk.digits(at)
        const isLong = end - at > maxDigits || (source[at] === 0x30 && end > at + 1)
        return end === at || isLong ? -1 : end
      }
      case 'flag':
        if (this.#walk.isWord(at, 'true')) return at + 4
        return this.#walk.isWord(at, 'false') ? at + 5 : -1
      case 'address':
        return this.#address(member, at)
      case 'vars':
        return this.#variables(at)
      case 'empty':
        this.#stays = false
        return this.#walk.isWord(at, '{}') ? at + 2 : -1
    }
  }

  /** A text that nothing is taken out of. */
  #text({ max, bit }: Member, at: number): number {
    const source = this.#source
    if (source[at] !== QUOTE) return -1
    const close = this.#walk.text(at + 1)
    const length = close - at - 1
    if (close < 0 || length > max || (this.#walk.has & hasUnicode) !== 0) return -1
    if (length === 0) this.#stays = false
    else if (length === 1 && source[at + 1] === QUESTION && (bit & namingBits) !== 0) {
      this.#stays = false
    }
    return close + 1
  }

  #place(member: Member, at: number): number {
    const end = this.#text(member, at)
    if (end < 0 || !this.#stays) return end
    // A URL becomes its path.
    let colon = at + 1
    while (colon < at + longestScheme && this.#source[colon] !== COLON) colon++
    if (colon > at + 4 && isUrlScheme(this.#source.toString('latin1', at + 1, colon + 1))) return -1
    if (member.bit === filenameBit) {
      this.#name = at
      this.#nameEnd = end
    } else {
      this.#path = at
      this.#pathEnd = end
    }
    return end
  }

  #address(member: Member, at: number): number {
    const end = this.#text(member, at)
    if (end < 0 || !this.#stays) return end
    return /^0x[0-9a-fA-F]+$/.test(this.#source.toString('latin1', at + 1, end - 1)) ? end : -1
  }

  #line({ max }: Member, at: number): number {
    if (this.#source[at] !== QUOTE) return -1
    const close = this.#walk.text(at + 1)
    if (close < 0 || close - at - 1 > max) return -1
    if ((this.#walk.has & (hasUnicode | mayBeSecret)) !== 0) {
      const line = JSON.parse(this.#source.toString('utf8', at, close + 1)) as string
      if (!this.#rules.isCleanLine(line)) return -1
    }
    return close + 1
  }

  #lines(member: Member, open: number): number {
    const source = this.#source
    if (source[open] !== OPEN_LIST) return -1
    if (source[open + 1] === CLOSE_LIST) {
      this.#stays = false
      return open + 2
    }
    let at = open
    for (let count = 0; at === open || source[at] === COMMA; count++) {
      if (count === maxLines) return -1
      at = this.#line(member, at + 1)
      if (at < 0) return -1
    }
    return source[at] === CLOSE_LIST ? at + 1 : -1
  }

  #variables(at: number): number {
    const found = scanVars(this.#walk, at, this.#rules)
    if (!found) return -1
    const { end, stay, odd } = found
    this.#stays = stay
    if (!stay && odd.length > 0) this.#varsEnd = end
    const frame = this.#places.length / 2
    for (const place of odd) this.#vars.push({ frame, ...place, isMember: stay })
    return end
  }
}
