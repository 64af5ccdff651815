/** What a pickle of carbon's may be made of. */
export type Unpickled = null | boolean | number | string | Unpickled[]

const mark = Symbol('mark')
type Stacked = Unpickled | typeof mark

/**
 * Reads a pickle of lists, tuples, numbers and texts (protocols 0 to 4), which are what carbon's senders write.
 * Nothing that makes an object, imports a name or calls something exists here. Memory is bounded by the length of
 * the bytes: what a pickle repeats is the same value, not a copy.
 *
 * @throws SyntaxError for anything else, with the place.
 */
export function unpickle(bytes: Buffer): Unpickled {
  return new Unpickler(bytes).read()
}

class Unpickler {
  readonly #bytes: Buffer
  #at = 0
  readonly #stack: Stacked[] = []
  readonly #memo = new Map<number, Unpickled>()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(): Unpickled {
    for (;;) {
      const at = this.#at
      const code = this.#byte()
      if (code === 0x2e) return this.#pop()
      const step = opcodes[code]
      if (!step) {
        const shown = `0x${code.toString(16).padStart(2, '0')}`
        throw new SyntaxError(`opcode ${shown} at byte ${at} is none of lists, numbers and texts`)
      }
      step(this)
    }
  }

  push(value: Stacked): void {
    this.#stack.push(value)
  }

  number(read: (bytes: Buffer, at: number) => number, length: number): void {
    this.push(read(this.#bytes, this.#take(length)))
  }

  text(encoding: 'utf8' | 'latin1', sizeBytes: 1 | 4 | 8): void {
    const at = this.#take(sizeBytes)
    const length =
      sizeBytes === 1
        ? this.#bytes[at]!
        : sizeBytes === 4
          ? this.#bytes.readUInt32LE(at)
          : Number(this.#bytes.readBigUInt64LE(at))
    const from = this.#take(length)
    this.push(this.#bytes.toString(encoding, from, from + length))
  }

  /** A long integer in two's complement, little end first. */
  long(): void {
    const length = this.#byte()
    const from = this.#take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(this.#bytes[from + i]!)
    if (length > 0 && this.#bytes[from + length - 1]! >= 0x80) value -= 1n << BigInt(8 * length)
    this.push(Number(value))
  }

  /** The text up to the next line end. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.#at)
    if (end < 0) throw new SyntaxError(`the pickle ends inside the text at byte ${this.#at}`)
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  decimal(): void {
    const text = this.line().replace(/L$/, '')
    const value = text === '01' || text === '00' ? text === '01' : Number(text)
    if (text === '' || text.length > 400 || Number.isNaN(value)) this.#refuse('a number', text)
    this.push(value)
  }

  /** A text in quotes, as Python's repr writes it. */
  quoted(): void {
    const text = this.line()
    const inner = /^(['"])(.*)\1$/s.exec(text)?.[2]
    if (inner === undefined) return this.#refuse('a text', text)
    this.push(
      inner.replace(/\\(x[0-9a-fA-F]{2}|.)/gs, (_, code: string) => {
        if (code.startsWith('x')) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
        return escapes[code] ?? code
      }),
    )
  }

  tuple(length: number): void {
    this.push(Array.from({ length }, () => this.#pop()).toReversed())
  }

  /** What is above the last mark. */
  marked(): Unpickled[] {
    const from = this.#stack.lastIndexOf(mark)
    if (from < 0) throw new SyntaxError(`no mark at byte ${this.#at}`)
    const values = this.#stack.splice(from)
    return values.slice(1) as Unpickled[]
  }

  append(values: readonly Unpickled[]): void {
    const list = this.#stack.at(-1)
    if (!Array.isArray(list)) throw new SyntaxError(`no list to add to at byte ${this.#at}`)
    for (const value of values) list.push(value)
  }

  popped(): Unpickled {
    return this.#pop()
  }

  remember(key: number): void {
    const top = this.#stack.at(-1)
    if (top === undefined || top === mark)
      throw new SyntaxError(`nothing to keep at byte ${this.#at}`)
    this.#memo.set(key, top)
  }

  rememberNext(): void {
    this.remember(this.#memo.size)
  }

  recall(key: number): void {
    const value = this.#memo.get(key)
    if (value === undefined)
      throw new SyntaxError(`nothing was kept as ${key}, at byte ${this.#at}`)
    this.push(value)
  }

  unsigned(length: 1 | 4): number {
    const at = this.#take(length)
    return length === 1 ? this.#bytes[at]! : this.#bytes.readUInt32LE(at)
  }

  skip(length: number): void {
    this.#take(length)
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) {
      throw new SyntaxError(`the pickle ends too early, at byte ${this.#bytes.length}`)
    }
    this.#at += length
    return at
  }

  #pop(): Unpickled {
    const value = this.#stack.pop()
    if (value === undefined || value === mark) {
      throw new SyntaxError(`a value is missing at byte ${this.#at}`)
    }
    return value
  }

  #refuse(what: string, text: string): never {
    throw new SyntaxError(`${JSON.stringify(text.slice(0, 50))} is not ${what}`)
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' }

type Step = (on: Unpickler) => void

/** By opcode, as Python's pickletools describes them. */
const opcodes: Readonly<Record<number, Step>> = {
  0x80: (on) => on.skip(1),
  0x95: (on) => on.skip(8),
  0x28: (on) => on.push(mark),
  0x5d: (on) => on.push([]),
  0x29: (on) => on.push([]),
  0x6c: (on) => on.push(on.marked()),
  0x74: (on) => on.push(on.marked()),
  0x85: (on) => on.tuple(1),
  0x86: (on) => on.tuple(2),
  0x87: (on) => on.tuple(3),
  0x61: (on) => on.append([on.popped()]),
  0x65: (on) => on.append(on.marked()),
  0x4e: (on) => on.push(null),
  0x88: (on) => on.push(true),
  0x89: (on) => on.push(false),
  0x49: (on) => on.decimal(),
  0x4c: (on) => on.decimal(),
  0x46: (on) => on.decimal(),
  0x4a: (on) => on.number((bytes, at) => bytes.readInt32LE(at), 4),
  0x4b: (on) => on.number((bytes, at) => bytes[at]!, 1),
  0x4d: (on) => on.number((bytes, at) => bytes.readUInt16LE(at), 2),
  0x47: (on) => on.number((bytes, at) => bytes.readDoubleBE(at), 8),
  0x8a: (on) => on.long(),
  0x53: (on) => on.quoted(),
  0x56: (on) => on.push(on.line()),
  0x55: (on) => on.text('latin1', 1),
  0x54: (on) => on.text('latin1', 4),
  0x43: (on) => on.text('latin1', 1),
  0x42: (on) => on.text('latin1', 4),
  0x8c: (on) => on.text('utf8', 1),
  0x58: (on) => on.text('utf8', 4),
  0x8d: (on) => on.text('utf8', 8),
  0x70: (on) => on.remember(Number(on.line())),
  0x71: (on) => on.remember(on.unsigned(1)),
  0x72: (on) => on.remember(on.unsigned(4)),
  0x94: (on) => on.rememberNext(),
  0x67: (on) => on.recall(Number(on.line())),
  0x68: (on) => on.recall(on.unsigned(1)),
  0x6a: (on) => on.recall(on.unsigned(4)),
  0x30: (on) => void on.popped(),
}
