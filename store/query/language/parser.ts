import { SearchError, type JsonRecord } from '../../search.ts'
import { checkClauses } from '../clauses.ts'
import { defaultQueryLimits, type QueryLimits } from '../limits.ts'
import type { Query, TextQuery } from '../query.ts'
import { meaningOf } from './meaning.ts'
import { parseText, type Parsed } from './syntax.ts'
import type { Mistake, Mode } from './tokens.ts'

export interface TextOptions {
  /** Default `weir`: the language of the command line and the pages. `lucene` is query_string's. */
  readonly mode?: Mode
  /** Where words without a field are looked for. Default all: `['*']`. */
  readonly defaultFields?: readonly string[]
  /** Between what stands side by side. Default AND in `weir`, OR in `lucene`. */
  readonly defaultOperator?: 'or' | 'and'
  /** Fields that cannot hold a value do not fit instead of being an error. Default: when fields are patterns. */
  readonly lenient?: boolean
  /** `foo-b*` on a text field is the word foo and words that begin with b. Default false. */
  readonly analyzeWildcard?: boolean
  /** How words are looked for. Default `match`. */
  readonly textKind?: TextQuery['kind']
  /** Of phrases without one. Default 0. */
  readonly slop?: number
  readonly minimumShouldMatch?: string
  /** Of dates without one. */
  readonly timeZone?: string
  readonly limits?: QueryLimits
  /** Where the text stands in a body, for errors. */
  readonly place?: string
}

/** Groups are cheap to read; deeper than this nobody writes. */
const maxGroups = 100

/**
 * A query text that cannot be understood. `mistakes` are all of them; the message names the first with its
 * column, and what was expected there.
 */
export class QuerySyntaxError extends SearchError {
  readonly mistakes: readonly Mistake[]
  /** Of the first mistake, both from 1. */
  readonly line: number
  readonly column: number

  constructor(text: string, mistakes: readonly Mistake[]) {
    const { line, column } = positionOf(text, mistakes[0]!.from)
    const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text
    const where = line === 1 ? `column ${column}` : `line ${line}, column ${column}`
    const details: JsonRecord = {
      line,
      col: column,
      caused_by: { type: 'parse_exception', reason: `${where}: ${mistakes[0]!.message}` },
    }
    const reason = `Failed to parse query [${shown}]: ${where}: ${mistakes[0]!.message}`
    super(400, 'query_shard_exception', reason, details)
    this.name = 'QuerySyntaxError'
    this.mistakes = mistakes
    this.line = line
    this.column = column
  }
}

/** @returns line and column of an offset, both from 1 */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/**
 * What a query text asks, such as `level:(error OR warn) AND bytes>=1000 "a phrase"`. See docs/QUERY.md.
 *
 * @throws QuerySyntaxError when it cannot be understood
 * @throws SearchError when it exceeds a limit
 */
export function queryOfText(text: string, options: TextOptions = {}): Query {
  const { query, mistakes } = understand(text, options)
  if (mistakes.length > 0) throw new QuerySyntaxError(text, mistakes)
  return checkClauses(query, options.limits ?? defaultQueryLimits)
}

/** For editors: whatever the text is, what of it could be understood, and every mistake with its place. */
export function understand(
  text: string,
  options: TextOptions = {},
): { query: Query; mistakes: readonly Mistake[]; tree: Parsed['tree'] } {
  const limits = options.limits ?? defaultQueryLimits
  if (text.length > limits.maxTextLength) throw tooLong(text.length, limits.maxTextLength)
  const mode = options.mode ?? 'weir'
  const fields = options.defaultFields ?? ['*']
  const parsed = parseText(text, mode, maxGroups)
  const mistakes = [...parsed.mistakes]
  const query = meaningOf(
    parsed.tree,
    {
      mode,
      fields: fields.map(withoutBoost),
      operator: options.defaultOperator ?? (mode === 'weir' ? 'and' : 'or'),
      lenient: options.lenient ?? fields.some((field) => field.includes('*')),
      analyzeWildcard: options.analyzeWildcard ?? false,
      textKind: options.textKind ?? 'match',
      slop: options.slop ?? 0,
      minimumShouldMatch: options.minimumShouldMatch,
      timeZone: options.timeZone,
      maxRegexpLength: limits.maxRegexpLength,
      place: options.place ?? '',
    },
    mistakes,
  )
  return { query, mistakes: mistakes.toSorted((a, b) => a.from - b.from), tree: parsed.tree }
}

/** `title^3` is the field title: there are no scores that a boost could change. */
export const withoutBoost = (field: string): string => field.replace(/\^[0-9.]*$/, '')

const tooLong = (length: number, allowed: number) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `Query string length exceeds max allowed length ${allowed} (search.query.max_query_string_length, store.limits.max_query_length); actual length: ${length}`,
  )
