import { SearchError } from '../../search.ts'
import type { Query } from '../query.ts'
import { escapeWildcard } from '../wildcard.ts'

export interface SimpleReading {
  readonly fields: readonly string[]
  readonly operator: 'or' | 'and'
  /** Undefined: when fields are patterns. */
  readonly lenient: boolean | undefined
  readonly analyzeWildcard: boolean
  /** Which operators there are: `ALL`, `NONE`, `OR|AND|PREFIX`. */
  readonly flags: string
  readonly minimumShouldMatch: string | undefined
  readonly place: string
}

/**
 * Elasticsearch's simple_query_string: `+` and, `|` or, `-` not, `"phrase"~2`, `pre*`, `( )`. Whatever the
 * text is, it asks something: what has no meaning is left out.
 *
 * @throws SearchError on `word~1`, as there is no fuzzy search, and on groups that are too deep
 * @see org.apache.lucene.queryparser.simple.SimpleQueryParser
 */
export function queryOfSimpleText(text: string, reading: SimpleReading): Query {
  if (text.trim() === '*') return { kind: 'all' }
  const query = new Simple(text, reading).whole()
  const { minimumShouldMatch } = reading
  if (minimumShouldMatch === undefined || !query) return query ?? { kind: 'none' }
  if (query.kind === 'bool' && query.should.length > 0) return { ...query, minimumShouldMatch }
  return query.kind === 'match' ? { ...query, minimumShouldMatch } : query
}

const simpleFlags = new Set([
  ...'ALL NONE AND NOT OR PREFIX PHRASE PRECEDENCE ESCAPE WHITESPACE FUZZY NEAR SLOP'.split(' '),
  '',
])
const maxGroups = 100
const space = /[ \t\n\r]/

/** One group: its tree so far, and what stands before the next thing in it. */
interface State {
  top: Query | undefined
  /** Those that `top` joins, when it joins some: more are put in here. */
  joined: Query[]
  previous: 'or' | 'and' | undefined
  operator: 'or' | 'and' | undefined
  negations: number
}

const begun = (): State => ({
  top: undefined,
  joined: [],
  previous: undefined,
  operator: undefined,
  negations: 0,
})

class Simple {
  readonly #text: string
  readonly #reading: SimpleReading
  readonly #has: (flag: string) => boolean
  /** Where the groups that are closed begin, and where they end. */
  readonly #ends: ReadonlyMap<number, number>
  #at = 0

  constructor(text: string, reading: SimpleReading) {
    this.#text = text
    this.#reading = reading
    const flags = new Set(
      reading.flags
        .toUpperCase()
        .split('|')
        .map((each) => each.trim()),
    )
    const unknown = [...flags].find((each) => !simpleFlags.has(each))
    if (unknown !== undefined) {
      const reason = `Unknown simple_query_string flag [${unknown.slice(0, 50)}]`
      throw new SearchError(400, 'illegal_argument_exception', reason)
    }
    this.#has = (flag) => flags.has('ALL') || flags.has(flag)
    this.#ends = this.#groups()
  }

  whole(): Query | undefined {
    return this.#until(this.#text.length, 0)
  }

  #groups(): ReadonlyMap<number, number> {
    const ends = new Map<number, number>()
    const open: number[] = []
    for (let at = 0; at < this.#text.length; at++) {
      const character = this.#text[at]
      if (character === '\\' && this.#has('ESCAPE')) at++
      else if (character === '(') open.push(at)
      else if (character === ')' && open.length > 0) ends.set(open.pop()!, at)
    }
    return ends
  }

  #until(end: number, depth: number): Query | undefined {
    if (depth > maxGroups)
      throw new SearchError(
        400,
        'illegal_argument_exception',
        `[simple_query_string] groups are nested deeper than ${maxGroups} at [${this.#reading.place}]`,
      )
    const state = begun()
    while (this.#at < end) this.#step(state, end, depth)
    return state.top
  }

  #step(state: State, end: number, depth: number) {
    const character = this.#text[this.#at]!
    if (character === '(' && this.#has('PRECEDENCE')) {
      const close = this.#ends.get(this.#at++)
      if (close === undefined) return
      if (close === this.#at) state.operator = undefined
      else this.#add(state, this.#until(close, depth + 1))
      this.#at = close + 1
    } else if (character === ')' && this.#has('PRECEDENCE')) this.#at++
    else if (character === '"' && this.#has('PHRASE')) this.#phrase(state, end)
    else if (character === '+' && this.#has('AND')) this.#operator(state, 'and')
    else if (character === '|' && this.#has('OR')) this.#operator(state, 'or')
    else if (character === '-' && this.#has('NOT')) {
      state.negations++
      this.#at++
    } else if (space.test(character)) {
      state.negations = 0
      this.#at++
    } else this.#word(state, end)
  }

  #operator(state: State, operator: 'or' | 'and') {
    if (state.operator === undefined && state.top !== undefined) state.operator = operator
    this.#at++
  }

  /** One operator after the other, from the left: `a | b + c` is `(a | b) + c`. */
  #add(state: State, branch: Query | undefined) {
    if (!branch) return
    const query = state.negations % 2 === 1 ? bool({ mustNot: [branch] }) : branch
    state.negations = 0
    const operator = state.operator ?? this.#reading.operator
    state.operator = undefined
    if (!state.top) {
      state.top = query
      return
    }
    if (state.previous === operator) {
      state.joined.push(query)
      return
    }
    state.joined = [state.top, query]
    state.top = bool({ [operator === 'and' ? 'must' : 'should']: state.joined })
    state.previous = operator
  }

  #phrase(state: State, end: number) {
    let text = ''
    let at = this.#at + 1
    for (; at < end && this.#text[at] !== '"'; at++) {
      if (this.#text[at] === '\\' && this.#has('ESCAPE') && at + 1 < end) at++
      text += this.#text[at]
    }
    if (at >= end) {
      this.#at++
      return
    }
    this.#at = at + 1
    const slop = this.#has('NEAR') || this.#has('SLOP') ? this.#number() : undefined
    if (text !== '') this.#add(state, this.#textQuery('phrase', text, slop ?? 0))
  }

  /** Of `~2`; what is none stays. */
  #number(): number | undefined {
    const pattern = /~(\d*)(?=[ \t\n\r()"|+]|$)/y
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) return undefined
    this.#at = pattern.lastIndex
    return Math.min(Number(match[1]), 2 ** 31 - 1)
  }

  #word(state: State, end: number) {
    const from = this.#at
    let text = ''
    let isPrefix = false
    for (; this.#at < end && !this.#endsWord(this.#text[this.#at]!); this.#at++) {
      if (this.#text[this.#at] === '~' && this.#has('FUZZY') && text !== '') {
        const edits = this.#number()
        if (edits !== undefined && edits > 0) throw this.#fuzzy(from)
        if (edits !== undefined) break
      }
      const isEscape = this.#text[this.#at] === '\\' && this.#has('ESCAPE')
      if (isEscape && this.#at + 1 < end) this.#at++
      text += this.#text[this.#at]
      isPrefix = !isEscape && this.#text[this.#at] === '*'
    }
    if (isPrefix && this.#has('PREFIX')) this.#add(state, this.#prefix(text.slice(0, -1)))
    else this.#add(state, this.#textQuery('match', text, 0))
  }

  #endsWord(character: string): boolean {
    if (space.test(character)) return this.#has('WHITESPACE')
    if (character === '"') return this.#has('PHRASE')
    if (character === '|') return this.#has('OR')
    if (character === '+') return this.#has('AND')
    return (character === '(' || character === ')') && this.#has('PRECEDENCE')
  }

  #prefix(text: string): Query {
    const { fields, analyzeWildcard, operator } = this.#reading
    if (text === '') return { kind: 'all' }
    const queries = fields.map((field): Query => ({
      kind: 'wildcard',
      normalized: true,
      field,
      pattern: `${escapeWildcard(text)}*`,
      caseInsensitive: false,
      ...(analyzeWildcard && { analyzed: operator }),
      ...(this.#lenient && { lenient: true }),
      at: this.#reading.place,
    }))
    return queries.length === 1 ? queries[0]! : bool({ should: queries })
  }

  #textQuery(kind: 'match' | 'phrase', text: string, slop: number): Query {
    const { fields, operator, place } = this.#reading
    return {
      kind,
      fields,
      text,
      operator,
      slop,
      zeroTermsAll: false,
      lenient: this.#lenient,
      at: place,
    }
  }

  get #lenient(): boolean {
    return this.#reading.lenient ?? this.#reading.fields.some((field) => field.includes('*'))
  }

  #fuzzy(from: number): SearchError {
    const { place } = this.#reading
    return new SearchError(
      400,
      'parsing_exception',
      `[simple_query_string] fuzzy search (word~1) is not supported at [${place}, column ${from + 1}]`,
    )
  }
}

const bool = (parts: object): Query => ({
  kind: 'bool',
  must: [],
  filter: [],
  should: [],
  mustNot: [],
  ...parts,
})
