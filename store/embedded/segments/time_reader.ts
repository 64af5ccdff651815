const prefixBytes = 16
const zero = 48

/** Times as the journal has them, `2026-11-21T10:17:37.123456789Z`, to microseconds. */
export class TimeReader {
  /** Up to the minute, of the time before: most are the same. */
  readonly #prefix = Buffer.alloc(prefixBytes)
  #minuteMs = NaN
  /** Microseconds within the minute. */
  #micros = 0

  /**
   * @returns milliseconds since the epoch of the minute, or NaN when it is no time; `microsWithin` says the
   *   rest.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const prefix = this.#prefix
    for (let i = 0; i < prefixBytes; i++) {
      if (prefix[i] === bytes[start + i]) continue
      this.#readPrefix(bytes, start, end)
      break
    }
    if (end - start < 20 || bytes[end - 1] !== 90 || bytes[start + 16] !== 58) return NaN
    let micros = ((bytes[start + 17]! - zero) * 10 + (bytes[start + 18]! - zero)) * 1_000_000
    let unit = 100_000
    for (let at = start + 20; at < end - 1 && unit >= 1; at++, unit /= 10) {
      micros += (bytes[at]! - zero) * unit
    }
    this.#micros = micros
    return this.#minuteMs
  }

  get microsWithin(): number {
    return this.#micros
  }

  #readPrefix(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start, Math.min(end, start + prefixBytes)))
    this.#minuteMs = Date.parse(`${text.toString('latin1')}:00Z`)
    this.#prefix.fill(0)
    text.copy(this.#prefix)
  }
}
