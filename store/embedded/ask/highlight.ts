import { textOfScalar } from '../../../core/exact_json.ts'
import { tokensOf } from '../../query/analysis.ts'
import { re2OfLucene } from '../../query/lucene_regexp.ts'
import type { Query } from '../../query/query.ts'
import { wildcardParts } from '../../query/wildcard.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'
import type { Asked } from './asked.ts'
import {
  brief,
  flag,
  illegal,
  isRecord,
  malformed,
  onlyKeys,
  texts,
  wholeNumber,
} from './body_options.ts'
import { isAnalysed, namePattern } from './field_table.ts'

/** The `highlight` of a hit; undefined: nothing of the query is in it. */
export type Highlighter = (source: JsonRecord) => JsonRecord | undefined

interface Style {
  readonly before: string
  readonly after: string
  readonly fragmentSize: number
  readonly fragments: number
  readonly requireFieldMatch: boolean
  readonly encoded: (text: string) => string
}

/** What to mark: tokens of texts, or a phrase of them; `whole` compares a value that is not analysed. */
interface Mark {
  readonly field: RegExp
  readonly phrase: readonly ((token: string) => boolean)[]
  readonly whole: (value: string) => boolean
}

const styleKeys =
  'type pre_tags post_tags fragment_size number_of_fragments require_field_match order no_match_size encoder fragmenter boundary_scanner boundary_chars boundary_max_scan boundary_scanner_locale phrase_limit matched_fields fragment_offset force_source max_analyzed_offset tags_schema highlight_query'.split(
    ' ',
  )

/** Words are marked as Elasticsearch's plain highlighter does. @throws SearchError */
export function highlighterOf(
  given: JsonValue | undefined,
  query: Query,
  asked: Asked,
): Highlighter | undefined {
  if (given === undefined || given === null) return undefined
  if (!isRecord(given)) throw malformed('[highlight] must be an object')
  onlyKeys(given, 'highlight', ['fields', ...styleKeys])
  const list = Array.isArray(given.fields) ? given.fields : [given.fields ?? {}]
  const marks = [...marksOf(query)]
  const wanted = list.flatMap((each) => {
    if (!isRecord(each)) throw malformed('[highlight.fields] must be an object')
    return Object.entries(each).flatMap(([pattern, own]) => {
      if (!isRecord(own)) throw malformed(`[highlight.fields.${pattern}] must be an object`)
      onlyKeys(own, `highlight.fields.${pattern}`, styleKeys)
      const style = styleOf({ ...given, ...own })
      const fields = asked.fieldsLike(pattern).filter(({ field, type }) => {
        return type === 'VARCHAR' && field.type !== 'ip' && !field.path.startsWith('_')
      })
      return fields.map(({ field }) => {
        const fits = marks.filter(({ field: asked }) => {
          const isNamed = asked.test(field.path) || asked.test(field.aliasOf ?? field.path)
          return !style.requireFieldMatch || isNamed
        })
        return {
          path: field.path,
          source: field.source,
          text: isAnalysed(field.type),
          style,
          marks: fits,
        }
      })
    })
  })
  return (source) => {
    const found = wanted.flatMap(({ path, source: at, text, style, marks: fits }) => {
      if (fits.length === 0) return []
      const values = textsAt(source, at)
      const fragments = text
        ? values.flatMap((value) => textFragments(value, fits, style))
        : values.flatMap((value) =>
            fits.some(({ whole }) => whole(value))
              ? [style.before + style.encoded(value) + style.after]
              : [],
          )
      const kept = style.fragments === 0 ? fragments : fragments.slice(0, style.fragments)
      return kept.length === 0 ? [] : [[path, kept] as const]
    })
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }
}

function styleOf(options: JsonRecord): Style {
  if (options.highlight_query != null) throw illegal('[highlight_query] is not supported')
  if (Number(options.no_match_size ?? 0) !== 0) throw illegal('[no_match_size] is not supported')
  const { type = 'unified', encoder = 'default' } = options
  if (type !== 'unified' && type !== 'plain')
    throw illegal(`highlighter type [${brief(type)}] is not supported: use [plain]`)
  if (encoder !== 'default' && encoder !== 'html')
    throw illegal(`Unknown encoder [${brief(encoder)}]`)
  const styled = options.tags_schema === 'styled'
  return {
    before: texts(options.pre_tags, 'pre_tags')[0] ?? (styled ? '<em class="hlt1">' : '<em>'),
    after: texts(options.post_tags, 'post_tags')[0] ?? '</em>',
    fragmentSize: wholeNumber(options.fragment_size, 'fragment_size') ?? 100,
    fragments: wholeNumber(options.number_of_fragments, 'number_of_fragments') ?? 5,
    encoded: encoder === 'html' ? asHtml : (text) => text,
    requireFieldMatch: flag(options.require_field_match, 'require_field_match') ?? true,
  }
}

/** What a query looks for, without what it leaves out. */
function* marksOf(query: Query): Generator<Mark> {
  switch (query.kind) {
    case 'bool':
      for (const each of [...query.must, ...query.filter, ...query.should]) yield* marksOf(each)
      break
    case 'term': {
      for (const value of query.values.map(String)) {
        const same = query.caseInsensitive
          ? (text: string) => text.toLowerCase() === value.toLowerCase()
          : (text: string) => text === value
        yield { field: namePattern(query.field), phrase: [same], whole: same }
      }
      break
    }
    case 'prefix':
    case 'wildcard':
    case 'regexp': {
      const fits = patternTest(query)
      yield { field: namePattern(query.field), phrase: [fits], whole: fits }
      break
    }
    case 'match':
    case 'phrase':
    case 'phrase_prefix':
      for (const name of query.fields) {
        const field = namePattern(name)
        const whole = (text: string) => text === query.text
        const tokens = tokensOf(query.text)
        const tests = tokens.map((token, place) => {
          const isOpen = query.kind === 'phrase_prefix' && place === tokens.length - 1
          return (text: string) => (isOpen ? text.startsWith(token) : text === token)
        })
        if (query.kind === 'match' || query.slop > 0)
          for (const test of tests) yield { field, phrase: [test], whole }
        else yield { field, phrase: tests, whole }
      }
  }
}

type Pattern = Extract<Query, { kind: 'prefix' | 'wildcard' | 'regexp' }>

function patternTest({ kind, pattern, caseInsensitive }: Pattern): (text: string) => boolean {
  const plain = (text: string) => (caseInsensitive ? text.toLowerCase() : text)
  if (kind === 'prefix') return (text) => plain(text).startsWith(plain(pattern))
  if (kind === 'wildcard') {
    const parts = wildcardParts(plain(pattern))
    return (text) => fitsWildcard(plain(text), parts)
  }
  try {
    const body = re2OfLucene(pattern).replace(/^\(\?s\)/, '')
    // Bounded by the length of a token.
    const regexp = new RegExp(`^(?:${body})$`, caseInsensitive ? 'isu' : 'su')
    return (text) => text.length <= 255 && regexp.test(text)
  } catch {
    return () => false
  }
}

type Parts = ReturnType<typeof wildcardParts>

/** A character that stands for itself, or what any text or character fits. */
interface Step {
  readonly any?: '*' | '?'
  readonly text: string
}

/** Without going back further than the last `*`: quadratic at most. */
function fitsWildcard(text: string, parts: Parts): boolean {
  const steps = parts.flatMap((part): Step[] => {
    if ('any' in part) return [{ any: part.any, text: '?' }]
    return Array.from(part.text, (character) => ({ text: character }))
  })
  let [at, step, star, mark] = [0, 0, -1, 0]
  while (at < text.length) {
    const each = steps[step]
    if (each?.any === '*') {
      star = step++
      mark = at
    } else if (each && (each.any || text.startsWith(each.text, at))) {
      at += each.text.length
      step++
    } else if (star >= 0) {
      step = star + 1
      at = ++mark
    } else return false
  }
  return steps.slice(step).every((each) => each.any === '*')
}

interface Span {
  readonly start: number
  end: number
}

function textFragments(value: string, marks: readonly Mark[], style: Style): string[] {
  const tokens = placesOf(value)
  const spans: Span[] = []
  for (let first = 0; first < tokens.length; first++) {
    for (const { phrase } of marks) {
      const fits = phrase.every((test, place) => {
        const token = tokens[first + place]
        return token !== undefined && test(token.token)
      })
      if (!fits) continue
      for (let place = 0; place < phrase.length; place++) {
        const { start, end } = tokens[first + place]!
        if (!spans.some((span) => span.start === start)) spans.push({ start, end })
      }
    }
  }
  if (spans.length === 0) return []
  spans.sort((one, other) => one.start - other.start)
  const pieces =
    style.fragments === 0
      ? [{ start: 0, end: value.length }]
      : piecesOf(value, tokens, style.fragmentSize)
  return pieces.flatMap((piece) => {
    const inside = spans.filter(({ start }) => start >= piece.start && start < piece.end)
    return inside.length === 0 ? [] : [marked(value, piece, inside, style)]
  })
}

function marked(value: string, piece: Span, spans: readonly Span[], style: Style): string {
  let text = ''
  let at = piece.start
  for (const { start, end } of spans) {
    text += style.encoded(value.slice(at, start)) + style.before
    text += style.encoded(value.slice(start, end)) + style.after
    at = end
  }
  return text + style.encoded(value.slice(at, Math.max(at, piece.end)))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '/': '&#x2F;',
}
const asHtml = (text: string) => text.replaceAll(/[&<>"'/]/g, (each) => entities[each]!)

interface Token {
  readonly token: string
  readonly start: number
  readonly end: number
}

/** Fragments begin with a token, the first as soon as the ones before it are long enough. */
function piecesOf(value: string, tokens: readonly Token[], size: number): Span[] {
  const pieces: Span[] = [{ start: 0, end: value.length }]
  let full = size
  for (const { start, end } of tokens) {
    if (end < full || start === 0) continue
    pieces.at(-1)!.end = start
    pieces.push({ start, end: value.length })
    full = start + size
  }
  return pieces
}

function placesOf(value: string): Token[] {
  const lower = value.toLowerCase()
  // A lower case of another length (one letter of Turkish has it) would move what is behind it.
  if (lower.length !== value.length) return []
  let at = 0
  return tokensOf(value).map((token) => {
    const start = lower.indexOf(token, at)
    at = start + token.length
    return { token, start, end: at }
  })
}

/** Texts, and other scalars as text, at a dotted path. */
function textsAt(value: JsonValue, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsAt(each, path))
  if (!isRecord(value)) return value === null || path !== '' ? [] : [textOfScalar(value)]
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === path) return textsAt(inner, '')
    return path.startsWith(`${name}.`) ? textsAt(inner, path.slice(name.length + 1)) : []
  })
}
