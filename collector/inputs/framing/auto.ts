import type { Framer } from './framer.ts'
import { Held } from './held.ts'

/**
 * Decides by how the connection begins: a length, a space and `<` or `{` (`57 <13>…`) is octet
 * counting, anything else is lines. As syslog servers do (RFC 6587 §3.4), with one more byte looked
 * at, so that lines which begin with a number stay lines.
 */
export class AutoFramer implements Framer {
  readonly #make: { octetCounted: () => Framer; lines: () => Framer }
  readonly #held = new Held()
  #chosen: Framer | undefined

  constructor(make: { octetCounted: () => Framer; lines: () => Framer }) {
    this.#make = make
  }

  get broken(): string | undefined {
    return this.#chosen?.broken
  }

  push(bytes: Buffer): void {
    if (this.#chosen) return this.#chosen.push(bytes)
    const source = this.#held.append(bytes)
    const verdict = judge(source)
    if (verdict === 'undecided') return this.#held.keep(source, 0)
    this.#choose(verdict, source)
  }

  end(): void {
    if (!this.#chosen) this.#choose('lines', this.#held.append(Buffer.alloc(0)))
    this.#chosen?.end()
  }

  #choose(verdict: 'lines' | 'octetCounted', source: Buffer): void {
    this.#chosen = this.#make[verdict]()
    this.#chosen.push(source)
    this.#held.keep(source, source.length)
  }
}

function judge(source: Buffer): 'undecided' | 'lines' | 'octetCounted' {
  const start = source.toString('latin1', 0, 12)
  if (/^([1-9]\d{0,8} ?)?$/.test(start)) return 'undecided'
  return /^[1-9]\d{0,8} [<{]/.test(start) ? 'octetCounted' : 'lines'
}
