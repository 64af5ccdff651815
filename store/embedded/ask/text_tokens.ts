import { asciiTokenRegexp, tokenRegexp, tokensOf } from '../../query/analysis.ts'
import { join, sql, verbatim, type Sql } from '../sql.ts'

/**
 * Tokens of the standard analyser in SQL. To ask for all tokens of a text is slow, so a token is looked for where
 * it stands: as a substring with nothing around it that would make it part of a longer one. The rules are those
 * of store/query/analysis.ts, which a test holds against these.
 */
const marks = String.raw`\p{M}\x{200D}`
const foreign = String.raw`\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}\x{FF70}`
const emoji = String.raw`\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}\x{2300}-\x{23FF}`
const letterOut = String.raw`[^\p{L}\p{Nl}${marks}]|[${foreign}]`
const digitOut = String.raw`[^\p{Nd}${marks}]`
const shared = String.raw`.'\x{2018}\x{2019}\x{2024}`
const joiners = {
  letter: String.raw`${shared}:\x{B7}\x{2027}`,
  digit: `${shared},;`,
  other: '',
} as const
type Edge = keyof typeof joiners

const wordOut = (also: string) => String.raw`[^\p{L}\p{Nl}\p{Nd}\p{Pc}${marks}${also}]|[${foreign}]`
const beyond = { letter: letterOut, digit: digitOut, other: '' } as const

/** Only letters, digits and what joins them: their edges can be told by the characters beside them. */
const simple = /^[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc\uff70\p{S}\u200d]+$/u

function edgeOf(character: string): Edge {
  if (/[\p{L}\p{Nl}]/u.test(character)) return 'letter'
  return /\p{Nd}/u.test(character) ? 'digit' : 'other'
}
const startOf = (token: string): Edge => edgeOf(String.fromCodePoint(token.codePointAt(0)!))
const endOf = (token: string): Edge => edgeOf(/.(?=[\p{M}\u200d]*$)/su.exec(token)?.[0] ?? '')

/** Marks belong to what they follow: behind a word they are of it, behind anything else no part of what comes. */
function before(edge: Edge): string {
  if (edge === 'other') return `(?:^|${wordOut('')})[${marks}]*`
  const joiner = joiners[edge]
  const unjoined = `(?:^|${beyond[edge]})[${marks}]*[${joiner}]|[${joiner}][${marks}]`
  return `(?:^|${wordOut(joiner)}|${unjoined})[${marks}]*`
}

function after(edge: Edge): string {
  if (edge === 'other') return `(?:$|${wordOut('')})`
  const joiner = joiners[edge]
  return `(?:$|${wordOut(joiner)}|[${joiner}](?:$|${beyond[edge]}|[${marks}]))`
}

/** What may stand between two tokens that follow each other. Written short: RE2 is ten times slower with more. */
function between(left: Edge, right: Edge): string {
  const outside = (also: string) => String.raw`[^\p{L}\p{Nl}\p{Nd}\p{Pc}${foreign}${emoji}${also}]`
  const first = outside(marks)
  // Marks behind it are no part of what comes; a `_` that no letter or digit touches is no token either.
  const more = String.raw`(?:${outside('')}|[\p{Pc}${marks}]+${first})`
  if (left !== right || joiners[left] === '') return `${first}${more}*`
  return `(?:${outside(marks + joiners[left])}|${first}${more})${more}*`
}

const escaped = (text: string) => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')

/**
 * Whether a pattern of the above is found in a text, in lower case. DuckDB compiles one for a whole question before it looks
 * at a row: that of a word in 4 ms for each thread with Unicode's classes, and those of `regexp_matches` twice more while
 * it plans. With ASCII's, which most texts need no more than, it takes none.
 */
function fits(lower: Sql, pattern: string): Sql {
  const ascii = sql`regexp_matches(${lower}, ${asciiOnly(pattern)})`
  const other = sql`regexp_extract(${lower}, ${pattern}) <> ''`
  return sql`case when strlen(${lower}) = length(${lower}) then ${ascii} else ${other} end`
}

/** The pattern for texts that have no other characters. */
const asciiOnly = (pattern: string) =>
  pattern
    .replaceAll(String.raw`\p{L}`, 'a-z')
    .replaceAll(String.raw`\p{Nd}`, '0-9')
    .replaceAll(String.raw`\p{Pc}`, '_')
    .replaceAll(/\\[px]\{\w+\}(?:-\\x\{\w+\})?/g, '')
    // RE2's own name for what nothing fits.
    .replaceAll('[]', String.raw`[^\x00-\x{10FFFF}]`)

/** All tokens of a text, as a list. Far slower where the text is not ASCII. */
export function tokensIn(text: Sql): Sql {
  const lower = sql`lower(${text})`
  const ascii = sql`regexp_extract_all(${lower}, ${asciiTokenRegexp})`
  const other = sql`regexp_extract_all(${lower}, ${tokenRegexp})`
  const tokens = sql`case when strlen(${text}) = length(${text}) then ${ascii} else ${other} end`
  return sql`list_filter(${tokens}, lambda k: not regexp_full_match(k, '[\\p{Pc}\\p{M}\\x{200D}]*'))`
}

/** The text has this token. */
export function hasToken(text: Sql, token: string): Sql {
  const lower = sql`lower(${text})`
  const found = simple.test(token)
    ? fits(lower, `(?s)${before(startOf(token))}${escaped(token)}${after(endOf(token))}`)
    : sql`list_contains(${tokensIn(text)}, ${token})`
  return guarded(lower, [token], found)
}

/** A token of the text begins so. `beginning` is not analysed. */
export function hasTokenBeginning(text: Sql, beginning: string): Sql {
  const [only] = tokensOf(beginning)
  if (only === beginning && simple.test(only)) return hasPhrase(text, [only], true)
  const begins = sql`len(list_filter(${tokensIn(text)}, lambda k: starts_with(k, ${beginning}))) > 0`
  return guarded(sql`lower(${text})`, [beginning], begins)
}

/** The tokens follow each other; the last one may be longer when `prefix`. */
export function hasPhrase(text: Sql, tokens: readonly string[], prefix: boolean): Sql {
  const lower = sql`lower(${text})`
  if (!tokens.every((token) => simple.test(token)) || tokens.some((token) => token === '')) {
    return guarded(lower, tokens, placesFit(text, tokens, 0, prefix))
  }
  let pattern = `(?s)${before(startOf(tokens[0]!))}`
  for (const [place, token] of tokens.entries()) {
    if (place > 0) pattern += between(endOf(tokens[place - 1]!), startOf(token))
    pattern += escaped(token)
  }
  if (!prefix) pattern += after(endOf(tokens.at(-1)!))
  return guarded(lower, tokens, fits(lower, pattern))
}

/** The tokens stand in the text, moved by at most `slop` positions in all, as Lucene's sloppy phrases. */
export function hasSloppyPhrase(
  text: Sql,
  tokens: readonly string[],
  slop: number,
  prefix: boolean,
): Sql {
  return guarded(sql`lower(${text})`, tokens, placesFit(text, tokens, slop, prefix))
}

/**
 * For each choice of places, one for each token: the most that a place differs from where the phrase has it,
 * less the least, is how far they were moved. Tokens that occur twice in the phrase need places of their own.
 */
function placesFit(text: Sql, tokens: readonly string[], slop: number, prefix: boolean): Sql {
  const all = verbatim('k')
  const placesOf = (token: string, place: number) => {
    const last = prefix && place === tokens.length - 1
    const test = last ? sql`starts_with(${all}[i], ${token})` : sql`${all}[i] = ${token}`
    return sql`list_filter(range(1, len(${all}) + 1), lambda i: ${test})`
  }
  let found = sql`true`
  for (const place of [...tokens.keys()].toReversed()) {
    const p = verbatim(`p${place}`)
    const distinct = [...tokens.keys()]
      .slice(0, place)
      .map((other) => verbatim(`p${other} <> p${place}`))
    const own = place === tokens.length - 1 ? spread(tokens.length, slop) : found
    const test = distinct.length === 0 ? own : sql`${join(distinct, ' and ')} and ${own}`
    found = sql`len(list_filter(${placesOf(tokens[place]!, place)}, lambda ${p}: ${test})) > 0`
  }
  return sql`len(list_filter([${tokensIn(text)}], lambda k: ${found})) > 0`
}

function spread(count: number, slop: number): Sql {
  const offsets = Array.from({ length: count }, (_, place) => `p${place} - ${place}`).join(', ')
  return sql`greatest(${verbatim(offsets)}) - least(${verbatim(offsets)}) <= cast(${slop} as bigint)`
}

/**
 * The cheap test first, and the other only where it holds. The cheap one by itself is made where files are read, so
 * that of rows without the tokens no other column is; the other, for the chance in it, is not: there its regular
 * expressions were compiled anew for each file, which takes 3 to 50 ms with Unicode's classes.
 */
function guarded(lower: Sql, tokens: readonly string[], found: Sql): Sql {
  const there = join(
    tokens.map((token) => sql`contains(${lower}, ${token})`),
    ' and ',
  )
  return sql`(${there} and case when random() >= 0 and ${there} then ${found} else false end)`
}
