import { literalOf, tokenize, type Mistake, type Mode, type Token } from './tokens.ts'
import type { Clause, Group, Leaf, Node, Value } from './tree.ts'

export interface Parsed {
  /** What could be understood, all of the text when there are no mistakes. */
  readonly tree: Group
  /** In the order of the text. */
  readonly mistakes: readonly Mistake[]
  readonly tokens: readonly Token[]
}

/** Reads a whole text, whatever it is; it goes on after a mistake, so that an editor can show all of them. */
export function parseText(text: string, mode: Mode, maxDepth: number): Parsed {
  const { tokens, mistakes } = tokenize(text, mode)
  const parser = new Parser(tokens, mode, maxDepth)
  const tree = parser.whole(text.length)
  const all = [...mistakes, ...parser.mistakes].toSorted((a, b) => a.from - b.from)
  return { tree, mistakes: all, tokens }
}

class Parser {
  readonly mistakes: Mistake[] = []
  readonly #tokens: readonly Token[]
  readonly #mode: Mode
  readonly #maxDepth: number
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], mode: Mode, maxDepth: number) {
    this.#tokens = tokens
    this.#mode = mode
    this.#maxDepth = maxDepth
  }

  whole(length: number): Group {
    const clauses = this.#clauses()
    // Only what closes nothing can be left.
    for (; this.#next.kind !== 'end'; clauses.push(...this.#clauses())) {
      this.#mistake(`')' closes no group`)
      this.#at++
    }
    return { kind: 'group', field: undefined, clauses, from: 0, to: length }
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  #mistake(message: string, token: Token = this.#next) {
    this.mistakes.push({ from: token.from, to: token.to, message })
  }

  /** Up to the end or a `)`. */
  #clauses(): Clause[] {
    const clauses: Clause[] = []
    while (this.#next.kind !== 'end' && this.#next.kind !== 'close') {
      const conjunction = this.#conjunction(clauses.length === 0)
      const modifier = this.#modifier()
      const node = this.#node()
      if (node) clauses.push({ conjunction, modifier, node })
    }
    return clauses
  }

  #conjunction(isFirst: boolean): 'and' | 'or' | undefined {
    const { kind } = this.#next
    if (kind !== 'and' && kind !== 'or') return undefined
    if (isFirst) this.#mistake(`expected a value before ${kind.toUpperCase()}`)
    this.#at++
    return kind
  }

  #modifier(): Clause['modifier'] {
    let modifier: Clause['modifier']
    for (let times = 0; ; times++) {
      const { kind } = this.#next
      if (kind !== 'plus' && kind !== 'minus' && kind !== 'not') return modifier
      if (times > 0 && this.#mode === 'lucene') this.#mistake('expected a value after + - ! or NOT')
      modifier = kind === 'plus' ? (modifier ?? 'must') : modifier === 'not' ? 'must' : 'not'
      this.#at++
    }
  }

  #node(): Node | undefined {
    const token = this.#next
    const field = this.#field()
    const next = this.#next
    if (next.kind === 'open') return this.#group(field, token.from)
    const value = this.#value(field)
    if (!value) return undefined
    const boosted = this.#boost()
    const { to } = this.#tokens[this.#at - 1]!
    const { from } = token
    return { kind: 'leaf', field, value, boosted, from, valueFrom: next.from, to } satisfies Leaf
  }

  /** `name:`, or for people `name` before a comparison. */
  #field(): string | undefined {
    const token = this.#next
    const behind = this.#tokens[this.#at + 1]
    if (token.kind !== 'word' || !behind) return undefined
    if (behind.kind === 'comparison') {
      this.#at++
      return token.text
    }
    if (behind.kind !== 'colon') return undefined
    if (this.#mode === 'lucene' && /[*?]/.test(unescaped(token.text)) && token.text !== '*')
      this.#mistake('a * in the name of a field has to be escaped: \\*', token)
    this.#at += 2
    return token.text
  }

  #group(field: string | undefined, from: number): Group | undefined {
    const opening = this.#next
    if (this.#depth >= this.#maxDepth) {
      this.#mistake(`groups are nested deeper than ${this.#maxDepth}`)
      // Nothing sensible can follow; one mistake says it all.
      this.#at = this.#tokens.length - 1
      return undefined
    }
    this.#at++
    this.#depth++
    const clauses = this.#clauses()
    this.#depth--
    if (this.#next.kind !== 'close')
      this.#mistake(`expected ')' for the group that opens at column ${opening.from + 1}`)
    else if (clauses.length === 0) this.#mistake('expected a value between ( and )')
    const { to } = this.#next
    if (this.#next.kind === 'close') this.#at++
    this.#boost()
    return { kind: 'group', field, clauses, from, to }
  }

  #boost(): boolean {
    if (this.#next.kind !== 'boost') return false
    this.#at++
    return true
  }

  #value(field: string | undefined): Value | undefined {
    const token = this.#next
    switch (token.kind) {
      case 'word':
        this.#at++
        this.#refuseFuzzy(token.text)
        return { kind: 'word', text: token.text }
      case 'quoted':
        this.#at++
        return { kind: 'quoted', text: literalOf(token.text), slop: this.#slop() }
      case 'regexp':
        this.#at++
        return { kind: 'regexp', pattern: token.text }
      case 'range': {
        this.#at++
        const { lower, upper, includeLower, includeUpper } = token
        return { kind: 'range', lower, upper, includeLower, includeUpper }
      }
      case 'comparison':
        this.#at++
        return this.#compared(token.operator, field)
      default:
        this.#unexpected(token, field)
        return undefined
    }
  }

  #compared(operator: Extract<Value, { kind: 'comparison' }>['operator'], field?: string) {
    const token = this.#next
    if (field === undefined)
      this.#mistake(`expected a field before '${operator}'`, this.#tokens[this.#at - 1]!)
    if (token.kind !== 'word' && token.kind !== 'quoted') {
      this.#mistake(`expected a value after '${operator}'`)
      return undefined
    }
    this.#at++
    return { kind: 'comparison', operator, text: literalOf(token.text) } as const
  }

  #slop(): number | undefined {
    const token = this.#next
    if (token.kind !== 'tilde') return undefined
    this.#at++
    return token.text === '' ? undefined : Math.min(Math.trunc(Number(token.text)), 2 ** 31 - 1)
  }

  #refuseFuzzy(word: string) {
    if (this.#next.kind !== 'tilde') return
    const tilde = this.#next
    this.#mistake(`fuzzy search (${word.slice(0, 50)}~) is not supported`, tilde)
    this.#at++
  }

  /** Says what stands where a value should; takes it when that is needed to get on. */
  #unexpected(token: Token, field: string | undefined) {
    const where = field === undefined ? '' : ` after '${field.slice(0, 50)}:'`
    const found = token.kind === 'end' ? 'the end' : `'${shown[token.kind] ?? token.kind}'`
    this.#mistake(`expected a value${where}, found ${found}`)
    if (token.kind === 'colon' || token.kind === 'boost' || token.kind === 'tilde') this.#at++
  }
}

const shown: Readonly<Record<string, string>> = {
  and: 'AND',
  or: 'OR',
  not: 'NOT',
  plus: '+',
  minus: '-',
  close: ')',
  colon: ':',
  boost: '^',
  tilde: '~',
}

/** What of a word is not escaped. */
const unescaped = (text: string): string => text.replaceAll(/\\[^]/g, '')
