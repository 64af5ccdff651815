import { EventBuffer, phraseOf, type Phrase } from '../event_buffer.ts'
import { sourceKey } from '../parser.ts'
import { isAddressAt } from './address.ts'
import type { ClfTime } from './clf_time.ts'
import { RequestLine } from './http_request.ts'
import { jsonString, jsonUntilQuote } from './json_string.ts'
import { forwardedOf, mostDigits } from './nginx_event.ts'
import type { NginxScanner } from './nginx_scan.ts'
import { timePhrase } from './timestamp.ts'

const names = {
  address: '"source":{"address":',
  ip: '"ip":',
  user: '"user":{"name":',
  http: '"http":{',
  request: '"request":{',
  method: '"method":',
  referrer: '"referrer":',
  response: '"response":{',
  status: '"status_code":',
  bytes: '"body":{"bytes":',
  version: '"version":',
  url: '"url":{"original":',
  path: '"path":',
  query: '"query":',
  agent: '"user_agent":{"original":',
} as const
const name = Object.fromEntries(
  Object.entries(names).map(([key, text]) => [key, phraseOf(text)]),
) as Record<keyof typeof names, Phrase>

const OPEN = 0x7b
const CLOSE = 0x7d
const COMMA = 0x2c
const SPACE = 0x20
const QUOTE = 0x22

/** Writes an access log line as the JSON of its ECS event: what `accessEvent` says, without the object. */
export class NginxWriter {
  readonly #scanner: NginxScanner
  readonly #time: ClfTime
  readonly #request = new RequestLine()
  #source = Buffer.alloc(0) as Buffer
  #end = 0
  /** Behind the last field that was read in quotes. */
  #at = 0
  #out = new EventBuffer(0)
  /** False once a field was not UTF-8, or a number none. */
  #whole = true

  constructor(scanner: NginxScanner, time: ClfTime) {
    this.#scanner = scanner
    this.#time = time
  }

  /** By the contract of `Parser.transcode`. */
  write(source: Buffer, start: number, end: number, out: EventBuffer): number {
    const found = this.#scanner
    if (!found.head(source, start, end)) return -1
    if (!this.#time.read(source, found.time, found.timeEnd)) return -1
    this.#request.split(source, found.request, found.requestEnd)
    this.#source = source
    this.#end = end
    this.#at = found.sizeEnd
    this.#out = out
    this.#whole = true
    out.phrase(timePhrase)
    out.phrase(this.#time.phrase)
    out.byte(QUOTE)
    const before = out.length
    this.#writeSource()
    const context = out.length > before ? sourceKey : 0
    this.#writeHttp()
    this.#writeUrl()
    if (found.sizeEnd < end) this.#writeRest()
    return this.#whole ? context : -1
  }

  #writeSource(): void {
    const { remote, remoteEnd, user, userEnd } = this.#scanner
    if (this.#text(name.address, remote, remoteEnd)) {
      if (isAddressAt(this.#source, remote, remoteEnd)) this.#text(name.ip, remote, remoteEnd)
      this.#out.byte(CLOSE)
    }
    if (this.#text(name.user, user, userEnd)) this.#out.byte(CLOSE)
  }

  #writeHttp(): void {
    const { code, codeEnd, size, sizeEnd } = this.#scanner
    const { method, methodEnd, version, versionEnd } = this.#request
    const http = this.#open(name.http)
    const request = this.#open(name.request)
    this.#text(name.method, method, methodEnd)
    if (sizeEnd < this.#end) this.#quoted(name.referrer)
    this.#close(request)
    const response = this.#open(name.response)
    this.#number(name.status, code, codeEnd)
    if (this.#number(name.bytes, size, sizeEnd)) this.#out.byte(CLOSE)
    this.#close(response)
    this.#text(name.version, version, versionEnd)
    this.#close(http)
  }

  #writeUrl(): void {
    const { target, targetEnd, question } = this.#request
    if (!this.#text(name.url, target, targetEnd)) return
    if (this.#source[target] === 0x2f) {
      this.#text(name.path, target, question)
      if (question < targetEnd) this.#text(name.query, question + 1, targetEnd)
    }
    this.#out.byte(CLOSE)
  }

  #writeRest(): void {
    if (this.#quoted(name.agent)) this.#out.byte(CLOSE)
    if (!this.#scanner.rest(this.#source, this.#at, this.#end)) this.#whole = false
    const { forwarded, forwardedEnd } = this.#scanner
    if (!this.#isPresent(forwarded, forwardedEnd)) return
    const text = this.#source.toString('latin1', forwarded, forwardedEnd)
    if (/[\x80-\xff]/.test(text)) this.#whole = false
    else this.#out.text(`,${JSON.stringify(forwardedOf(text)).slice(1, -1)}`)
  }

  /** Begins an object; `close` takes it back when nothing was put in. */
  #open(key: Phrase): number {
    const mark = this.#out.length
    this.#key(key)
    return mark
  }

  #close(mark: number): void {
    const out = this.#out
    if (out.bytes[out.length - 1] === OPEN) out.length = mark
    else out.byte(CLOSE)
  }

  #key(key: Phrase): void {
    const out = this.#out
    if (out.bytes[out.length - 1] !== OPEN) out.byte(COMMA)
    out.phrase(key)
  }

  #isPresent(start: number, end: number): boolean {
    return start >= 0 && end > start && !(end === start + 1 && this.#source[start] === 0x2d)
  }

  /** Writes a field, unless it is absent: false then. */
  #text(key: Phrase, start: number, end: number): boolean {
    if (!this.#isPresent(start, end)) return false
    this.#key(key)
    if (!jsonString(this.#source, start, end, this.#out)) this.#whole = false
    return true
  }

  /**
   * Writes the next field in quotes, unless it is absent: false then. Its end is found as it is written: half of a line
   * is passed over once instead of twice.
   */
  #quoted(key: Phrase): boolean {
    const source = this.#source
    const end = this.#end
    const start = this.#at + 2
    if (start >= end || source[start - 2] !== SPACE || source[start - 1] !== QUOTE) {
      this.#whole = false
      return false
    }
    const first = source[start] === 0x2d ? start + 1 : start
    if (first < end && source[first] === QUOTE) {
      this.#at = first + 1
      return false
    }
    this.#key(key)
    const close = jsonUntilQuote(source, start, end, this.#out)
    this.#at = close + 1
    if (close < 0) this.#whole = false
    return true
  }

  #number(key: Phrase, start: number, end: number): boolean {
    if (!this.#isPresent(start, end)) return false
    if (end - start > mostDigits) this.#whole = false
    const source = this.#source
    let first = start
    while (first < end - 1 && source[first] === 0x30) first += 1
    for (let at = first; at < end; at++) {
      if (source[at]! < 0x30 || source[at]! > 0x39) this.#whole = false
    }
    this.#key(key)
    this.#out.copy(source, first, end)
    return true
  }
}
