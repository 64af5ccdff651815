import { globFits } from './glob.ts'
import { frameTest, readSwitch, readTerm, seesTerm, type FrameFacts, type Term } from './matcher.ts'
import { ruleLines, Scanner } from './scanner.ts'
import { familyOf } from '../platform.ts'

/** What of an event fingerprint rules ask for. */
export interface EventFacts {
  readonly platform: string
  readonly level: string
  readonly logger: string
  readonly release: string
  readonly environment: string
  readonly sdk: string
  tag(key: string): string
  readonly exceptions: readonly { readonly type: string; readonly value: string }[]
  /** Message of the event. */
  readonly messages: readonly string[]
  /** Of all stack traces. */
  frames(): readonly { readonly facts: FrameFacts; readonly inApp: boolean }[]
}

type FactsFrame = ReturnType<EventFacts['frames']>[number]
type Test<Subject> = (subject: Subject) => boolean

/** One line of fingerprint rules: `matchers -> parts`. */
export interface FingerprintRule {
  readonly text: string
  readonly event: readonly Test<EventFacts>[]
  /** One and the same exception has to fit all of them. */
  readonly exception: readonly Test<{ readonly type: string; readonly value: string }>[]
  /** One and the same frame has to fit all of them. */
  readonly frame: readonly Test<FactsFrame>[]
  readonly fingerprint: readonly string[]
  /** Instead of the event's own; may have variables. */
  readonly title?: string
}

const keys = [
  'type',
  'value',
  'message',
  'logger',
  'level',
  'release',
  'environment',
  'sdk',
  'tags.',
  'family',
  'platform',
  'function',
  'module',
  'path',
  'package',
  'app',
]

/**
 * Reads fingerprint rules, one a line (docs.sentry.io/concepts/data-management/event-grouping/fingerprint-rules).
 * @throws RuleError with line and column
 */
export function parseFingerprintRules(text: string): FingerprintRule[] {
  return ruleLines(text).map((line) => parseRule(new Scanner(line.text, line.line)))
}

/** The first rule that is about the event; undefined when none is. */
export function firstFitting(
  rules: readonly FingerprintRule[],
  facts: EventFacts,
): FingerprintRule | undefined {
  return rules.find((rule) => {
    return (
      rule.event.every((test) => test(facts)) &&
      (rule.exception.length === 0 || facts.exceptions.some((one) => holds(rule.exception, one))) &&
      (rule.frame.length === 0 || facts.frames().some((one) => holds(rule.frame, one)))
    )
  })
}

const holds = <Subject>(tests: readonly Test<Subject>[], subject: Subject) =>
  tests.every((test) => test(subject))

function parseRule(scanner: Scanner): FingerprintRule {
  scanner.skipSpace()
  const terms: Term[] = []
  do {
    terms.push(readTerm(scanner, keys))
    scanner.skipSpace()
  } while (seesTerm(scanner))
  scanner.expect('->', 'expected another matcher, or "->" and the fingerprint')
  const { parts, title } = readFingerprint(scanner)
  return {
    text: scanner.text.trim(),
    event: terms.flatMap((term) => eventTest(term, scanner) ?? []),
    exception: terms.flatMap((term) => exceptionTest(term) ?? []),
    frame: terms.flatMap((term) => factsFrameTest(term, scanner) ?? []),
    fingerprint: parts,
    ...(title !== undefined && { title }),
  }
}

function readFingerprint(scanner: Scanner): { parts: string[]; title?: string } {
  const parts: string[] = []
  let title: string | undefined
  scanner.skipSpace()
  while (!scanner.ended && !scanner.sees('#')) {
    if (scanner.take('title=')) {
      title = scanner.takeQuoted() ?? scanner.takeWhile((one) => one !== ' ')
      if (title === '') throw scanner.error('expected a title in quotes')
    } else if (title !== undefined) {
      throw scanner.error('nothing comes behind the title')
    } else parts.push(readPart(scanner))
    scanner.skipSpace()
    if (scanner.take(',')) scanner.skipSpace()
  }
  if (parts.length === 0) {
    throw scanner.error('expected the fingerprint: texts and variables such as {{ default }}')
  }
  return title === undefined ? { parts } : { parts, title }
}

/** Quoted, or up to a space or comma outside `{{ … }}`. */
function readPart(scanner: Scanner): string {
  const quoted = scanner.takeQuoted()
  if (quoted !== undefined) return quoted
  const at = scanner.at
  let part = ''
  while (!scanner.ended) {
    if (scanner.take('{{')) {
      const name = scanner.takeWhile((one) => one !== '}')
      scanner.expect('}}', 'expected "}}" at the end of the variable')
      part += `{{${name}}}`
    } else if (/[\s,]/.test(scanner.text[scanner.at]!)) break
    else part += scanner.text[scanner.at++]
  }
  if (part === '') throw scanner.error('expected a part of the fingerprint', at)
  return part
}

function eventTest(term: Term, scanner: Scanner): Test<EventFacts> | undefined {
  const test = plainEventTest(term, scanner)
  if (!test || !term.negated) return test
  return (facts) => !test(facts)
}

function plainEventTest(term: Term, scanner: Scanner): Test<EventFacts> | undefined {
  const { key, argument } = term
  switch (key) {
    case 'logger':
    case 'level':
    case 'release':
    case 'environment':
    case 'sdk': {
      const fits = globFits(argument, { ignoreCase: key === 'level' })
      return (facts) => fits(facts[key])
    }
    case 'message': {
      const fits = globFits(argument, { ignoreCase: true })
      return (facts) => facts.messages.some(fits) || facts.exceptions.some((one) => fits(one.value))
    }
    case 'family':
    case 'platform': {
      const test = frameTest({ ...term, negated: false }, scanner)!
      let last: { readonly platform: string; readonly fits: boolean } | undefined
      return ({ platform }) => {
        if (last?.platform !== platform) {
          const fits = test({ ...noFacts, platform, family: familyOf(platform) })
          last = { platform, fits }
        }
        return last.fits
      }
    }
  }
  if (!key.startsWith('tags.')) return undefined
  const fits = globFits(argument)
  const tag = key.slice('tags.'.length)
  return (facts) => fits(facts.tag(tag))
}

const noFacts = {
  function: '',
  module: '',
  absPath: '',
  filename: '',
  paths: [],
  package: undefined,
}

function exceptionTest({ key, argument, negated }: Term) {
  if (key !== 'type' && key !== 'value') return undefined
  const fits = globFits(argument, { ignoreCase: key === 'value' })
  return (one: { readonly type: string; readonly value: string }) => fits(one[key]) !== negated
}

function factsFrameTest(term: Term, scanner: Scanner): Test<FactsFrame> | undefined {
  if (term.key === 'app') {
    const wanted = readSwitch(term.argument, term.argumentAt, scanner) !== term.negated
    return (frame) => frame.inApp === wanted
  }
  if (term.key === 'family' || term.key === 'platform') return undefined
  const test = frameTest(term, scanner)
  return test && ((frame) => test(frame.facts))
}
