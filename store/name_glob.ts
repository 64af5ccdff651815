import { SearchError } from './search.ts'

/** Graphite's glob of one part of a dotted name, spelt out: one of these, each character by character. */
type Pattern = readonly Token[]
/** A run of any characters, or a test of one. */
type Token = '*' | ((char: string) => boolean)

export interface NamePart {
  /** The only text that fits; undefined: there are several. */
  readonly literal: string | undefined
  fits(text: string): boolean
}

const alternativesMax = 1_000
const lengthMax = 4_000

/**
 * The parts of a glob over dotted names: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, none of which crosses a dot. What is no
 * whole class or choice stands for itself.
 *
 * @throws SearchError 400
 */
export function parseGlob(glob: string): NamePart[] {
  if (glob.length > lengthMax) throw refused(`the pattern has more than ${lengthMax} characters`)
  return glob.split('.').map((part) => {
    const alternatives = spelledOut(part)
    const [only] = alternatives
    const isLiteral = alternatives.length === 1 && !/[*?[]/.test(only!)
    const patterns = alternatives.map(tokens)
    return {
      literal: isLiteral ? only : undefined,
      fits: isLiteral
        ? (text) => text === only
        : (text) => patterns.some((pattern) => fitsPattern(pattern, text)),
    }
  })
}

/** Whether a glob can fit more than one name. */
export const isGlob = (text: string): boolean => /[*?[{]/.test(text)

/** `a{b,c}d` is `abd` and `acd`. */
function spelledOut(part: string): string[] {
  const open = part.indexOf('{')
  const close = part.indexOf('}', open)
  if (open < 0 || close < 0) return [part]
  const rest = spelledOut(part.slice(close + 1))
  const all = part
    .slice(open + 1, close)
    .split(',')
    .flatMap((choice) => rest.map((end) => part.slice(0, open) + choice + end))
  if (all.length > alternativesMax)
    throw refused(`the pattern has more than ${alternativesMax} choices`)
  return all
}

function tokens(text: string): Pattern {
  const found: Token[] = []
  const chars = Array.from(text)
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!
    if (char === '*') {
      if (found.at(-1) !== '*') found.push('*')
    } else if (char === '?') found.push(() => true)
    else if (char === '[') {
      const end = chars.indexOf(']', at + 2)
      if (end < 0) found.push((each) => each === '[')
      else {
        found.push(classOf(chars.slice(at + 1, end)))
        at = end
      }
    } else found.push((each) => each === char)
  }
  return found
}

function classOf(chars: readonly string[]): (char: string) => boolean {
  const isNegated = chars[0] === '!' || chars[0] === '^'
  const members = isNegated ? chars.slice(1) : chars
  const ranges: [number, number][] = []
  for (let at = 0; at < members.length; at++) {
    const from = members[at]!.codePointAt(0)!
    const isRange = members[at + 1] === '-' && members[at + 2] !== undefined
    ranges.push([from, isRange ? members[at + 2]!.codePointAt(0)! : from])
    if (isRange) at += 2
  }
  return (char) => {
    const code = char.codePointAt(0)!
    return ranges.some(([from, to]) => code >= from && code <= to) !== isNegated
  }
}

/** Never more steps than characters times tokens, whatever the pattern. */
function fitsPattern(pattern: Pattern, text: string): boolean {
  const chars = Array.from(text)
  let [at, token, star, resume] = [0, 0, -1, 0]
  while (at < chars.length) {
    const test = pattern[token]
    if (test === '*') {
      star = token++
      resume = at
    } else if (test?.(chars[at]!)) {
      token += 1
      at += 1
    } else if (star >= 0) {
      token = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[token] === '*') token += 1
  return token === pattern.length
}

const refused = (reason: string) => new SearchError(400, 'illegal_argument_exception', reason)
