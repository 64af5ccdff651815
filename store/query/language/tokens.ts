/** `lucene`: exactly as Elasticsearch's query_string has it. `weir`: that and KQL's ways, for people. */
export type Mode = 'lucene' | 'weir'

export type Comparison = '>' | '>=' | '<' | '<='

interface Placed {
  /** UTF-16 offsets into the text; `to` is behind the last. */
  readonly from: number
  readonly to: number
}

/** `text` is as written, escapes and all; of quoted and regexp what stands between the marks. */
export type Token = Placed &
  (
    | { readonly kind: 'word' | 'quoted' | 'regexp'; readonly text: string }
    | { readonly kind: 'boost' | 'tilde'; readonly text: string }
    | { readonly kind: 'comparison'; readonly operator: Comparison }
    | ({ readonly kind: 'range' } & Bounds)
    | { readonly kind: TokenName }
  )
type TokenName = 'and' | 'or' | 'not' | 'plus' | 'minus' | 'open' | 'close' | 'colon' | 'end'

export interface Bounds {
  /** Undefined: no bound, which is written `*`. */
  readonly lower: string | undefined
  readonly upper: string | undefined
  readonly includeLower: boolean
  readonly includeUpper: boolean
}

/** Something wrong with a text, and where. */
export interface Mistake {
  readonly from: number
  readonly to: number
  /** A sentence without its place: `expected a value`. */
  readonly message: string
}

const space = /[ \t\n\r\u3000\u00a0]/
const operators: Readonly<Record<string, TokenName>> = {
  AND: 'and',
  OR: 'or',
  NOT: 'not',
  '&&': 'and',
  '||': 'or',
}
const lowerCase: Readonly<Record<string, TokenName>> = { and: 'and', or: 'or', not: 'not' }
const single: Readonly<Record<string, TokenName>> = { '(': 'open', ')': 'close', ':': 'colon' }
const prefixes: Readonly<Record<string, TokenName>> = { '+': 'plus', '-': 'minus', '!': 'not' }

/** The tokens of a text, the last of them `end`; what is none is a mistake and left out. */
export function tokenize(text: string, mode: Mode): { tokens: Token[]; mistakes: Mistake[] } {
  const scanner = new Scanner(text, mode)
  while (scanner.step());
  return { tokens: scanner.tokens, mistakes: scanner.mistakes }
}

class Scanner {
  readonly tokens: Token[] = []
  readonly mistakes: Mistake[] = []
  readonly #text: string
  readonly #mode: Mode
  #at = 0

  constructor(text: string, mode: Mode) {
    this.#text = text
    this.#mode = mode
  }

  /** Reads one token; false after the last. */
  step(): boolean {
    const from = this.#at
    const character = this.#text[from]
    if (character === undefined) {
      this.tokens.push({ kind: 'end', from, to: from })
      return false
    }
    if (space.test(character)) this.#at++
    else if (Object.hasOwn(single, character)) this.#push(single[character]!, 1)
    else if (Object.hasOwn(prefixes, character) && !this.#isValue())
      this.#prefix(prefixes[character]!)
    else if (character === '"') this.#quoted()
    else if (character === '[' || character === '{') this.#range()
    else if (character === '^') this.#numbered('boost', /\^(\d+(?:\.\d+)?)?/y)
    else if (character === '~') this.#numbered('tilde', /~(\d+(?:\.\d+)?)?/y)
    else if (character === '/' && this.#regexp()) return true
    else if (this.#mode === 'weir' && /[<>]/.test(character)) this.#comparison()
    else if (character === ']' || character === '}') this.#skip(`'${character}' closes no range`)
    else this.#word()
    return true
  }

  #push(kind: TokenName, length: number) {
    this.tokens.push({ kind, from: this.#at, to: this.#at + length })
    this.#at += length
  }

  #mistake(message: string, from: number, to: number) {
    this.mistakes.push({ from, to, message })
  }

  #skip(message: string) {
    this.#mistake(message, this.#at, ++this.#at)
  }

  /** `+`, `-` and `!` before something; with a space behind they are words, as in Lucene. */
  #prefix(kind: TokenName) {
    const from = this.#at
    if (!space.test(this.#text[from + 1] ?? '')) return this.#push(kind, 1)
    this.tokens.push({ kind: 'word', text: `\\${this.#text[from]}`, from, to: ++this.#at })
  }

  #quoted() {
    const from = this.#at
    const end = this.#find('"', from + 1)
    if (end < 0)
      this.#mistake(`the quote that opens here is not closed: expected '"'`, from, from + 1)
    const text = this.#text.slice(from + 1, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#text.length : end + 1
    this.tokens.push({ kind: 'quoted', text, from, to: this.#at })
  }

  /** Where `mark` next stands unescaped, or -1. */
  #find(mark: string, from: number): number {
    for (let at = from; at < this.#text.length; at++) {
      if (this.#text[at] === '\\') at++
      else if (this.#text[at] === mark) return at
    }
    return -1
  }

  /**
   * For people `/` opens a regular expression only where its closing `/` ends the word, so that `/api/*` is
   * a path. In Lucene it always does.
   */
  #regexp(): boolean {
    const from = this.#at
    const end = this.#find('/', from + 1)
    if (this.#mode === 'weir') {
      const behind = this.#text[end + 1]
      const ends = behind === undefined || space.test(behind) || behind === ')' || behind === '^'
      if (end <= from + 1 || !ends) return false
    }
    if (end < 0) {
      const message = `the regular expression that opens here is not closed: expected '/' (\\/ or quotes for the character itself)`
      this.#mistake(message, from, from + 1)
    }
    const text = this.#text.slice(from + 1, end < 0 ? undefined : end).replaceAll('\\/', '/')
    this.#at = end < 0 ? this.#text.length : end + 1
    this.tokens.push({ kind: 'regexp', text, from, to: this.#at })
    return true
  }

  #comparison() {
    const from = this.#at
    const text = this.#text[from + 1] === '=' ? this.#text.slice(from, from + 2) : this.#text[from]!
    this.#at += text.length
    this.tokens.push({ kind: 'comparison', operator: text as Comparison, from, to: this.#at })
  }

  #numbered(kind: 'boost' | 'tilde', pattern: RegExp) {
    const from = this.#at
    pattern.lastIndex = from
    const [whole, number] = pattern.exec(this.#text)!
    this.#at += whole.length
    if (kind === 'boost' && number === undefined)
      this.#mistake(
        'expected a number after ^ (\\^ or quotes for the character itself)',
        from,
        this.#at,
      )
    this.tokens.push({ kind, text: number ?? '', from, to: this.#at })
  }

  #range() {
    const from = this.#at
    const bound = String.raw`("(?:[^"\\]|\\[^])*"|(?:[^\s\]}"\\]|\\[^])+)`
    const pattern = new RegExp(String.raw`[[{]\s*${bound}\s+TO\s+${bound}\s*([\]}])`, 'y')
    pattern.lastIndex = from
    const match = pattern.exec(this.#text)
    if (!match) {
      const close = /[\]}]/g
      close.lastIndex = from
      const end = close.exec(this.#text)
      this.#at = end ? end.index + 1 : this.#text.length
      return this.#mistake('expected a range such as [1 TO 5] or {1 TO *}', from, this.#at)
    }
    this.#at = pattern.lastIndex
    this.tokens.push({
      kind: 'range',
      lower: boundOf(match[1]!),
      upper: boundOf(match[2]!),
      includeLower: this.#text[from] === '[',
      includeUpper: match[3] === ']',
      from,
      to: this.#at,
    })
  }

  #word() {
    const from = this.#at
    const stop = this.#wordEnd(this.#isValue())
    let at = from
    while (at < this.#text.length && !stop.test(this.#text[at]!)) {
      if (this.#text[at] === '\\' && at + 1 === this.#text.length)
        this.#mistake('expected a character after \\', at, at + 1)
      at += this.#text[at] === '\\' ? 2 : 1
    }
    this.#at = Math.max(from + 1, Math.min(at, this.#text.length))
    const text = this.#text.slice(from, this.#at)
    const known = this.#mode === 'weir' ? { ...operators, ...lowerCase } : operators
    const isName = Object.hasOwn(known, text)
    if (isName) this.tokens.push({ kind: known[text]!, from, to: this.#at })
    else this.tokens.push({ kind: 'word', text, from, to: this.#at })
  }

  /** For people a value may begin with `-` or hold `:`: a negative number, a time, an address. */
  #isValue(): boolean {
    const before = this.tokens.at(-1)?.kind
    return this.#mode === 'weir' && (before === 'colon' || before === 'comparison')
  }

  #wordEnd(isValue: boolean): RegExp {
    if (this.#mode === 'lucene') return /[ \t\n\r\u3000!():^[\]"{}~/]/
    return isValue ? /[ \t\n\r\u3000\u00a0()^"~<>]/ : /[ \t\n\r\u3000\u00a0():^[\]"{}~<>]/
  }
}

const boundOf = (written: string): string | undefined =>
  written === '*' ? undefined : literalOf(written.startsWith('"') ? written.slice(1, -1) : written)

/** The text that an escaped one stands for: `\\x` is x, `\\u0041` is A. */
export const literalOf = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, hex?: string, character?: string) =>
    hex === undefined ? (character ?? '') : String.fromCharCode(parseInt(hex, 16)),
  )
