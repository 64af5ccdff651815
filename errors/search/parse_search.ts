import { SearchSyntaxError } from './search_error.ts'
import { isKnownKey } from './keys.ts'
import type { SearchNode, SearchTerm, SearchValue } from './tree.ts'

/** How much of a search is read; more is refused. */
export interface SearchLimits {
  readonly maxLength: number
  readonly maxTerms: number
  readonly maxDepth: number
}

export const defaultSearchLimits: SearchLimits = { maxLength: 4_096, maxTerms: 100, maxDepth: 20 }

/** Stars in one value; each costs a pass over what it is compared with. */
const maxStars = 8

/**
 * Reads Sentry's search language (docs.sentry.io/concepts/search): terms beside each other have all to fit,
 * `OR` binds weaker than `AND`, `!` and `NOT` negate, `(…)` groups, `[a,b]` is one of several, `*` any text.
 *
 * @throws SearchSyntaxError naming the place.
 */
export function parseSearch(text: string, limits = defaultSearchLimits): SearchNode {
  if (text.length > limits.maxLength) {
    const problem = `it is longer than ${limits.maxLength} characters`
    throw new SearchSyntaxError(text, limits.maxLength, problem)
  }
  return new Parser(text, limits).whole()
}

class Parser {
  readonly #text: string
  readonly #limits: SearchLimits
  #at = 0
  #terms = 0
  #depth = 0

  constructor(text: string, limits: SearchLimits) {
    this.#text = text
    this.#limits = limits
  }

  whole(): SearchNode {
    const node = this.#either()
    if (this.#at < this.#text.length) this.#fail("this ')' closes nothing")
    return node
  }

  /** `a OR b`. */
  #either(): SearchNode {
    const nodes = [this.#all()]
    while (this.#takesWord('OR')) {
      this.#needsOperand('OR')
      nodes.push(this.#all())
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'or', nodes }
  }

  /** `a b`, `a AND b`; up to `OR`, `)` or the end. */
  #all(): SearchNode {
    const nodes: SearchNode[] = []
    for (;;) {
      this.#skipSpace()
      if (this.#ends() || this.#seesWord('OR')) break
      if (this.#takesWord('AND')) {
        if (nodes.length === 0) this.#fail('expected a term before AND')
        this.#needsOperand('AND')
      } else nodes.push(this.#negatable())
    }
    if (nodes.length === 0 && this.#seesWord('OR')) this.#fail('expected a term before OR')
    return nodes.length === 1 ? nodes[0]! : { kind: 'and', nodes }
  }

  #needsOperand(operator: string) {
    this.#skipSpace()
    if (this.#ends() || this.#seesWord('OR') || this.#seesWord('AND')) {
      this.#fail(`expected a term after ${operator}`)
    }
  }

  #negatable(): SearchNode {
    if (this.#takesWord('NOT')) {
      this.#needsOperand('NOT')
      return { kind: 'not', node: this.#deeper(() => this.#negatable()) }
    }
    if (this.#next === '!' && !/^!(?:$|[\s)])/.test(this.#text.slice(this.#at, this.#at + 2))) {
      this.#at++
      return { kind: 'not', node: this.#deeper(() => this.#negatable()) }
    }
    return this.#one()
  }

  #deeper(read: () => SearchNode): SearchNode {
    if (++this.#depth > this.#limits.maxDepth) {
      this.#fail(`it is nested deeper than ${this.#limits.maxDepth}`)
    }
    const node = read()
    this.#depth--
    return node
  }

  #one(): SearchNode {
    if (this.#sees('(')) {
      const opening = this.#at++
      this.#groups++
      const node = this.#deeper(() => this.#either())
      this.#groups--
      if (!this.#sees(')')) this.#fail("this '(' is not closed", opening)
      this.#at++
      return node
    }
    if (++this.#terms > this.#limits.maxTerms) {
      this.#fail(`it has more than ${this.#limits.maxTerms} terms`)
    }
    return this.#term() ?? this.#words()
  }
  #groups = 0

  #term(): SearchNode | undefined {
    const from = this.#at
    const key = this.#key()
    if (key === undefined) {
      this.#at = from
      return undefined
    }
    const behind = this.#next
    // A title that somebody pasted ("TypeError: x is …"), or an address: words as any others.
    const isValue = behind !== undefined && !/[\s)]/.test(behind)
    if (!isValue && isKnownKey(key.name)) this.#fail(`expected a value after '${key.name}:'`)
    if (!key.tag && (!isValue || this.#text.startsWith('//', this.#at))) {
      this.#at = from
      return undefined
    }
    const { negated, operator } = this.#operator()
    const values = this.#next === '[' && operator === '=' ? this.#list() : [this.#value()]
    const { name, tag } = key
    const term: SearchTerm = { kind: 'term', key: name, tag, operator, values, from, to: this.#at }
    return negated ? { kind: 'not', node: term } : term
  }

  /** A name and its colon; undefined where there is none. */
  #key(): { name: string; tag: boolean } | undefined {
    keyPattern.lastIndex = this.#at
    const match = keyPattern.exec(this.#text)
    if (!match) return undefined
    this.#at = keyPattern.lastIndex
    const [, tag, quoted, name] = match
    if (tag !== undefined) return { name: tag, tag: true }
    return { name: quoted ?? name!, tag: false }
  }

  #operator(): { negated: boolean; operator: SearchTerm['operator'] } {
    const match = /^(?:!=|>=|<=|>|<|=)/.exec(this.#text.slice(this.#at, this.#at + 2))
    const written = match?.[0] ?? ''
    this.#at += written.length
    if (written === '!=') return { negated: true, operator: '=' }
    return { negated: false, operator: (written || '=') as SearchTerm['operator'] }
  }

  #list(): SearchValue[] {
    const opening = this.#at++
    const values: SearchValue[] = []
    for (;;) {
      this.#skipSpace()
      if (this.#next === undefined) this.#fail("this '[' is not closed", opening)
      values.push(this.#value(listEnd))
      if (values.length > this.#limits.maxTerms) {
        this.#fail(`a list has more than ${this.#limits.maxTerms} values`, opening)
      }
      this.#skipSpace()
      const next = this.#next
      if (next === undefined) this.#fail("this '[' is not closed", opening)
      if (next !== ',' && next !== ']') this.#fail("expected ',' or ']'")
      this.#at++
      if (next === ']') return values
    }
  }

  #value(ends = wordEnd): SearchValue {
    const from = this.#at
    const written = this.#next === '"' ? this.#quoted() : this.#word(ends)
    if (written === '' && this.#text[from] !== '"') this.#fail('expected a value', from)
    const pieces = piecesOf(written)
    if (pieces.length > maxStars + 1) this.#fail(`a value has more than ${maxStars} stars`, from)
    return { pieces, from }
  }

  #words(): SearchNode {
    const from = this.#at
    const phrase = this.#next === '"'
    const written = phrase ? this.#quoted() : withoutStars(this.#word(wordEnd))
    // `*` alone: anything.
    if (written === '' && !phrase) return { kind: 'and', nodes: [] }
    const text = written.replaceAll(/\\([\\"*])/g, '$1')
    return { kind: 'text', text, phrase: phrase || joinedWords.test(text), from }
  }

  /** What stands between quotes, with its escapes. */
  #quoted(): string {
    const opening = this.#at
    for (let at = opening + 1; at < this.#text.length; at++) {
      if (this.#text[at] === '\\') at++
      else if (this.#text[at] === '"') {
        this.#at = at + 1
        return this.#text.slice(opening + 1, at)
      }
    }
    return this.#fail('this quote is not closed', opening)
  }

  /** Up to one of `ends`; a `)` belongs to it when its `(` does, or when no group is open. */
  #word(ends: RegExp): string {
    const from = this.#at
    let open = 0
    for (; this.#next !== undefined && !ends.test(this.#next); this.#at++) {
      if (this.#next === '\\') this.#at++
      else if (this.#next === '(') open++
      else if (this.#next === ')' && --open < 0 && this.#groups > 0) break
    }
    this.#at = Math.min(this.#at, this.#text.length)
    return this.#text.slice(from, this.#at)
  }

  get #next(): string | undefined {
    return this.#text[this.#at]
  }

  #sees(character: string): boolean {
    return this.#text[this.#at] === character
  }

  #ends(): boolean {
    return this.#next === undefined || this.#next === ')'
  }

  #skipSpace() {
    while (this.#next !== undefined && space.test(this.#next)) this.#at++
  }

  #seesWord(word: string): boolean {
    const behind = this.#text[this.#at + word.length]
    return this.#text.startsWith(word, this.#at) && (behind === undefined || /[\s()]/.test(behind))
  }

  #takesWord(word: string): boolean {
    this.#skipSpace()
    if (!this.#seesWord(word)) return false
    this.#at += word.length
    return true
  }

  #fail(problem: string, at = this.#at): never {
    throw new SearchSyntaxError(this.#text, at, problem)
  }
}

const keyPattern =
  /(?:tags\[([^\]\s"]{1,200})\]|"([^"\\]{1,200})"|([A-Za-z0-9_][\w.\-/@]{0,199})):/y
/** Of its words alone `10.0.0.1` is every event with a ten, a zero and a one. */
const joinedWords = /^[\p{L}\p{N}_]+(?:[.:@+-]+[\p{L}\p{N}_]+)+$/u
/** Words are found anywhere anyway. */
const withoutStars = (text: string) => text.replace(/^\*+/, '').replace(/(?<![*\\])\*+$/, '')
const space = /\s/
const wordEnd = /\s/
const listEnd = /[,\]]/

/** Splits at the stars; `\*` is a star that means itself. */
function piecesOf(written: string): string[] {
  const pieces = ['']
  for (let at = 0; at < written.length; at++) {
    const character = written[at]!
    const escaped = written[at + 1]
    if (character === '\\' && escaped !== undefined && /[\\"*]/.test(escaped)) {
      pieces[pieces.length - 1] += escaped
      at++
    } else if (character === '*') pieces.push('')
    else pieces[pieces.length - 1] += character
  }
  // `a**b` says no more than `a*b`.
  return pieces.filter((piece, index) => piece !== '' || index === 0 || index === pieces.length - 1)
}
