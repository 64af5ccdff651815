/** What is sent to carbon, as it grows. */
export interface Payload {
  /** @returns false when the name is too long for carbon, which would close the connection on it. */
  add(name: string, value: number, seconds: number): boolean
  /** Everything added so far, in pieces to be written one after the other. */
  take(): Buffer[]
}

/** Twisted's LineOnlyReceiver, which carbon is made of, hangs up at 16,384 bytes; values and times need some of it. */
const longestName = 16_000
/** carbon's PICKLE_RECEIVER_MAX_LENGTH is 1 MiB. */
const frameBytes = 500_000
const pieceChars = 1 << 18

/** carbon's plaintext protocol: `name value seconds\n`, UTF-8. */
export class PlaintextPayload implements Payload {
  readonly #pieces: Buffer[] = []
  #text = ''

  add(name: string, value: number, seconds: number): boolean {
    if (isTooLong(name)) return false
    // Between words is what separates the three: a name with blanks in it would be no line at all.
    const word = /\s/.test(name) ? name.replaceAll(/\s+/g, '_') : name
    this.#text += `${word} ${value} ${seconds}\n`
    if (this.#text.length >= pieceChars) this.#cut()
    return true
  }

  take(): Buffer[] {
    this.#cut()
    return this.#pieces.splice(0)
  }

  #cut(): void {
    if (this.#text !== '') this.#pieces.push(Buffer.from(this.#text))
    this.#text = ''
  }
}

/**
 * carbon's pickle protocol: frames of a 4-byte big-endian length and a list of `(name, (seconds, value))` in the
 * opcodes of pickle's protocol 0, values as texts, as Etsy's statsd writes them; a large flush is several frames.
 */
export class PicklePayload implements Payload {
  readonly #frames: Buffer[] = []
  #text = ''

  add(name: string, value: number, seconds: number): boolean {
    if (isTooLong(name)) return false
    const text = /['\\\n\r]/.test(name) ? name.replaceAll(/['\\\n\r]/g, escaped) : name
    this.#text += `(S'${text}'\n(L${seconds}L\nS'${value}'\ntta`
    // A character has at most three bytes.
    if (this.#text.length >= frameBytes / 3) this.#cut()
    return true
  }

  take(): Buffer[] {
    this.#cut()
    return this.#frames.splice(0)
  }

  #cut(): void {
    if (this.#text === '') return
    const body = Buffer.from(`(l${this.#text}.`)
    const frame = Buffer.allocUnsafe(4 + body.length)
    frame.writeUInt32BE(body.length)
    body.copy(frame, 4)
    this.#frames.push(frame)
    this.#text = ''
  }
}

const isTooLong = (name: string) =>
  name.length > longestName / 3 && Buffer.byteLength(name) > longestName

const escapes: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r` }
const escaped = (character: string) => escapes[character] ?? `\\${character}`
