import { SearchError } from '../../search.ts'
import { tokensOf } from '../analysis.ts'
import { checkRegexp } from '../lucene_regexp.ts'
import type { BoolQuery, Query, TextQuery } from '../query.ts'
import { escapeWildcard } from '../wildcard.ts'
import { literalOf, type Mistake, type Mode } from './tokens.ts'
import type { Clause, Group, Leaf, Node } from './tree.ts'

/** How a text is understood, beyond its syntax. */
export interface Reading {
  readonly mode: Mode
  /** Where words without a field are looked for: names, patterns, `*` for all. */
  readonly fields: readonly string[]
  readonly operator: 'or' | 'and'
  readonly lenient: boolean
  readonly analyzeWildcard: boolean
  readonly textKind: TextQuery['kind']
  readonly slop: number
  readonly minimumShouldMatch: string | undefined
  readonly timeZone: string | undefined
  readonly maxRegexpLength: number
  /** Where the text stands in a body; '' when it stands alone. */
  readonly place: string
}

/** What a tree asks. Mistakes that are not of the syntax go to `mistakes`. */
export function meaningOf(tree: Group, reading: Reading, mistakes: Mistake[]): Query {
  return new Meaning(reading, mistakes).whole(tree)
}

class Meaning {
  readonly #reading: Reading
  readonly #mistakes: Mistake[]

  constructor(reading: Reading, mistakes: Mistake[]) {
    this.#reading = reading
    this.#mistakes = mistakes
  }

  whole(tree: Group): Query {
    const { mode, minimumShouldMatch } = this.#reading
    if (tree.clauses.length === 0) return { kind: mode === 'weir' ? 'all' : 'none' }
    const query = this.#group(tree, undefined)
    if (minimumShouldMatch === undefined) return query
    // Over several fields words are no clauses, but one text for the best of them: as in Elasticsearch.
    if (query.kind === 'match')
      return isOneField(query.fields) ? { ...query, minimumShouldMatch } : query
    if (query.kind !== 'bool' || query.should.length === 0) return query
    return { ...query, minimumShouldMatch }
  }

  #node(node: Node, field: string | undefined, isOneOfMust: boolean): Query {
    if (node.kind === 'leaf') return this.#leaf(node, node.field ?? field, isOneOfMust)
    return this.#group(node, node.field ?? field)
  }

  #group(group: Group, field: string | undefined): Query {
    const clauses = this.#joined(group.clauses)
    const only = clauses.length === 1 ? clauses[0]! : undefined
    if (only && only.modifier === undefined) return this.#node(only.node, field, false)
    return this.#reading.mode === 'weir'
      ? this.#byPrecedence(clauses, field)
      : this.#asLucene(clauses, field)
  }

  /**
   * Words that follow each other are one text, which the field's analyser takes apart: `k:(a b)` asks a
   * keyword for `a b`, as Elasticsearch does.
   */
  #joined(clauses: readonly Clause[]): readonly Clause[] {
    if (this.#reading.mode === 'weir') return clauses
    const joined: Clause[] = []
    for (let at = 0; at < clauses.length; at++) {
      const end = this.#endOfWords(clauses, at)
      if (
        end - at < 2 ||
        (this.#reading.minimumShouldMatch !== undefined && end - at < clauses.length)
      ) {
        joined.push(clauses[at]!)
        continue
      }
      const nodes = clauses.slice(at, end).map(({ node }) => node as Leaf)
      const text = nodes.map(({ value }) => (value.kind === 'word' ? value.text : '')).join(' ')
      const node: Leaf = { ...nodes[0]!, value: { kind: 'word', text }, to: nodes.at(-1)!.to }
      joined.push({ conjunction: undefined, modifier: undefined, node })
      at = end - 1
    }
    return joined
  }

  /** Behind the last of the plain words from `at` on that are followed by nothing that binds tighter. */
  #endOfWords(clauses: readonly Clause[], at: number): number {
    let end = at
    while (end < clauses.length && isPlainWord(clauses[end]!)) end++
    const behind = clauses[end]
    const binds = behind && (behind.conjunction !== undefined || isStar(behind.node))
    return binds ? end - 1 : end
  }

  /**
   * Lucene's classic way: AND makes both its neighbours required, OR (where AND is the default) makes them
   * optional, and there is no precedence.
   *
   * @see org.apache.lucene.queryparser.classic.QueryParserBase#addClause
   */
  #asLucene(clauses: readonly Clause[], field: string | undefined): Query {
    type Occur = 'must' | 'should' | 'not'
    const isOr = this.#reading.operator === 'or'
    const occurs: Occur[] = []
    for (const [at, { conjunction, modifier }] of clauses.entries()) {
      const before = occurs[at - 1]
      if (before !== undefined && before !== 'not') {
        if (conjunction === 'and') occurs[at - 1] = 'must'
        else if (!isOr && conjunction === 'or') occurs[at - 1] = 'should'
      }
      const isRequired = isOr ? modifier === 'must' || conjunction === 'and' : conjunction !== 'or'
      occurs.push(modifier === 'not' ? 'not' : isRequired ? 'must' : 'should')
    }
    const having = (occur: Occur) =>
      clauses
        .filter((_, at) => occurs[at] === occur)
        .map(({ node }) => this.#node(node, field, occur === 'must' && clauses.length > 1))
    return bool({ must: having('must'), should: having('should'), mustNot: having('not') })
  }

  /** NOT before AND before OR; what stands side by side is as the default operator says. */
  #byPrecedence(clauses: readonly Clause[], field: string | undefined): Query {
    const alternatives: Clause[][] = [[]]
    for (const [at, clause] of clauses.entries()) {
      const conjunction = clause.conjunction ?? this.#reading.operator
      if (at > 0 && conjunction === 'or') alternatives.push([])
      alternatives.at(-1)!.push(clause)
    }
    const required = clauses.find(({ modifier, node }) => modifier === 'must' && node)
    if (alternatives.length > 1 && required)
      this.#mistake(required.node, '+ cannot stand beside OR')
    const queries = alternatives.map((all) => this.#all(all, field))
    return queries.length === 1 ? queries[0]! : bool({ should: queries })
  }

  #all(clauses: readonly Clause[], field: string | undefined): Query {
    if (clauses.length === 1 && clauses[0]!.modifier !== 'not')
      return this.#node(clauses[0]!.node, field, false)
    const pick = (isNot: boolean) =>
      clauses
        .filter(({ modifier }) => (modifier === 'not') === isNot)
        .map(({ node }) => this.#node(node, field, !isNot && clauses.length > 1))
    return bool({ must: pick(false), mustNot: pick(true) })
  }

  #leaf(leaf: Leaf, field: string | undefined, isOneOfMust: boolean): Query {
    const name = field === undefined ? undefined : literalOf(field)
    const { value } = leaf
    if (name === '_exists_') return this.#exists(leaf)
    if (value.kind === 'word' && value.text === '*') {
      if (name === '*') return { kind: 'all' }
      const fields = name === undefined ? this.#reading.fields : [name]
      if (fields.includes('*')) return { kind: 'all' }
      return anyOf(fields.map((each) => ({ kind: 'exists', field: each, at: this.#at(leaf) })))
    }
    const fields = name === undefined ? this.#reading.fields : [name]
    switch (value.kind) {
      case 'word':
        return this.#word(leaf, value.text, fields, isOneOfMust)
      case 'quoted':
        return this.#text(leaf, value.text, fields, 'phrase', value.slop, isOneOfMust)
      case 'regexp':
        return this.#regexp(leaf, value.pattern, fields)
      case 'comparison':
        return this.#compared(leaf, value.operator, value.text, fields)
      case 'range': {
        const { lower, upper, includeLower, includeUpper } = value
        return this.#range(leaf, fields, {
          ...(lower !== undefined && { [includeLower ? 'gte' : 'gt']: lower }),
          ...(upper !== undefined && { [includeUpper ? 'lte' : 'lt']: upper }),
        })
      }
    }
  }

  #word(leaf: Leaf, text: string, fields: readonly string[], isOneOfMust: boolean): Query {
    const comparison = this.#reading.mode === 'lucene' && /^([<>]=?)([^])/.exec(text)
    if (comparison) {
      const bound = literalOf(text.slice(comparison[1]!.length))
      return this.#compared(leaf, comparison[1] as Operator, bound, fields)
    }
    if (isWild(text)) return this.#wildcard(leaf, text, fields)
    return this.#text(leaf, literalOf(text), fields, this.#reading.textKind, undefined, isOneOfMust)
  }

  #wildcard(leaf: Leaf, text: string, fields: readonly string[]): Query {
    // In a wildcard query only these three need an escape.
    const pattern = text.replaceAll(/\\(?:u[0-9a-fA-F]{4}|[^])/g, (each) =>
      escapeWildcard(literalOf(each)),
    )
    const { analyzeWildcard, operator, lenient } = this.#reading
    const isAnalyzed = analyzeWildcard && /^(?:[^*?\\]|\\[^])+\*$/.test(pattern)
    return anyOf(
      fields.map((field) => ({
        kind: 'wildcard',
        field,
        pattern,
        caseInsensitive: false,
        normalized: true,
        ...(isAnalyzed && { analyzed: operator }),
        ...(lenient && { lenient }),
        at: this.#at(leaf),
      })),
    )
  }

  #text(
    leaf: Leaf,
    text: string,
    fields: readonly string[],
    kind: TextQuery['kind'],
    slop: number | undefined,
    isOneOfMust: boolean,
  ): Query {
    return {
      kind,
      fields,
      text,
      operator: kind === 'match' ? this.#reading.operator : 'or',
      slop: slop ?? this.#reading.slop,
      // Lucene leaves out a clause of which no token is left; among required ones that is one that fits.
      zeroTermsAll: isOneOfMust && tokensOf(text).length === 0,
      lenient: this.#reading.lenient,
      at: this.#at(leaf),
    }
  }

  #regexp(leaf: Leaf, pattern: string, fields: readonly string[]): Query {
    const { maxRegexpLength, lenient } = this.#reading
    try {
      checkRegexp(pattern, maxRegexpLength)
    } catch (failure) {
      if (!(failure instanceof SearchError)) throw failure
      this.#mistake({ from: leaf.valueFrom, to: leaf.to }, failure.message)
    }
    return anyOf(
      fields.map((field) => ({
        kind: 'regexp',
        field,
        pattern,
        caseInsensitive: false,
        ...(lenient && { lenient }),
        at: this.#at(leaf),
      })),
    )
  }

  #compared(leaf: Leaf, operator: Operator, text: string, fields: readonly string[]): Query {
    return this.#range(leaf, fields, { [bounds[operator]]: text })
  }

  #range(leaf: Leaf, fields: readonly string[], limits: Readonly<Record<string, string>>): Query {
    const { mode, timeZone } = this.#reading
    // People are told of a bound that is none.
    const lenient = mode === 'lucene' && this.#reading.lenient
    const at = this.#at(leaf)
    if (Object.keys(limits).length === 0)
      return anyOf(fields.map((field) => ({ kind: 'exists', field, at })))
    return anyOf(
      fields.map((field) => ({
        kind: 'range',
        field,
        ...limits,
        ...(timeZone !== undefined && { timeZone }),
        ...(lenient && { lenient }),
        at,
      })),
    )
  }

  #exists(leaf: Leaf): Query {
    const { value } = leaf
    if (value.kind === 'word' || value.kind === 'quoted') {
      const field = value.kind === 'word' ? literalOf(value.text) : value.text
      // No document has it, and a body must name a field.
      if (field === '') return { kind: 'none' }
      return { kind: 'exists', field, at: this.#at(leaf) }
    }
    this.#mistake(leaf, 'expected the name of a field after _exists_:')
    return { kind: 'none' }
  }

  #at(leaf: Leaf): string {
    const { place } = this.#reading
    return `${place === '' ? '' : `${place}, `}column ${leaf.from + 1}`
  }

  #mistake({ from, to }: Pick<Node, 'from' | 'to'>, message: string) {
    this.#mistakes.push({ from, to, message })
  }
}

type Operator = keyof typeof bounds
const bounds = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const

const isOneField = (fields: readonly string[]): boolean =>
  fields.length === 1 && !fields[0]!.includes('*')

const isWild = (text: string): boolean => /^(?:[^*?\\]|\\[^])*[*?]/.test(text)
const isStar = (node: Node): boolean =>
  node.kind === 'leaf' &&
  node.field === undefined &&
  node.value.kind === 'word' &&
  node.value.text === '*'

function isPlainWord({ conjunction, modifier, node }: Clause): boolean {
  if (conjunction !== undefined || modifier !== undefined || node.kind !== 'leaf') return false
  const { field, value, boosted } = node
  if (field !== undefined || boosted || value.kind !== 'word') return false
  return !isWild(value.text) && !/^(?:\\[-+!]$|[<>])/.test(value.text)
}

const bool = (parts: Partial<Pick<BoolQuery, 'must' | 'should' | 'mustNot'>>): Query => ({
  kind: 'bool',
  must: [],
  filter: [],
  should: [],
  mustNot: [],
  ...parts,
})

const anyOf = (queries: readonly Query[]): Query =>
  queries.length === 1 ? queries[0]! : bool({ should: queries })
