import { hostKey, logContext, logDotted, logKey, logOpen, sourceKey } from '../parser.ts'

const OPEN = 0x7b
const CLOSE = 0x7d
const POINT = 0x2e

const host = Buffer.from('host')
const log = Buffer.from('log')
const source = Buffer.from('source')
const inLog = Buffer.from(logContext)

/**
 * What an event says itself of what the input's context would add, found by looking at the keys of its
 * JSON. `Parser.transcode` says what the bits mean.
 */
export class ContextNames {
  /** What transcode returns, unless there is a clash. */
  bits = 0
  /** Only an object shows what the context adds. */
  clash = false
  /** The quote of the key of a `log` that is an object with members; -1 when there is none. */
  log = -1

  clear(): void {
    this.bits = 0
    this.clash = false
    this.log = -1
  }

  /**
   * Takes a key of the outermost object.
   *
   * @param quote the place of its opening quote; `end` of its closing one.
   * @returns whether it is a `log` whose own keys are to be given to `within`.
   */
  see(bytes: Buffer, quote: number, end: number): boolean {
    const first = bytes[quote + 1]
    if (first === 0x6c) return this.#seeLog(bytes, quote, end)
    if (first === 0x68) {
      this.#seeOther(bytes, quote + 1, end, host, hostKey)
      if (end - quote === 5 && this.bits & hostKey && bytes[valueOf(bytes, end)] === OPEN) {
        this.clash = true
      }
    } else if (first === 0x73) this.#seeOther(bytes, quote + 1, end, source, sourceKey)
    return false
  }

  /** Takes a key of `log`, which is in [start, end). */
  within(bytes: Buffer, start: number, end: number): void {
    if (beginsWith(bytes, start, end, inLog)) this.clash = true
  }

  /** To call when all keys were seen. */
  settle(): void {
    // `log` itself wins over dotted names.
    if (this.bits & (logKey | logOpen)) this.bits &= ~logDotted
  }

  #seeOther(bytes: Buffer, start: number, end: number, name: Buffer, bit: number): void {
    if (!beginsWith(bytes, start, end, name)) return
    const after = start + name.length
    if (end === after) this.bits |= bit
    else if (bytes[after] === POINT) this.clash = true
  }

  #seeLog(bytes: Buffer, quote: number, end: number): boolean {
    const start = quote + 1
    if (!beginsWith(bytes, start, end, log)) return false
    const after = start + log.length
    if (end !== after) {
      if (bytes[after] !== POINT) return false
      this.bits |= logDotted
      this.within(bytes, after + 1, end)
      return false
    }
    const value = valueOf(bytes, end)
    if (bytes[value] !== OPEN) {
      this.bits |= logKey
      return false
    }
    this.bits |= logOpen
    // Nothing would stand before the comma that comes first in what is added.
    if (bytes[afterSpace(bytes, value + 1)] === CLOSE) this.clash = true
    this.log = quote
    return true
  }
}

function beginsWith(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start < name.length) return false
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
  return true
}

/** The first byte of a member's value; `end` is its key's closing quote. */
function valueOf(bytes: Buffer, end: number): number {
  return afterSpace(bytes, afterSpace(bytes, end + 1) + 1)
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at]! <= 0x20) at += 1
  return at
}
