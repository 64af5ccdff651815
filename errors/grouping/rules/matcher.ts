import { families, type Family } from '../platform.ts'
import { globFits, pathGlobFits, type FoldedPath } from './glob.ts'
import type { Scanner } from './scanner.ts'

/** What of a frame rules ask for and no rule changes. Absent fields are empty. */
export interface FrameFacts {
  readonly function: string
  readonly module: string
  readonly absPath: string
  readonly filename: string
  /** Both of these, those that there are. */
  readonly paths: readonly FoldedPath[]
  readonly package: FoldedPath | undefined
  readonly family: Family
  /** The frame's own, or the event's. */
  readonly platform: string
}

export type FrameTest = (facts: FrameFacts) => boolean

/** One `[!]key:argument` of a rule. */
export interface Term {
  readonly key: string
  readonly argument: string
  readonly negated: boolean
  /** Where it begins, and where its argument does: offsets in the line. */
  readonly at: number
  readonly argumentAt: number
}

/** Keys that Sentry has two names for. */
const aliases: Readonly<Record<string, string>> = {
  'error.type': 'type',
  'error.value': 'value',
  'error.mechanism': 'mechanism',
  'stack.function': 'function',
  'stack.module': 'module',
  'stack.abs_path': 'path',
  'stack.package': 'package',
  'stack.in_app': 'app',
}

const isKeyCharacter = (character: string) => /[\w.-]/.test(character)

/** Whether a term begins here. */
export function seesTerm(scanner: Scanner): boolean {
  return /^!?(?:[\w.-]+|"(?:[^"\\]|\\.)*"):/.test(scanner.text.slice(scanner.at, scanner.at + 300))
}

/**
 * Reads `key:argument`, `!key:"argument"`; `known` are the keys that this kind of rules has, `tags.` for any tag.
 * @throws RuleError where it is none
 */
export function readTerm(scanner: Scanner, known: readonly string[], closing = ''): Term {
  const at = scanner.at
  const negated = scanner.take('!')
  const name = scanner.takeQuoted() ?? scanner.takeWhile(isKeyCharacter)
  const key = Object.hasOwn(aliases, name) ? aliases[name]! : name
  const isKnown = known.some((one) => (one === 'tags.' ? key.startsWith(one) : one === key))
  if (name === '') throw scanner.error('expected a matcher, such as type:TypeError', at)
  if (!isKnown) {
    throw scanner.error(`there is no matcher "${name}": known are ${known.join(', ')}`, at)
  }
  scanner.expect(':', `expected ":" and what to look for behind ${name}`)
  const argumentAt = scanner.at
  const argument = scanner.takeQuoted() ?? readBare(scanner, closing)
  if (argument === '' && scanner.text[argumentAt] !== '"') {
    throw scanner.error(`${name}: says nothing; a text with spaces, or none, goes in quotes`)
  }
  return { key, argument, negated, at, argumentAt }
}

/** Up to a space; where a bracket closes what is around it, up to that one, except of brackets of its own. */
function readBare(scanner: Scanner, closing: string): string {
  let depth = 0
  return scanner.takeWhile((character) => {
    if (character === ' ' || character === '\t') return false
    if (character === '[') depth++
    else if (character === ']' && depth > 0) depth--
    else if (character === closing && depth === 0) return false
    return true
  })
}

/** The test of a frame, for keys that ask for what rules do not change; undefined for others. */
export function frameTest(term: Term, scanner: Scanner): FrameTest | undefined {
  const test = plainFrameTest(term, scanner)
  if (!test || !term.negated) return test
  return (facts) => !test(facts)
}

function plainFrameTest({ key, argument, argumentAt }: Term, scanner: Scanner) {
  switch (key) {
    case 'function':
    case 'module': {
      const fits = globFits(argument)
      return (facts: FrameFacts) => fits(facts[key])
    }
    case 'package': {
      const fits = pathGlobFits(argument)
      return (facts: FrameFacts) => facts.package !== undefined && fits(facts.package)
    }
    case 'path': {
      const fits = pathGlobFits(argument)
      return ({ paths }: FrameFacts) => paths.some(fits)
    }
    case 'platform': {
      const wanted = argument.split(',')
      return (facts: FrameFacts) => wanted.includes(facts.platform)
    }
    case 'family': {
      const wanted = familiesOf(argument, argumentAt, scanner)
      return (facts: FrameFacts) => wanted.includes(facts.family)
    }
    default:
      return undefined
  }
}

function familiesOf(argument: string, at: number, scanner: Scanner): readonly Family[] {
  const names = argument.split(',').map((name) => name.trim())
  const unknown = names.find((name) => name !== 'all' && !families.includes(name as Family))
  if (unknown !== undefined) {
    const known = [...families, 'all'].join(', ')
    throw scanner.error(`there is no family "${unknown}": known are ${known}`, at)
  }
  return names.includes('all') ? families : (names as Family[])
}

/** `yes`, `no`, as Sentry spells them. */
export function readSwitch(argument: string, at: number, scanner: Scanner): boolean {
  const text = argument.toLowerCase()
  if (['yes', 'true', '1'].includes(text)) return true
  if (['no', 'false', '0'].includes(text)) return false
  throw scanner.error(`expected yes or no, got "${argument}"`, at)
}
