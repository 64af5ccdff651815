import { globFits } from './glob.ts'
import { frameTest, readSwitch, readTerm, seesTerm, type FrameTest, type Term } from './matcher.ts'
import { ruleLines, Scanner } from './scanner.ts'

/** What rules can change of a frame, as it is when a rule is asked. */
export interface FrameState {
  inApp: boolean
  category: string
}

/** What of an exception rules ask for. */
export interface ExceptionFacts {
  readonly type: string
  readonly value: string
  readonly mechanism: string
}

/** Which frames it is about: all tests have to hold. */
export interface FrameMatcher {
  /** Of the platform alone. */
  readonly platform: readonly FrameTest[]
  readonly facts: readonly FrameTest[]
  readonly state: readonly ((state: FrameState) => boolean)[]
}

export type FlagAction = {
  readonly kind: 'app' | 'group'
  readonly value: boolean
  /** The frame itself, those towards the crash, or those away from it. */
  readonly range: 'self' | 'up' | 'down'
}

export type Action =
  | FlagAction
  | { readonly kind: 'category'; readonly value: string }
  | { readonly kind: 'max-frames' | 'min-frames'; readonly value: number }
  | { readonly kind: 'invert-stacktrace'; readonly value: boolean }

/** One line of stack-trace rules: `[caller] | matchers | [callee] actions`. */
export interface StackTraceRule {
  readonly text: string
  readonly frame: FrameMatcher
  readonly exception: readonly ((facts: ExceptionFacts) => boolean)[]
  readonly caller?: FrameMatcher
  readonly callee?: FrameMatcher
  readonly actions: readonly Action[]
}

const frameKeys = ['function', 'module', 'path', 'package', 'family', 'platform', 'app', 'category']
const keys = [...frameKeys, 'type', 'value', 'mechanism']

/**
 * Reads stack-trace rules, one a line (docs.sentry.io/concepts/data-management/event-grouping/stack-trace-rules).
 * @throws RuleError with line and column
 */
export function parseStackTraceRules(text: string): StackTraceRule[] {
  return ruleLines(text).map((line) => parseRule(new Scanner(line.text, line.line)))
}

function parseRule(scanner: Scanner): StackTraceRule {
  scanner.skipSpace()
  const start = scanner.at
  const caller = readNeighbour(scanner)
  if (caller) {
    scanner.skipSpace()
    scanner.expect('|', 'expected "|" behind the caller: [function:caller] | function:frame')
  }
  const terms = readTerms(scanner)
  let callee: FrameMatcher | undefined
  if (scanner.take('|')) {
    scanner.skipSpace()
    callee = readNeighbour(scanner)
    if (!callee) throw scanner.error('expected the callee in brackets: | [function:callee]')
  }
  const described = scanner.text.slice(start, scanner.at).trim()
  const actions = readActions(scanner)
  return {
    text: described,
    frame: frameMatcher(terms, scanner),
    exception: terms.flatMap((term) => exceptionTest(term) ?? []),
    ...(caller && { caller }),
    ...(callee && { callee }),
    actions,
  }
}

function readTerms(scanner: Scanner): Term[] {
  scanner.skipSpace()
  const terms: Term[] = [readTerm(scanner, keys)]
  scanner.skipSpace()
  while (seesTerm(scanner)) {
    terms.push(readTerm(scanner, keys))
    scanner.skipSpace()
  }
  return terms
}

/** `[function:foo app:yes]`: the frame that called, or was called. */
function readNeighbour(scanner: Scanner): FrameMatcher | undefined {
  if (!scanner.take('[')) return undefined
  const terms: Term[] = []
  do {
    scanner.skipSpace()
    terms.push(readTerm(scanner, frameKeys, ']'))
    scanner.skipSpace()
  } while (!scanner.ended && !scanner.sees(']'))
  scanner.expect(']', 'expected "]"')
  return frameMatcher(terms, scanner)
}

function frameMatcher(terms: readonly Term[], scanner: Scanner): FrameMatcher {
  const isOfPlatform = ({ key }: Term) => key === 'platform' || key === 'family'
  return {
    platform: terms.filter(isOfPlatform).flatMap((term) => frameTest(term, scanner) ?? []),
    facts: terms.flatMap((term) => (isOfPlatform(term) ? [] : (frameTest(term, scanner) ?? []))),
    state: terms.flatMap((term) => stateTest(term, scanner) ?? []),
  }
}

function stateTest(term: Term, scanner: Scanner): ((state: FrameState) => boolean) | undefined {
  if (term.key === 'app') {
    const wanted = readSwitch(term.argument, term.argumentAt, scanner) !== term.negated
    return (state) => state.inApp === wanted
  }
  if (term.key !== 'category') return undefined
  const fits = globFits(term.argument)
  return (state) => fits(state.category) !== term.negated
}

function exceptionTest(term: Term): ((facts: ExceptionFacts) => boolean) | undefined {
  const { key, negated } = term
  if (key !== 'type' && key !== 'value' && key !== 'mechanism') return undefined
  const fits = globFits(term.argument, { ignoreCase: key === 'value' })
  return (facts) => fits(facts[key]) !== negated
}

const actionForms =
  '+app, -app, +group, -group (with ^ or v before it), max-frames=N, min-frames=N, invert-stacktrace=1, category=NAME'

function readActions(scanner: Scanner): Action[] {
  const actions: Action[] = []
  scanner.skipSpace()
  while (!scanner.ended && !scanner.sees('#')) {
    actions.push(readAction(scanner))
    scanner.skipSpace()
  }
  if (actions.length === 0) throw scanner.error(`expected what to do: ${actionForms}`)
  return actions
}

const ranges: Readonly<Record<string, FlagAction['range']>> = { '^': 'up', v: 'down', '': 'self' }

function readAction(scanner: Scanner): Action {
  const at = scanner.at
  const text = scanner.takeWhile((character) => character !== ' ' && character !== '\t')
  const flag = /^([\^v]?)([+-])(app|group)$/.exec(text)
  if (flag) {
    const range = ranges[flag[1]!]!
    return { kind: flag[3] as 'app' | 'group', value: flag[2] === '+', range }
  }
  const setting = /^(max-frames|min-frames|invert-stacktrace|category)=(.*)$/.exec(text)
  if (!setting) throw scanner.error(`"${text}" is no action: known are ${actionForms}`, at)
  const [, kind, value = ''] = setting
  const valueAt = at + text.indexOf('=') + 1
  if (kind === 'category') {
    if (!/^[\w.-]{1,64}$/.test(value)) throw scanner.error('expected a name', valueAt)
    return { kind, value }
  }
  if (kind === 'invert-stacktrace') return { kind, value: readSwitch(value, valueAt, scanner) }
  if (!/^\d{1,6}$/.test(value)) throw scanner.error('expected a number of frames', valueAt)
  return { kind: kind as 'max-frames' | 'min-frames', value: Number(value) }
}
