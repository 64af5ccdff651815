import { linearRegExp, type LinearRegExp, type Match } from '../../../core/linear_regexp.ts'

/** An expression of a target, in Python's syntax as far as it can be run in linear time. */
export interface Expression {
  /** `re.search`. */
  fits(text: string): boolean
  /**
   * `re.sub` with a replacement of `replacementOf`.
   *
   * @throws RangeError when the result is longer than `maxLength`.
   */
  replaced(text: string, replacement: Replacement): string
}

/** Pieces of a replacement: text, or the group whose text is taken. */
export type Replacement = readonly (string | { readonly group: string | number })[]

const maxLength = 100_000

/** @throws SyntaxError with what cannot be used, such as look-around and back references. */
export function expressionOf(text: string): Expression {
  const expression = linearRegExp(translated(text))
  return {
    fits: (name) => expression.test(name),
    replaced: (name, replacement) => {
      const result = replacedAll(name, expression, replacement)
      if (result.length <= maxLength) return result
      throw new RangeError(`replacing makes a name longer than ${maxLength} characters`)
    },
  }
}

function replacedAll(name: string, expression: LinearRegExp, replacement: Replacement): string {
  let result = ''
  let copied = 0
  for (let at = 0; at <= name.length && result.length <= maxLength;) {
    const match = expression.match(name, at)
    if (match === undefined) break
    result += name.slice(copied, match.start) + textOf(replacement, match)
    copied = match.end
    at = match.end > match.start ? match.end : match.end + 1
  }
  return result + name.slice(copied)
}

function textOf(replacement: Replacement, { groups, named }: Match): string {
  const pieces = replacement.map((piece) => {
    if (typeof piece === 'string') return piece
    return (typeof piece.group === 'number' ? groups[piece.group] : named[piece.group]) ?? ''
  })
  return pieces.join('')
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' }

/**
 * A replacement in Python's syntax: `\1`, `\g<1>`, `\g<name>`, `\\`, `\n`, `\t`, for the groups of an expression.
 *
 * @throws SyntaxError for a group or an escape that is not there.
 */
export function replacementOf(text: string, expressionText: string): Replacement {
  const groups = groupsOf(expressionText)
  const pieces: (string | { group: string | number })[] = []
  let end = 0
  for (const match of text.matchAll(/\\(?:g<(\w+)>|([1-9]\d?)|([^]))/g)) {
    pieces.push(text.slice(end, match.index))
    end = match.index + match[0].length
    const [whole, braced, digits, other] = match
    const group = braced ?? digits
    if (group !== undefined) pieces.push({ group: knownGroup(group, groups) })
    else if (escapes[other!] !== undefined) pieces.push(escapes[other!]!)
    else if (/[a-z0]/i.test(other!)) throw new SyntaxError(`the escape ${whole} is not known`)
    else pieces.push(whole)
  }
  pieces.push(text.slice(end))
  return pieces.filter((piece) => piece !== '')
}

interface Groups {
  readonly count: number
  readonly names: readonly string[]
}

function groupsOf(expressionText: string): Groups {
  // With an empty alternative it fits the empty text, and the match lists every group.
  const match = linearRegExp(`(?:${translated(expressionText)})|`).match('')
  return { count: (match?.groups.length ?? 1) - 1, names: Object.keys(match?.named ?? {}) }
}

function knownGroup(text: string, { count, names }: Groups): string | number {
  if (/^\d+$/.test(text)) {
    if (Number(text) <= count) return Number(text)
  } else if (names.includes(text)) return text
  throw new SyntaxError(`the expression has no group ${text}`)
}

/** Python's end of the text is `\Z`, that of RE2 `\z`. */
function translated(text: string): string {
  return text.replaceAll(/\\[^]/g, (escape) => (escape === '\\Z' ? '\\z' : escape))
}
